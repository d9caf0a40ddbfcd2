package upkeep

import "context"

// ScrubShare reads one share whole, for the benchmark.
func (t *Tasks) ScrubShare(ctx context.Context, bucket, prefix string) (objects, bytes int64, err error) {
	s, err := t.newScrubber(ctx)
	if err != nil {
		return 0, 0, err
	}
	if _, err = s.share(ctx, share{bucket, prefix}, t.Clock.Now()); err == nil {
		err = s.noteRound(ctx)
	}
	return s.objects, s.bytes, err
}
