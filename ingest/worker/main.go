package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"eakte/appliance/record"
	"eakte/ingest/barcode"
	"eakte/ingest/ocr"
	"eakte/ingest/office"
	"eakte/ingest/render"
)

// exitCPU is the child's exit code when its processor time is used up.
const exitCPU = 97

// server is the child: it reads one document after the other until its input ends.
type server struct {
	in     *bufio.Reader
	out    *bufio.Writer
	limits Limits
	opts   render.Options
	engine *ocr.Engine // made with the first page that needs it
	opened int         // milliseconds that the opening took, until a page has told them
}

// Main is the child process, behind the hidden subcommand "worker". Limits are
// set before the first byte is read. It returns the exit code.
//
// Behind a second argument "office" it is the process of the child that
// LibreOffice is loaded into; see ingest/office.
func Main(stdin, stdout *os.File) int {
	if len(os.Args) > 2 && os.Args[2] == officeArg {
		return office.Main(os.Args[3:])
	}
	runtime.LockOSThread() // what it starts dies with this thread
	if err := serve(stdin, stdout); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		return 1
	}
	return 0
}

func serve(stdin, stdout *os.File) (err error) {
	var l Limits
	if err := json.Unmarshal([]byte(os.Getenv(envLimits)), &l); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	l = l.withDefaults()
	if err := restrain(l); err != nil {
		return err
	}
	layers, err := isolate(os.Getenv(envScratch))
	if err != nil {
		return err
	}
	out, err := takeOutput(stdout)
	if err != nil {
		return err
	}
	s := &server{in: bufio.NewReaderSize(stdin, 64*kib), out: bufio.NewWriterSize(out, 64*kib), limits: l,
		opts: render.Options{Limits: render.Limits{MaxPixels: l.MaxPixels, MaxPages: l.MaxPages}, Scratch: os.Getenv(envScratch)}}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.sayJSON(kindReady, layers); err != nil {
		return err
	}
	for {
		f, err := readFrame(s.in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if f.kind == kindExtract {
			if err := s.extract(f); err != nil {
				return err
			}
			continue
		}
		if f.kind == kindDraw {
			if err := s.draw(f); err != nil {
				return err
			}
			continue
		}
		if f.kind == kindCount {
			if err := s.count(); err != nil {
				return err
			}
			continue
		}
		if f.kind != kindDocument {
			return errProtocol
		}
		var r request
		if err := json.Unmarshal(f.parts[0], &r); err != nil {
			return fmt.Errorf("request: %w", err)
		}
		if err := s.document(r); err != nil {
			return err
		}
	}
}

// takeOutput moves the protocol's output away from file descriptor 1, so that
// a library that prints can't speak in our name.
func takeOutput(stdout *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(stdout.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("take output: %w", err)
	}
	if err := unix.Dup3(2, int(stdout.Fd()), 0); err != nil {
		return nil, fmt.Errorf("take output: %w", err)
	}
	return os.NewFile(uintptr(fd), "protocol"), nil
}

// restrain sets this process's limits, which whatever it starts inherits.
func restrain(l Limits) error {
	files, cpu := uint64(64), uint64(2*l.DocumentSeconds+l.RecyclePages*l.PageSeconds)
	for _, r := range []struct {
		what     int
		cur, max uint64
	}{
		{unix.RLIMIT_DATA, uint64(l.MemoryBytes), uint64(l.MemoryBytes)},
		{unix.RLIMIT_CPU, uint64(l.PageSeconds), cpu},
		{unix.RLIMIT_FSIZE, uint64(l.MaxBytes), uint64(l.MaxBytes)}, // documents and extracted images lie in memory as files
		{unix.RLIMIT_CORE, 0, 0},                                    // a core would put the document on disk
		{unix.RLIMIT_NOFILE, files, files},
	} {
		if err := syscall.Setrlimit(r.what, &syscall.Rlimit{Cur: r.cur, Max: r.max}); err != nil {
			return fmt.Errorf("set limit %d: %w", r.what, err)
		}
	}
	spent := make(chan os.Signal, 1)
	signal.Notify(spent, syscall.SIGXCPU)
	go func() {
		<-spent
		os.Exit(exitCPU)
	}()
	// When memory runs out, a worker is what can be spared best.
	if err := os.WriteFile("/proc/self/oom_score_adj", []byte("900"), 0); err != nil {
		return fmt.Errorf("set out-of-memory score: %w", err)
	}
	return nil
}

// allowPage gives this process, and each one it starts, the time of one page more.
func (s *server) allowPage() error {
	var used unix.Rusage
	var l syscall.Rlimit
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return fmt.Errorf("read processor time: %w", err)
	}
	if err := syscall.Getrlimit(unix.RLIMIT_CPU, &l); err != nil {
		return fmt.Errorf("read processor limit: %w", err)
	}
	l.Cur = min(l.Max, uint64(used.Utime.Sec+used.Stime.Sec)+uint64(s.limits.PageSeconds)+2)
	if err := syscall.Setrlimit(unix.RLIMIT_CPU, &l); err != nil {
		return fmt.Errorf("set processor limit: %w", err)
	}
	return nil
}

// document reads one document from a page on. An error means that the protocol can't go on.
func (s *server) document(r request) error {
	f, size, err := s.body()
	if err != nil {
		return err
	}
	sum, err := s.pages(f, size, r)
	if err := f.Close(); err != nil {
		return fmt.Errorf("drop document: %w", err)
	}
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		head := faultHead{Reason: fault.Reason, Page: fault.Page}
		if fault.Cause != nil {
			head.Cause = short(fault.Cause.Error())
		}
		return s.sayJSON(kindFault, head)
	case err != nil:
		return s.say(kindFailure, []byte(short(err.Error())))
	}
	return s.sayJSON(kindSummary, sum)
}

