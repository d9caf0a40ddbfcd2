package meili

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
)

// How long the server may take, and how often it is asked again.
const (
	answerTimeout = 60 * time.Second
	attempts      = 3
	firstPause    = 100 * time.Millisecond
)

// maxAnswer bounds what is read of an answer to a call of our own.
const maxAnswer = 256 << 20

// server is a Meilisearch server as seen with each of the three keys.
type server struct {
	url       string
	http      *http.Client
	adminKey  string
	searchKey string

	search, documents, admin meilisearch.ServiceManager
}

func newServer(cfg *Config) (*server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	h := cfg.HTTP
	if h == nil {
		h = &http.Client{Timeout: answerTimeout, Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
			// Bodies and kept pages are packed already: to pack them again takes longer than to send them.
			DisableCompression: true}}
	}
	again := *h
	again.Transport = retry{h.Transport}
	// A key goes to no other address than the one that was given.
	again.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s := &server{url: cfg.URL, http: &again, adminKey: cfg.AdminKey, searchKey: cfg.SearchKey}
	with := func(key string) meilisearch.ServiceManager {
		return meilisearch.New(cfg.URL, meilisearch.WithAPIKey(key), meilisearch.WithCustomClient(&again), meilisearch.DisableRetries())
	}
	s.search, s.documents, s.admin = with(cfg.SearchKey), with(cfg.DocumentKey), with(cfg.AdminKey)
	return s, nil
}

// retry sends a request again while the server is starting, overloaded or
// unreachable: whole, with its body. (meilisearch-go's own retry sends the
// body only once, and then an empty one.) Every request we make may run twice.
type retry struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (r retry) RoundTrip(req *http.Request) (*http.Response, error) {
	next := r.next
	if next == nil {
		next = http.DefaultTransport
	}
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		if err = errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
	}
	for n, pause := 1, firstPause; ; n, pause = n+1, 4*pause {
		one := req.Clone(req.Context())
		if req.Body != nil {
			one.Body, one.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		resp, err := next.RoundTrip(one)
		if n == attempts || err == nil && !passing(resp.StatusCode) || req.Context().Err() != nil {
			return resp, err
		}
		if err == nil {
			_ = resp.Body.Close() // its answer is not read
		}
		if err := sleep(req.Context(), pause); err != nil {
			return nil, err
		}
	}
}

func passing(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// question asks with the search key, and reads the answer as it comes:
// meilisearch-go reads every hit twice.
func (s *server) question(ctx context.Context, path string, req, answer any) error {
	b, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("search server: a question: %w", err)
	}
	status, body, err := s.call(ctx, s.searchKey, http.MethodPost, path, b)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return refused(status, body)
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return record.Down("The search server", errors.New("an answer that is none"))
	}
	return nil
}

// call asks what meilisearch-go can't or does slowly: settings, which it loses
// values of, questions, and the probes of Check. It gives the status and up to maxAnswer of the answer.
func (s *server) call(ctx context.Context, key, method, path string, body []byte) (int, []byte, error) {
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, in)
	if err != nil {
		return 0, nil, fmt.Errorf("search server: %w", err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, nil, failed(ctx, err)
	}
	out, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return 0, nil, failed(ctx, err)
	}
	return resp.StatusCode, out, nil
}

// refused gives the error for an answer to call that is none.
func refused(status int, body []byte) error {
	var said struct{ Code string }
	_ = json.Unmarshal(body, &said) // no code is as good as an unknown one
	return fromStatus(status, said.Code)
}

// failed gives an error of meilisearch-go or net/http a category. Theirs repeat
// the request and the answer, which no log may hold: only codes are kept.
func failed(ctx context.Context, err error) error {
	if err == nil || record.CategoryOf(err) != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var m *meilisearch.Error
	if errors.As(err, &m) {
		if m.StatusCode != 0 && m.ErrCode != meilisearch.ErrCodeResponseUnmarshalBody {
			return fromStatus(m.StatusCode, m.MeilisearchApiError.Code)
		}
		if m.OriginError == nil || m.StatusCode != 0 {
			return record.Down("The search server", fmt.Errorf("status %d, an answer that is none", m.StatusCode))
		}
		err = m.OriginError
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var n *net.OpError
	if errors.As(err, &n) {
		return record.Down("The search server", n)
	}
	return record.Down("The search server", fmt.Errorf("no answer (%T)", err))
}

// fromStatus gives the error for a status other than success, or for a task
// that failed.
func fromStatus(status int, code string) error {
	e := &record.Error{Category: record.Unavailable, Message: "The search server can't answer at the moment.",
		Hint: "Try again in a minute; the health page says more.", Cause: &refusal{status, code}}
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		e.Message = "The search server refuses a key."
		e.Hint = "Check the keys of the search server in the configuration; the health page says which one is wrong."
	}
	return e
}

// refusal is what a server that is there says when it does not do what it is
// asked for.
type refusal struct {
	status int // 0 for a task
	code   string
}

func (r *refusal) Error() string { return fmt.Sprintf("status %d, code %q", r.status, r.code) }

// Codes of Meilisearch's errors.
const (
	noIndex     = "index_not_found"
	indexExists = "index_already_exists"
	noDocument  = "document_not_found"
	noSpace     = "no_space_left_on_device" // also: the task store is full
)

func isCode(err error, code string) bool {
	var r *refusal
	return errors.As(err, &r) && r.code == code
}

func isStatus(err error, status int) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == status
}
