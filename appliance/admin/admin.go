// Package admin is the door for what site administrators look after: the facts
// of the setup, and the health of the parts. It never opens a file.
package admin

import (
	"context"
	"sync"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// The states of a part.
const (
	OK       = "ok"
	Degraded = "degraded" // works, but somebody should look
	Down     = "down"
)

// Part is one part of the appliance as the health page shows it.
type Part struct {
	Name    string    `json:"name"`
	State   string    `json:"state"`
	Since   time.Time `json:"since"` // of this state, as long as this process has known it
	Message string    `json:"message"`
	Hint    string    `json:"hint"` // what to do

	// What was found, for who says it in another language: Code never changes
	// its meaning, Values are what its sentence names (numbers, a folder).
	Code   string            `json:"code"`
	Values map[string]string `json:"values"`
}

// Finding is what a look at a part found: Message and Hint say it in English,
// Code with Values for any language.
type Finding struct {
	State, Code   string
	Message, Hint string
	Values        map[string]string
}

// Health is the state of all parts.
type Health struct {
	Parts []Part `json:"parts"`
}

// Check looks at one part. It must answer soon after ctx ends.
type Check struct {
	Name  string
	Vital bool // without it the appliance is not ready to serve
	Look  func(ctx context.Context) Finding
}

// Outbox puts the manifests that transactions left in the outbox into the
// store. Flush returns nil when all that were committed before are there.
type Outbox interface {
	Flush(ctx context.Context) error
}

// Deps are the parts that the door works with.
type Deps struct {
	Catalog   *catalog.Catalog
	Policy    *access.Policy
	Clock     record.Clock
	Checks    []Check
	Hash      func(password string) string // makes the stored form of a password
	House     *House                       // writes down what a setup changes; may be nil
	Outbox    Outbox                       // and puts it into the store; needed with House
	Plan      job.Plan                     // what comes round
	Wake      func()                       // tells the job runner that something was enqueued; may be nil
	Simulator Simulator                    // tries rules on a day's post; nil where nothing is routed
}

// Admin looks after the appliance.
type Admin struct {
	Deps
	mu    sync.Mutex
	since map[string]Part // the last state of each part and when it began

	types typesKept
}

// New makes an Admin.
func New(d Deps) *Admin { return &Admin{Deps: d, since: map[string]Part{}} }

// checkTime bounds one look at a part.
const checkTime = 3 * time.Second

// Health looks at every part, side by side.
func (a *Admin) Health(ctx context.Context, actor record.Actor) (Health, error) {
	var d access.Decision
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		roles, err := tx.Roles(actor.User)
		d = a.Policy.DecideAt(roles, "", "", access.HealthRead)
		return err
	})
	if err != nil {
		return Health{}, err
	}
	outcome := audit.Allowed
	if !d.Allowed {
		outcome = audit.Denied
	}
	leaf, err := audit.Seal(audit.Entry{At: a.Clock.Now(), Action: audit.HealthRead, Outcome: outcome, Actor: actor.User,
		Via: actor.Via, Request: actor.Request, Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address}})
	if err != nil {
		return Health{}, err
	}
	if err := a.Catalog.AppendAudit(ctx, leaf); err != nil {
		return Health{}, err
	}
	if !d.Allowed {
		return Health{}, &record.Error{Category: record.Denied, Message: "Only administrators see the health of the appliance."}
	}
	return Health{Parts: a.look(ctx)}, nil
}

// Ready says whether the appliance can serve: nil, or what is missing.
func (a *Admin) Ready(ctx context.Context) error {
	for _, p := range a.look(ctx) {
		if p.State == Down && a.vital(p.Name) {
			return &record.Error{Category: record.Unavailable, Message: p.Message, Hint: p.Hint}
		}
	}
	return nil
}

// Levels are the states of all parts by name, for machines: no detail, and no
// entry in the log at each scrape.
func (a *Admin) Levels(ctx context.Context) map[string]string {
	out := map[string]string{}
	for _, p := range a.look(ctx) {
		out[p.Name] = p.State
	}
	return out
}

func (a *Admin) vital(name string) bool {
	for _, c := range a.Checks {
		if c.Name == name {
			return c.Vital
		}
	}
	return false
}

func (a *Admin) look(ctx context.Context) []Part {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	parts := make([]Part, len(a.Checks))
	var wg sync.WaitGroup
	for i, c := range a.Checks {
		wg.Go(func() {
			f := c.Look(ctx)
			parts[i] = Part{Name: c.Name, State: f.State, Message: f.Message, Hint: f.Hint, Code: f.Code, Values: f.Values}
			if f.Values == nil {
				parts[i].Values = map[string]string{}
			}
		})
	}
	wg.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, p := range parts {
		if last, ok := a.since[p.Name]; ok && last.State == p.State {
			parts[i].Since = last.Since
			continue
		}
		parts[i].Since = a.Clock.Now()
		a.since[p.Name] = parts[i]
	}
	return parts
}
