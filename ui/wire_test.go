package ui

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// wire sends raw bytes and reads what comes back until the server closes.
func (h *house) wire(raw string, half bool) string {
	h.t.Helper()
	c := must(net.Dial("tcp", h.addr))(h.t)
	defer c.Close()
	check(h.t, c.SetDeadline(time.Now().Add(15*time.Second)))
	must(io.WriteString(c, raw))(h.t)
	if half {
		check(h.t, c.(*net.TCPConn).CloseWrite())
	}
	b, _ := io.ReadAll(c)
	return string(b)
}

// TestHalfADocument: a connection that breaks in the middle leaves no document.
func TestHalfADocument(t *testing.T) {
	h := open(t)
	head := "POST /api/v1/documents?file=" + string(h.file) + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + h.tokens["k.sommer"] + "\r\n"
	got := h.wire(head+"Content-Length: 200000\r\n\r\n"+strings.Repeat("a", 150_000), true)
	if strings.HasPrefix(got, "HTTP/1.1 2") {
		t.Errorf("half a document was acknowledged: %s", got)
	}
	got = h.wire(head+"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true)
	if strings.HasPrefix(got, "HTTP/1.1 2") {
		t.Errorf("a document without its last chunk was acknowledged: %s", got)
	}
	if n := h.documents(); n != 0 {
		t.Errorf("%d documents are there", n)
	}
}

// TestRefusedBodyIsNoRequest: what a refused request still had in its body
// must not be read as the next request.
func TestRefusedBodyIsNoRequest(t *testing.T) {
	h := open(t)
	inner := "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
	got := h.wire(fmt.Sprintf("POST /api/v1/documents HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(inner), inner), true)
	if !strings.HasPrefix(got, "HTTP/1.1 401") || strings.Count(got, "HTTP/1.1 ") != 1 || strings.Contains(got, "\r\n\r\nok\n") {
		t.Errorf("answers: %s", got)
	}
}

// TestRefusalArrives: a client that is still sending learns why it was refused.
func TestRefusalArrives(t *testing.T) {
	h := open(t)
	head := fmt.Sprintf("POST /api/v1/documents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", h.tokens["k.sommer"], maxUpload+(20<<20))
	for range 3 {
		c := must(net.Dial("tcp", h.addr))(t)
		sent := make(chan error, 1)
		go func() {
			_, err := io.WriteString(c, head+strings.Repeat("x", 20<<20))
			sent <- err
		}()
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != 413 {
			t.Errorf("answer %v, %v", res, err)
		}
		<-sent
		c.Close()
	}
}

// TestStop: an idle connection does not hold the server up, a running request
// is finished.
func TestStop(t *testing.T) {
	h := open(t)
	idle := must(net.Dial("tcp", h.addr))(t)
	defer idle.Close()
	must(io.WriteString(idle, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"))(t)
	res := must(http.ReadResponse(bufio.NewReader(idle), nil))(t)
	res.Body.Close()
	h.close()
	if c, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", h.addr); err == nil {
		c.Close()
		t.Error("the server still listens")
	}
}

func TestMachines(t *testing.T) {
	h := open(t)
	for path, want := range map[string]string{"/livez": "ok\n", "/readyz": "ready\n"} {
		res := h.request(http.DefaultClient, "GET", h.url+path, nil, nil)
		res.want(200)
		if res.Body != want {
			t.Errorf("%s says %q", path, res.Body)
		}
	}
	css := h.request(&http.Client{Transport: &http.Transport{DisableCompression: true}}, "GET", h.url+"/assets/style-1.css", nil, nil)
	if css.Body != "body{color:red}" || !strings.Contains(css.Header.Get("Cache-Control"), "immutable") || css.Header.Get("Content-Encoding") != "" {
		t.Errorf("style sheet: %q %v", css.Body, css.Header)
	}
	zipped := h.request(http.DefaultClient, "GET", h.url+"/assets/style-1.css", nil, nil)
	if zipped.Body != css.Body {
		t.Errorf("compressed: %q", zipped.Body)
	}
	h.request(http.DefaultClient, "GET", h.url+"/assets/manifest.json", nil, nil).want(404)
}
