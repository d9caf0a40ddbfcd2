package record

import (
	"sync"
	"time"
	_ "time/tzdata" // the machine may have no time zones
)

// Berlin is the zone whose days count: of receipt, of deliveries, of the log.
func Berlin() *time.Location { return berlin() }

var berlin = sync.OnceValue(func() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil { // can't happen: the zones are compiled in
		return time.FixedZone("MEZ", 3600)
	}
	return z
})
