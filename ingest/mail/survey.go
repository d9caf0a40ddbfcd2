package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// headBytes is how long a mail's head may be.
const headBytes = 1 << 20

// surveyEML looks at the frames of a mail line by line before it is parsed:
// how deep they lie in each other and how many parts there are. The parser
// goes over the bytes once for each level, so a deep mail would cost the
// square of its length.
func surveyEML(r io.Reader, l Limits) error {
	in := bufio.NewReaderSize(r, 64<<10)
	s := survey{limits: l}
	for {
		text, err := in.ReadSlice('\n')
		if ferr := s.line(text); ferr != nil {
			return ferr
		}
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a long line says nothing
			var rest []byte
			rest, err = in.ReadSlice('\n')
			s.read += int64(len(rest))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

type survey struct {
	limits Limits
	read   int64
	body   bool // the first head has ended
	field  bool // the line may belong to a Content-Type
	open   [][]byte
	parts  int
}

func (s *survey) line(text []byte) error {
	s.read += int64(len(text))
	bare := bytes.TrimRight(text, " \t\r\n")
	if s.body = s.body || len(bare) == 0 && s.read > 4; !s.body && s.read > headBytes {
		return fault(reasonDamaged, "a head without end")
	}
	if bytes.HasPrefix(bare, []byte("--")) && s.boundary(bare[2:]) {
		if s.parts++; s.parts > 2*s.limits.Parts+100 {
			return fault(reasonManyParts, "more than %d parts", s.parts-1)
		}
		return nil
	}
	folded := len(bare) > 0 && (text[0] == ' ' || text[0] == '\t')
	s.field = hasPrefixFold(bare, "content-type:") || folded && s.field
	if b := boundaryOf(bare); s.field && b != nil {
		if s.open = append(s.open, b); len(s.open) > s.limits.Depth {
			return fault(reasonTooDeep, "more than %d levels", s.limits.Depth)
		}
	}
	return nil
}

// boundary closes the levels within the one that a line belongs to.
func (s *survey) boundary(rest []byte) bool {
	for i := len(s.open) - 1; i >= 0; i-- {
		if !bytes.HasPrefix(rest, s.open[i]) {
			continue
		}
		if end := rest[len(s.open[i]):]; len(end) == 0 || string(end) == "--" {
			if s.open = s.open[:i+1]; len(end) > 0 {
				s.open = s.open[:i]
			}
			return true
		}
	}
	return false
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// boundaryOf gives the value of the parameter boundary on a line; nil if none.
func boundaryOf(b []byte) []byte {
	i := bytes.Index(bytes.ToLower(b), []byte("boundary"))
	if i < 0 || i > len(b)-8 {
		return nil
	}
	v, found := bytes.CutPrefix(bytes.TrimLeft(b[i+8:], " \t*0"), []byte("="))
	if !found {
		return nil
	}
	v = bytes.TrimLeft(v, " \t")
	if v, found = bytes.CutPrefix(v, []byte(`"`)); found {
		v, _, _ = bytes.Cut(v, []byte(`"`))
	} else if i := bytes.IndexAny(v, "; \t"); i >= 0 {
		v = v[:i]
	}
	if len(v) == 0 {
		return nil
	}
	return bytes.Clone(v)
}
