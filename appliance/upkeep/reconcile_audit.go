package upkeep

import (
	"context"
	"errors"
	"fmt"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// auditLog compares the audit bucket with the catalog: an object that is none
// of the log's, a checkpoint that the catalog names and the bucket lacks, and
// entries that were signed and are in no segment. What the objects say is for
// eakte verify.
//
// The names of one year are in memory: a checkpoint each ten minutes at most,
// five megabytes.
func (c *comparison) auditLog(ctx context.Context) error {
	years, err := c.auditYears(ctx)
	if err != nil {
		return err
	}
	var fs []catalog.Finding
	err = eachName(ctx, c.Vault.Buckets().Audit, "", func(n listed) error {
		c.at.Objects++
		if n.touched() {
			fs = append(fs, catalog.Finding{Kind: catalog.FindingVersion, Name: n.Name})
		}
		if n.versions == 0 || isProbe(n.Name) {
			return nil
		}
		name, perr := audit.ParseName(n.Name)
		switch {
		case perr == nil:
			years.saw(name)
		case c.now.Sub(n.Modified) >= young:
			fs = append(fs, catalog.Finding{Kind: catalog.FindingNoRow, Name: n.Name})
		}
		if len(fs) < batch {
			return nil
		}
		full := fs
		fs = nil
		return c.keep(ctx, full)
	})
	if err != nil {
		return err
	}
	lacking, err := c.lacking(ctx, years)
	if err != nil {
		return err
	}
	return c.keep(ctx, append(fs, lacking...))
}

// signed is what the catalog says was signed of a year, and how far the bucket
// has it.
type signed struct {
	checkpoints map[uint64]bool // by size: not yet seen
	size        uint64          // of the newest one
	covered     uint64          // entries in segments, from the first on
	gap         bool            // behind covered
}

type signedYears map[int]*signed

// auditYears reads what was signed.
func (c *comparison) auditYears(ctx context.Context) (signedYears, error) {
	years := signedYears{}
	err := c.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		clear(years)
		logs, err := tx.AuditLogs()
		if err != nil {
			return err
		}
		for _, year := range logs {
			s := &signed{checkpoints: map[uint64]bool{}}
			notes, err := tx.Checkpoints(year)
			if err != nil {
				return err
			}
			for _, n := range notes {
				s.checkpoints[n.Size] = true
				s.size = max(s.size, n.Size)
			}
			years[year] = s
		}
		return nil
	})
	return years, err
}

// saw notes an object of the log. A year's segments come in ascending order.
func (y signedYears) saw(n audit.Name) {
	s := y[n.Year]
	switch {
	case s == nil: // a log that the catalog has lost: eakte verify says so
	case n.Checkpoint:
		delete(s.checkpoints, n.Size)
	case n.First > s.covered:
		s.gap = true
	case !s.gap:
		s.covered = max(s.covered, n.Last+1)
	}
}

// lacking gives findings for what is not in the bucket, asked for once more.
func (c *comparison) lacking(ctx context.Context, years signedYears) ([]catalog.Finding, error) {
	var fs []catalog.Finding
	for year, s := range years {
		for size := range s.checkpoints {
			name, err := audit.CheckpointName(year, size)
			if err != nil {
				return nil, err
			}
			if _, err := c.Vault.Buckets().Audit.Stat(ctx, name); err == nil {
				continue
			} else if !errors.Is(err, record.NotFound) {
				return nil, err
			}
			fs = append(fs, catalog.Finding{Kind: catalog.FindingNoObject, Name: name})
		}
		if s.covered < s.size {
			fs = append(fs, catalog.Finding{Kind: catalog.FindingNoObject, Name: fmt.Sprintf("%04d/segment/%010d-", year, s.covered)})
		}
	}
	return fs, nil
}
