package archive

import "eakte/appliance/record"

// withheld is why nobody is given the bytes of a document as they were handed
// in, whatever their rights; nil: they may be given.
func (a *Archive) withheld(d record.Document) error {
	if err := dangerous(d); err != nil {
		return err
	}
	switch {
	case a.Checked && d.State == record.StateQuarantined && d.Reason == "machine": // perhaps before it was checked
		return unchecked()
	case a.Checked && (d.State == record.StateReceived || d.State == record.StateProcessing && d.Pages == 0):
		return &record.Error{Category: record.Busy, Message: "The document is still being checked for malware.", Hint: "Try again in a moment."}
	}
	return nil
}

// dangerous is withheld as far as the document itself tells.
func dangerous(d record.Document) error {
	switch {
	case d.State != record.StateQuarantined:
		return nil
	case d.Reason == "malware":
		return &record.Error{Category: record.Conflict, Message: "The document holds malware, so nobody is given it.",
			Hint: "Its bytes are kept. Have it sent again, as a clean file or on paper; when the scanner knows better it can be read again."}
	case d.Reason == "unchecked":
		return unchecked()
	}
	return nil
}

func unchecked() error {
	return &record.Error{Category: record.Conflict, Message: "The document could not be checked for malware, so nobody is given it.",
		Hint: "Its bytes are kept. Have it sent again in parts, or ask the administrator to have it read again."}
}
