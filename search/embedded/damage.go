package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
)

// generationKey counts the batches; every index has at least one. Scorch opens
// an older snapshot, or none, without a word if it can't read the newest: the
// generation tells.
const generationKey = "generation"

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// openScorch opens or makes an index. A damaged one may make Bleve panic.
func openScorch(path string, queue *index.AnalysisQueue) (idx index.Index, err error) {
	defer guard(&err)()
	idx, err = scorch.NewScorch(scorch.Name, map[string]any{"path": path}, queue)
	if err != nil {
		return nil, fmt.Errorf("search index: open: %w", err)
	}
	if err := idx.Open(); err != nil {
		return nil, fmt.Errorf("search index: open: %w", err)
	}
	return idx, nil
}

// openWhole opens an index only in the state that it was left in.
func openWhole(path string, queue *index.AnalysisQueue) (index.Index, error) {
	newest, err := newestGeneration(path)
	if err != nil {
		return nil, err
	}
	idx, err := openScorch(path, queue)
	if err != nil {
		return nil, err
	}
	if err := isWhole(idx, newest); err != nil {
		return nil, errors.Join(err, idx.Close())
	}
	return idx, nil
}

// newestGeneration reads the generation of the last snapshot written to path.
func newestGeneration(path string) (generation []byte, err error) {
	defer guard(&err)()
	if found, err := filepath.Glob(filepath.Join(path, "root.bolt")); err != nil || len(found) == 0 {
		return nil, fmt.Errorf("search index: its list of snapshots is missing")
	}
	points, err := scorch.RollbackPoints(path)
	if err != nil {
		return nil, fmt.Errorf("search index: %w", err)
	}
	if len(points) == 0 {
		return nil, fmt.Errorf("search index: its list of snapshots is empty")
	}
	return points[0].GetInternal([]byte(generationKey)), nil
}

// isWhole says whether idx is of that generation, and reads the beginning of
// its dictionaries, so that damage shows now rather than in somebody's search.
func isWhole(idx index.Index, generation []byte) (err error) {
	defer guard(&err)()
	r, err := idx.Reader()
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	got, err := r.GetInternal([]byte(generationKey))
	if err != nil {
		return fmt.Errorf("search index: %w", err)
	}
	if len(got) != 8 || !bytes.Equal(got, generation) {
		return fmt.Errorf("search index: the newest snapshot can't be read")
	}
	for _, field := range [...]string{fieldText, fieldMeta} {
		d, err := r.FieldDict(field)
		if err != nil {
			return fmt.Errorf("search index: %w", err)
		}
		_, err = d.Next()
		if err = errors.Join(err, d.Close()); err != nil {
			return fmt.Errorf("search index: %w", err)
		}
	}
	return nil
}

// guard turns a panic of Bleve over damaged files, and a fault in a file it
// has mapped, into record.Corrupt. Use it as: defer guard(&err)().
func guard(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if p := recover(); p != nil {
			*err = damaged(fmt.Errorf("panic: %v", p))
		}
	}
}

func damaged(cause error) error {
	return &record.Error{Category: record.Corrupt, Message: "The search index is damaged.",
		Hint: "Stop the appliance, move the folder index out of the data folder and start it: the index is made anew. Files and documents can be read meanwhile.", Cause: cause}
}
