package catalog

import "eakte/appliance/record"

// Slip is the code that one of our own letters, or a slip to be sent back with
// what was asked for, carries. The code is drawn at random and says nothing.
type Slip struct {
	Code   string
	File   record.FileID
	Type   string // of what is expected back; may be empty
	MadeBy record.UserID
	MadeAt int64 // microseconds; 0: now
}

// InsertSlip keeps the code of a slip for a file.
func (t *Tx) InsertSlip(s Slip) error {
	if s.MadeAt == 0 {
		s.MadeAt = toMicros(t.Now())
	}
	_, err := t.exec("insert slip", "INSERT INTO return_slip (code, file_id, type, made_by, made_at) VALUES ($1, $2, $3, $4, $5)",
		s.Code, s.File, s.Type, s.MadeBy, s.MadeAt)
	return err
}

// Slip reads the slip of a code; ok is false if nobody made one.
func (t *Tx) Slip(code string) (s Slip, ok bool, err error) {
	s.Code = code
	ok, err = t.one("slip", "SELECT file_id, type, made_by, made_at FROM return_slip WHERE code = $1", []any{code},
		&s.File, &s.Type, &s.MadeBy, &s.MadeAt)
	return s, ok, err
}
