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
//
// The listing is that of all versions, which costs a store no more: each page
// holds a thousand, and a name has one unless somebody else has touched it.
type merge struct {
	*comparison
	rows    *rowReader
	missing []named
	strange []vault.ObjectInfo
	touched []catalog.Finding
	last    string // name up to which both sides were read
	unnoted int    // objects since the place was noted
}

func (m *merge) run(ctx context.Context, bucket vault.Bucket) error {
	if err := eachName(ctx, bucket, m.at.After, func(n listed) error { return m.object(ctx, n) }); err != nil {
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

// listed is a name with what lies under it.
type listed struct {
	vault.ObjectInfo  // the oldest version that has bytes: ours
	versions, markers int
}

// touched says whether somebody wrote over the object, or hid it. Probes are
// there to be tried.
func (n listed) touched() bool {
	return !isProbe(n.Name) && (n.versions > 1 || n.markers > 0)
}

// eachName calls fn for each name of a bucket from behind after, in order.
func eachName(ctx context.Context, bucket vault.Bucket, after string, fn func(listed) error) error {
	var n listed
	err := bucket.Versions(ctx, "", after, func(o vault.ObjectInfo) error {
		if o.Name != n.Name {
			if n.Name != "" {
				if err := fn(n); err != nil {
					return err
				}
			}
			n = listed{ObjectInfo: o}
		}
		if o.Marker {
			n.markers++
			return nil
		}
		n.versions++
		n.ObjectInfo = o // the newest comes first
		return nil
	})
	if err != nil || n.Name == "" {
		return err
	}
	return fn(n)
}

// rowOf is the name that a row has for an object: of a key that was sealed
// anew, that of its first sealing.
func (m *merge) rowOf(name string) string {
	if id, _, ok := vault.ParseKeyName(name); ok && m.at.Bucket == inKeys {
		return vault.KeyName(id)
	}
	return name
}

// object takes the next name of the listing, and all rows before it.
func (m *merge) object(ctx context.Context, n listed) error {
	name := m.rowOf(n.Name)
	matched := false
	for !matched {
		row, ok, err := m.rows.next(ctx)
		if err != nil {
			return err
		}
		if !ok || row.name > name {
			break
		}
		m.rows.take()
		if matched = row.name == name && n.versions > 0; matched {
			break
		}
		if err := m.miss(ctx, row); err != nil {
			return err
		}
	}
	if !matched && n.versions > 0 {
		m.strange = append(m.strange, n.ObjectInfo)
	}
	if n.touched() {
		m.touched = append(m.touched, catalog.Finding{Kind: catalog.FindingVersion, Name: n.Name})
	}
	m.last = n.Name
	m.at.Objects++
	m.unnoted++
	if len(m.strange) >= batch || len(m.touched) >= batch || m.unnoted >= noteEvery {
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
	if err := m.keep(ctx, m.touched); err != nil {
		return err
	}
	m.touched = m.touched[:0]
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
		there, err := m.stored(ctx, row.name)
		if err != nil {
			return err
		}
		if there {
			continue
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

// stored says whether an object is there: a key in any sealing, anything else
// under its name, hidden or not.
func (m *merge) stored(ctx context.Context, name string) (there bool, err error) {
	bucket := m.Vault.Buckets().Records
	if m.at.Bucket == inKeys {
		bucket = m.Vault.Buckets().Keys
	}
	err = bucket.Versions(ctx, name, "", func(o vault.ObjectInfo) error {
		there = there || !o.Marker && m.rowOf(o.Name) == name
		return nil
	})
	return there, err
}

// mustBeStored says whether a row, as it stands now, wants its object stored.
func mustBeStored(tx *catalog.Tx, row named) (bool, error) {
	if row.subject == "" { // a manifest with a successor
		known, err := tx.Superseded([]string{row.name})
		return known[row.name], err
	}
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
	return errors.Join(err, m.keep(ctx, append(fs, unknown...)))
}

// unknown gives findings for the objects that no row, no journal and no outbox
// names, and that are no manifest with a successor. A superseded manifest is
// read once in its life to learn that it is one.
func (m *merge) unknown(ctx context.Context, objects []vault.ObjectInfo) ([]catalog.Finding, error) {
	names, err := m.unnamed(ctx, objects)
	if err != nil {
		return nil, err
	}
	var found []catalog.Finding
	var learned []string
	for _, name := range names {
		kind := catalog.FindingNoRow
		if letter, _, _ := vault.ParseName(name); letter == "m" {
			if kind, err = m.superseded(ctx, name); err != nil {
				return nil, err
			}
		}
		if kind == "" {
			learned = append(learned, name)
		} else {
			found = append(found, catalog.Finding{Kind: kind, Name: name})
		}
	}
	return found, m.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.AddSuperseded(learned) })
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

// superseded says what a manifest is that the catalog doesn't name: "" for one
// of its subject's with a newer one behind it, else a kind of finding.
func (m *merge) superseded(ctx context.Context, name string) (kind string, err error) {
	man, err := m.manifest(ctx, name)
	switch {
	case errors.Is(err, record.NotFound): // gone since, or hidden, which is another finding
		return catalog.FindingNoRow, nil
	case errors.Is(err, record.Corrupt):
		return catalog.FindingUnreadable, nil
	case err != nil:
		return "", err
	case vault.ManifestName(man.Header.Manifest) != name:
		return catalog.FindingNoRow, nil
	}
	var head catalog.Head
	err = m.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		head, err = tx.ManifestHead(man.Header.Subject)
		return err
	})
	if head.Name == name || head.Sequence > man.Header.Sequence {
		return "", err
	}
	return catalog.FindingNoRow, err
}
