package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
)

// wireFault is what happens to a request between the appliance and its store.
type wireFault string

const (
	cutBefore  wireFault = "cut before"        // the connection ends before the store has seen the request
	cutAfter   wireFault = "cut after commit"  // and after the store has done it
	badBefore  wireFault = "503"               // the store says that it is busy
	badAfter   wireFault = "500 after commit"  // the store has done it and says that it has failed
	halfAnswer wireFault = "truncated body"    // of an object
	bentAnswer wireFault = "wrong bytes down"  // of an object
	bentUpload wireFault = "wrong checksum up" // the store gets other bytes than were sent
	slowAnswer wireFault = "slow"
	noAnswer   wireFault = "down" // from this request on nothing answers
)

var everyWireFault = []wireFault{cutBefore, cutAfter, badBefore, badAfter, halfAnswer, bentAnswer, bentUpload, slowAnswer, noAnswer}

func (f wireFault) suffers(r *http.Request) bool {
	switch f {
	case halfAnswer, bentAnswer:
		return r.Method == http.MethodGet
	case bentUpload:
		return r.Method == http.MethodPut && r.ContentLength > 64
	}
	return true
}

// wire is a proxy on loopback before an object store.
type wire struct {
	*httptest.Server
	pause time.Duration
	to    *http.Transport

	mu    sync.Mutex
	kind  wireFault
	at, n int
	hit   string
}

var errCut = errors.New("faults: the connection is cut")

func newWire(t testing.TB, store string) *wire {
	t.Helper()
	w := &wire{pause: 300 * time.Millisecond, to: &http.Transport{}}
	if socket, ok := strings.CutPrefix(store, "unix:"); ok {
		store = "localhost"
		w.to.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: store})
	proxy.Transport = w
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	w.Server = httptest.NewUnstartedServer(proxy)
	w.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.Start()
	t.Cleanup(func() { w.Close(); w.to.CloseIdleConnections() })
	return w
}

// host is where the appliance reaches the store.
func (w *wire) host() string { return w.Listener.Addr().String() }

func (w *wire) arm(kind wireFault, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kind, w.at, w.n, w.hit = kind, n, 0, ""
}

func (w *wire) disarm() (hit string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kind = ""
	return w.hit
}

func (w *wire) meet(r *http.Request) wireFault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kind == "" || !w.kind.suffers(r) {
		return ""
	}
	w.n++
	if w.n != w.at && (w.kind != noAnswer || w.n < w.at) {
		return ""
	}
	w.hit = r.Method
	return w.kind
}

// RoundTrip is the way to the store.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := w.meet(r)
	switch kind {
	case cutBefore, noAnswer:
		return nil, errCut
	case badBefore:
		return answer(r, http.StatusServiceUnavailable), nil
	case slowAnswer:
		select {
		case <-time.After(w.pause):
		case <-r.Context().Done():
		}
	case bentUpload:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body[len(body)/2] ^= 1
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := w.to.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	return bentResponse(kind, r, res)
}

func bentResponse(kind wireFault, r *http.Request, res *http.Response) (*http.Response, error) {
	switch kind {
	case cutAfter, badAfter:
		if err := res.Body.Close(); err != nil || kind == cutAfter {
			return nil, errors.Join(errCut, err)
		}
		return answer(r, http.StatusInternalServerError), nil
	case halfAnswer, bentAnswer:
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			return nil, err
		}
		if kind == halfAnswer {
			body = body[:len(body)/2]
		} else if len(body) > 0 {
			body[len(body)/2] ^= 1
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
	}
	return res, nil
}

func answer(r *http.Request, code int) *http.Response {
	return &http.Response{StatusCode: code, ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{}, Body: http.NoBody}
}

// TestWire lets the n-th request of an intake, a change and a read-back fail on
// the way to the embedded store, and in a whole run to MinIO as well.
func TestWire(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		dir := t.TempDir()
		t.Chdir(dir) // the store goes elsewhere; this brings it back
		e, err := embedded.Start(t.Context(), embedded.Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		root, running := e.RootCredentials(), e.Credentials()
		if err := s3.Create(t.Context(), s3.Config{Endpoint: e.Endpoint(), AccessKey: root.AccessKey, SecretKey: root.SecretKey}); err != nil {
			t.Fatal(err)
		}
		everyRequest(t, storeAt{Endpoint: e.Endpoint(), Access: running.AccessKey, Secret: running.SecretKey})
	})
	if *whole {
		t.Run("minio", func(t *testing.T) {
			m := vaulttest.StartMinIO(t)
			everyRequest(t, storeAt{Endpoint: m.Host, Access: m.Running.Access, Secret: m.Running.Secret})
		})
	}
}

// outside is a site on SQLite and a store that is a server, reached over a wire.
func outside(t testing.TB, at storeAt) (site, *wire) {
	t.Helper()
	w := newWire(t, at.Endpoint)
	direct, err := s3.Open(s3.Config{Endpoint: at.Endpoint, AccessKey: at.Access, SecretKey: at.Secret})
	if err != nil {
		t.Fatal(err)
	}
	via, err := s3.Open(s3.Config{Endpoint: w.host(), AccessKey: at.Access, SecretKey: at.Secret})
	if err != nil {
		t.Fatal(err)
	}
	s := realSite(t)
	s.Store, s.clean, s.via = storeAt{}, direct, &via
	return s, w
}

func everyRequest(t *testing.T, at storeAt) {
	s, w := outside(t, at)
	h := build(t, s)
	h.remember()
	r := rand.New(rand.NewPCG(seed(t), 7))
	for _, kind := range everyWireFault {
		sum := tally{}
		for n := 1; ; n++ {
			if kind == slowAnswer && *whole && n == 3 {
				w.pause = 30 * time.Second
			} else {
				w.pause = 300 * time.Millisecond
			}
			hit, first, err := oneRequest(h, w, kind, n)
			if err != nil {
				t.Errorf("%s at request %d (%s), it said %v: %v", kind, n, hit, first, err)
			}
			if hit == "" {
				break
			}
			sum.note(0, n, call{"store", hit}, first)
			if !*whole {
				n += r.IntN(6)
			}
		}
		t.Logf("%s: %d injected, %d answered, %d refused", kind, sum.injected, sum.answered, sum.failed)
	}
	if err := errors.Join(h.check(), h.verify()); err != nil {
		t.Error(err)
	}
	h.close()
}

// oneRequest takes a document in, changes it and reads it back, while one
// request fails; then once more after a restart, with the same keys.
func oneRequest(h *house, w *wire, kind wireFault, n int) (hit string, first, err error) {
	before, body, key := len(h.documents()), bodyOf(fmt.Sprint(kind, n)), fmt.Sprint(kind, n)
	w.arm(kind, n)
	first = h.way(body, key)
	hit = w.disarm()
	if err := h.toldWhole(first); err != nil {
		return hit, first, err
	}
	h.restart()
	if err := h.way(body, key); err != nil {
		return hit, first, fmt.Errorf("done again: %w", err)
	}
	if got := len(h.documents()); got != before+1 {
		return hit, first, fmt.Errorf("%d documents more", got-before)
	}
	return hit, first, nil
}

// way is the way of a document in, with a change and its read-back.
func (h *house) way(body []byte, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := h.accept(ctx, body, key)
	if err != nil {
		return err
	}
	h.acknowledged(r.Document, body)
	if err := h.retitle(ctx, r.Document, key); err != nil {
		return err
	}
	return h.work(ctx)
}
