package ingest

import "eakte/appliance/catalog"

// ChannelCounter is what is handed in by hand, with the customer standing there.
const ChannelCounter = "counter"

// Given gives the submission with a file's number that whoever hands it in
// knows: it is evidence for routing, and files nothing by itself.
func (s Submission) Given(number string) Submission {
	var n catalog.Note
	if s.Note != nil {
		n = *s.Note
	}
	n.Barcodes = append(append([]string{}, n.Barcodes...), number)
	s.Note = &n
	return s
}
