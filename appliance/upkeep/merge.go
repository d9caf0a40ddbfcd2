package upkeep

import (
	"context"
	"errors"
	"regexp"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// merge compares one bucket's listing with the rows, both in the order of
// names. What seems to be missing or strange is asked about once more before it
// is a finding: both sides go on changing while they are read.
type merge struct {
	*comparison
	rows    *rowReader
	missing []named
	strange []vault.ObjectInfo
	last    string // name up to which both sides were read
	unnoted int    // objects since the place was noted
}

func (m *merge) run(ctx context.Context, bucket vault.Bucket) error {
	err := bucket.List(ctx, "", m.at.After, func(o vault.ObjectInfo) error { return m.object(ctx, o) })
	if err != nil {
		return err
	}
	for {
		row, ok, err := m.rows.next(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return m.judge(ctx)
		}
		m.rows.take()
		if err := m.miss(ctx, row); err != nil {
			return err
		}
	}
}

// object takes the next object of the listing, and all rows before it.
func (m *merge) object(ctx context.Context, o vault.ObjectInfo) error {
	matched := false
	for !matched {
		row, ok, err := m.rows.next(ctx)
		if err != nil {
			return err
		}
		if !ok || row.name > o.Name {
			break
		}
		m.rows.take()
		if matched = row.name == o.Name; matched {
			break
		}
		if err := m.miss(ctx, row); err != nil {
			return err
		}
	}
	if !matched {
		m.strange = append(m.strange, o)
	}
	m.last = o.Name
	m.at.Objects++
	m.unnoted++
	if len(m.strange) >= batch || m.unnoted >= noteEvery {
		return m.judge(ctx)
	}
	return nil
}

func (m *merge) miss(ctx context.Context, row named) error {
	m.missing = append(m.missing, row)
	if len(m.missing) < batch {
		return nil
	}
	return m.judgeMissing(ctx)
}

// judge decides about everything so far and notes the place: up to here all is
// compared.
func (m *merge) judge(ctx context.Context) error {
	if err := m.judgeMissing(ctx); err != nil {
		return err
	}
	if err := m.judgeStrange(ctx); err != nil {
		return err
	}
	m.unnoted = 0
	if _, _, ours := vault.ParseName(m.last); ours { // from behind another name the rows could not go on
		m.at.After = m.last
	}
	return m.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return m.note(tx, ScheduleReconcile, m.at) })
}

// judgeMissing asks the store for each object once more, and then whether the
// row still stands and its manifest doesn't wait in the outbox.
func (m *merge) judgeMissing(ctx context.Context) error {
	var fs []catalog.Finding
	for _, row := range m.missing {
		_, err := m.Vault.Stat(ctx, row.name)
		if err == nil {
			continue
		}
		if !errors.Is(err, record.NotFound) {
			return err
		}
		stands := false
		err = m.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			stands, err = mustBeStored(tx, row)
			return err
		})
		if err != nil {
			return err
		}
		if stands {
			fs = append(fs, catalog.Finding{Kind: catalog.FindingNoObject, Name: row.name, Subject: row.subject})
		}
	}
	m.missing = m.missing[:0]
	return m.keep(ctx, fs)
}

// mustBeStored says whether a row, as it stands now, wants its object stored.
func mustBeStored(tx *catalog.Tx, row named) (bool, error) {
	doc, err := tx.DocumentByID(record.DocumentID(row.subject))
	if err != nil && !errors.Is(err, record.NotFound) {
		return false, err
	}
	if err == nil && doc.State == record.StateDisposed {
		return false, nil
	}
	if letter, _, _ := vault.ParseName(row.name); letter != "m" {
		return err == nil, nil
	}
	head, err := tx.ManifestHead(row.subject)
	if err != nil || head.Name != row.name {
		return false, err
	}
	_, err = tx.OutboxBody(row.name)
	if errors.Is(err, record.NotFound) {
		return true, nil
	}
	return false, err
}

// recoveryFile names the recovery identity as each pair of custodians can open it.
var recoveryFile = regexp.MustCompile(`^r/recovery-[1-3]-[1-3]\.age$`)

// judgeStrange decides about objects without a row.
func (m *merge) judgeStrange(ctx context.Context) error {
	var fs []catalog.Finding
	var old []vault.ObjectInfo
	for _, o := range m.strange {
		letter, _, ours := vault.ParseName(o.Name)
		switch {
		case m.at.Bucket == inKeys && (ours && letter == "k" || recoveryFile.MatchString(o.Name)):
		case m.at.Bucket == inRecords && ours && (letter == "p" || letter == "t"): // probes of the lock; tombstones are their own proof
		case m.now.Sub(o.Modified) < young:
		case m.at.Bucket == inRecords && ours && (letter == "o" || letter == "m"):
			old = append(old, o)
		default:
			fs = append(fs, catalog.Finding{Kind: catalog.FindingNoRow, Name: o.Name})
		}
	}
	m.strange = m.strange[:0]
	unknown, err := m.unknown(ctx, old)
	for _, name := range unknown {
		fs = append(fs, catalog.Finding{Kind: catalog.FindingNoRow, Name: name})
	}
	return errors.Join(err, m.keep(ctx, fs))
}

// unknown gives the names of the objects that no row, no journal and no outbox
// names, and that are no manifest with a successor. A superseded manifest is
// read once in its life to learn that it is one.
func (m *merge) unknown(ctx context.Context, objects []vault.ObjectInfo) ([]string, error) {
	names, err := m.unnamed(ctx, objects)
	if err != nil {
		return nil, err
	}
	var unknown, learned []string
	for _, name := range names {
		letter, _, _ := vault.ParseName(name)
		superseded := false
		if letter == "m" {
			if superseded, err = m.superseded(ctx, name); err != nil {
				return nil, err
			}
		}
		if superseded {
			learned = append(learned, name)
		} else {
			unknown = append(unknown, name)
		}
	}
	return unknown, m.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.AddSuperseded(learned) })
}

// unnamed asks the catalog about objects as it stands now.
func (m *merge) unnamed(ctx context.Context, objects []vault.ObjectInfo) ([]string, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Name
	}
	var unnamed []string
	err := m.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		unnamed = nil
		known, err := tx.Superseded(names)
		if err != nil {
			return err
		}
		for _, name := range names {
			if known[name] {
				continue
			}
			_, id, _ := vault.ParseName(name)
			is, err := tx.NamesObject(name, id)
			if err != nil {
				return err
			}
			if !is {
				unnamed = append(unnamed, name)
			}
		}
		return nil
	})
	return unnamed, err
}

// superseded says whether a manifest is one of its subject's, with a newer one
// behind it.
func (m *merge) superseded(ctx context.Context, name string) (bool, error) {
	man, err := m.manifest(ctx, name)
	if errors.Is(err, record.Corrupt) || errors.Is(err, record.NotFound) {
		return false, nil
	}
	if err != nil || vault.ManifestName(man.Header.Manifest) != name {
		return false, err
	}
	var head catalog.Head
	err = m.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		head, err = tx.ManifestHead(man.Header.Subject)
		return err
	})
	return head.Name == name || head.Sequence > man.Header.Sequence, err
}
