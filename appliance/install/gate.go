package install

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
	"time"

	"eakte/appliance/record"
)

// How many wrong tokens may be tried in a minute: by one address, and by all
// together. With 80 bits nothing is guessed; this keeps the log readable.
const (
	triesByOne = 5
	triesByAll = 100
	tryWindow  = time.Minute
)

// tokenLetters of base32 are 80 bits.
const tokenLetters = 16

// gate lets one browser in. Token and session are kept as hashes.
type gate struct {
	clock   record.Clock
	mu      sync.Mutex
	token   [sha256.Size]byte
	session [sha256.Size]byte
	used    bool

	window time.Time
	tries  map[string]int
	all    int
}

func newGate(clock record.Clock) (g *gate, token string) {
	letters := rand.Text()[:tokenLetters] // A–Z and 2–7: nothing that could be taken for something else
	g = &gate{clock: clock, token: sha256.Sum256([]byte(letters)), tries: map[string]int{}}
	for i := 0; i < len(letters); i += 4 {
		token += "-" + letters[i:i+4]
	}
	return g, token[1:]
}

// plain reads a token as people type it.
func plain(token string) string {
	token = strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(token))
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '2' && r <= '7' {
			return r
		}
		return -1
	}, token)
}

// Enter opens the session with the console's token, once. address is where the
// request comes from. A wrong token is record.Denied, one that has been used
// record.Conflict, and too many tries are record.Busy.
func (in *Install) Enter(token, address string) (session string, err error) {
	return in.gate.enter(token, address)
}

func (g *gate) enter(token, address string) (string, error) {
	sum := sha256.Sum256([]byte(plain(token)))
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.clock.Now(); now.Sub(g.window) >= tryWindow || now.Before(g.window) {
		g.window, g.tries, g.all = now, map[string]int{}, 0
	}
	if g.tries[address] >= triesByOne || g.all >= triesByAll {
		return "", &record.Error{Category: record.Busy, Message: "Too many wrong tokens were tried.", Hint: "Wait a minute, then try again."}
	}
	if subtle.ConstantTimeCompare(sum[:], g.token[:]) != 1 {
		g.tries[address]++
		g.all++
		return "", &record.Error{Category: record.Denied, Field: "token", Message: "This is not the token on the console.",
			Hint: "The console shows it in the line that says where to open the setup. Each start makes a new one."}
	}
	if g.used {
		return "", &record.Error{Category: record.Conflict, Field: "token", Message: "This token has been used by another browser.",
			Hint: "Go on there, or start the appliance again: it shows a new token and goes on where the setup stood."}
	}
	session := rand.Text() + rand.Text()
	g.used, g.session = true, sha256.Sum256([]byte(session))
	return session, nil
}

// check says whether the session is the one that was opened.
func (g *gate) check(session string) error {
	sum := sha256.Sum256([]byte(session))
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.used || subtle.ConstantTimeCompare(sum[:], g.session[:]) != 1 {
		return &record.Error{Category: record.Unauthenticated, Message: "This browser has not opened the setup.", Hint: "Enter the token that the console shows."}
	}
	return nil
}