// body accepts the document into memory: a file without a name, sealed, which
// poppler can open through /proc.
func (s *server) body() (*os.File, int64, error) {
	fd, err := unix.MemfdCreate("document", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, 0, fmt.Errorf("make memory file: %w", err)
	}
	f := os.NewFile(uintptr(fd), "document")
	if err := s.say(kindAccepted); err != nil {
		return nil, 0, err
	}
	var size int64
	for {
		fr, err := readFrame(s.in)
		if err != nil {
			return nil, 0, err
		}
		switch fr.kind {
		case kindBody:
			n, err := f.Write(fr.parts[0])
			if size += int64(n); err != nil {
				return nil, 0, fmt.Errorf("keep document: %w", err)
			}
		case kindBodyEnd:
			seals := unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
			if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
				return nil, 0, fmt.Errorf("seal document: %w", err)
			}
			return f, size, nil
		default:
			return nil, 0, errProtocol
		}
	}
}

// pages reads the document page by page and sends each as soon as it is read.
func (s *server) pages(f *os.File, size int64, r request) (sum Summary, err error) {
	ctx := context.Background() // the parent kills the whole group when time is up
	if err := s.allowPage(); err != nil {
		return sum, err
	}
	from, watch := max(1, r.From), startWatch()
	doc, ok, err := s.container(f, size, from)
	if !ok && err == nil {
		opts := s.opts
		opts.OnDemand = r.OnDemand
		doc, err = render.Open(ctx, f, size, opts)
	}
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, doc.Close()) }()
	s.opened = watch.lap()
	if err := s.sayJSON(kindOpened, opened{doc.Pages()}); err != nil {
		return sum, err
	}
	for n := from; n <= doc.Pages(); n++ {
		if slices.Contains(r.Skip, n) {
			continue
		}
		if err := s.allowPage(); err != nil {
			return sum, err
		}
		if err := s.page(ctx, doc, n); err != nil {
			return sum, err
		}
	}
	_, conversion := doc.(converted)
	_, signed := doc.(signedMail)
	return Summary{ContentType: doc.ContentType(), Pages: doc.Pages(), Signed: signed, Converted: conversion}, nil
}

// page reads and sends one page.
func (s *server) page(ctx context.Context, doc render.Document, n int) error {
	watch, took := startWatch(), Took{Open: s.opened}
	in, err := doc.Page(ctx, n)
	if err != nil {
		return err
	}
	took.Render = watch.lap()
	words, source := ocr.Page{}, SourceOCR
	if in.Digital {
		words, source = ownWords(in.Words), SourceDigital
	} else if words, err = s.recognise(in.Raster); err != nil {
		return err
	}
	in.Raster = in.Raster.Turned(words.Turned)
	took.Care = int(words.Care.Milliseconds())
	took.Recognise = max(0, watch.lap()-took.Care)
	codes, err := barcode.Read(barcode.Image{Gray: in.Raster.Y, DPI: in.Raster.DPI})
	if err != nil {
		return err
	}
	took.Codes = watch.lap()
	images := render.Images{}
	if !in.OnDemand {
		if images, err = in.Raster.Encode(); err != nil {
			return err
		}
	}
	took.Encode = watch.lap()
	s.opened = 0
	head, err := json.Marshal(pageHead{Number: n, Width: in.Raster.Width(), Height: in.Raster.Height(),
		DPI: in.Raster.DPI, Source: source, Confidence: words.Confidence, Codes: codes,
		Blank: words.Blank && len(codes) == 0 && !in.Faulty, Doubtful: words.Doubtful, Faulty: in.Faulty, Turned: words.Turned, Took: took})
	if err != nil {
		return fmt.Errorf("encode page: %w", err)
	}
	if words.Words == nil {
		words.Words = []record.Word{}
	}
	list, err := json.Marshal(words.Words)
	if err != nil {
		return fmt.Errorf("encode words: %w", err)
	}
	return s.say(kindPage, head, list, []byte(words.Text), []byte(words.Raw), images.Page, images.Full, images.Thumb)
}

// recognise runs tesseract, which is loaded with the first page that needs it.
func (s *server) recognise(r render.Raster) (ocr.Page, error) {
	if s.engine == nil {
		e, err := ocr.New()
		if err != nil {
			return ocr.Page{}, err
		}
		s.engine = e
	}
	return s.engine.Read(ocr.Image{Gray: r.Y, Bilevel: r.Bilevel, Colour: r.Cb != nil, DPI: r.DPI})
}

// ownWords makes the texts of a page that has its own words. There is nothing
// to doubt or to correct.
func ownWords(words []render.Word) ocr.Page {
	tokens := make([]ocr.Token, len(words))
	for i, w := range words {
		tokens[i] = ocr.Token{Raw: w.Text, Box: w.Box, Confidence: 100, Block: w.Block, Line: w.Line}
	}
	return ocr.Assemble(tokens)
}

func (s *server) say(kind byte, parts ...[]byte) error {
	if err := writeFrame(s.out, kind, parts...); err != nil {
		return err
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

func (s *server) sayJSON(kind byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	return s.say(kind, b)
}

func (s *server) close() error {
	if s.engine == nil {
		return nil
	}
	return s.engine.Close()
}

// short keeps a cause within its frame.
func short(s string) string { return s[:min(len(s), 500)] }
