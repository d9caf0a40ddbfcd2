package install

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// TestReachable holds the table of addresses.
func TestReachable(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.1.2.3": true, "172.16.0.9": true, "192.168.1.1": true, "fd12:3456::1": true, "8.8.8.8": true, "2a00::1": true, "100.64.0.1": true,
		"169.254.169.254": false, "169.254.1.1": false, "fe80::1": false, "fe80::1%lo": false, "fd00:ec2::254": false, "100.100.100.200": false,
		"168.63.129.16": false, "192.0.0.192": false, "0.0.0.0": false, "0.1.2.3": false, "::": false, "224.0.0.1": false, "ff02::1": false, "255.255.255.255": false,
		"::ffff:169.254.169.254": false, "::ffff:100.100.100.200": false, "::ffff:0.0.0.0": false, "::ffff:127.0.0.1": true, "::169.254.169.254": false,
		"64:ff9b::a9fe:a9fe": false, "64:ff9b::808:808": true,
	} {
		if got := Reachable(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if Reachable(netip.Addr{}) {
		t.Error("no address is reachable")
	}
}

// TestDialLiteral: an address as it is typed is refused before it is connected to.
func TestDialLiteral(t *testing.T) {
	for _, at := range []string{"169.254.169.254:80", "[fe80::1%lo]:80", "[::ffff:169.254.169.254]:80", "0.0.0.0:80", "[::]:80", "2852039166:80", "0xa9.0xfe.0xa9.0xfe:80", "[fd00:ec2::254]:80"} {
		c, err := Dialer(nil).DialContext(t.Context(), "tcp", at)
		if err == nil {
			c.Close()
			t.Errorf("%s was connected to", at)
		}
		if code := ConnectionCode(err); code != "forbidden" && code != "no_host" { // some are no address to Go, and so a name that nobody has
			t.Errorf("%s: %v", at, err)
		}
	}
}

// nameServer answers every question for an IPv4 address with the next of list,
// the last one for ever.
func nameServer(t *testing.T, list ...string) *net.Resolver {
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var asked atomic.Int32
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := l.ReadFrom(b)
			if err != nil {
				return
			}
			end := 12
			for b[end] != 0 {
				end += int(b[end]) + 1
			}
			end += 5 // the zero, type, class
			q, answer := append([]byte(nil), b[:end]...), []byte(nil)
			q[2], q[3] = q[2]|0x80, 0x80
			q[6], q[7], q[8], q[9], q[10], q[11] = 0, 0, 0, 0, 0, 0
			if b[end-4] == 0 && b[end-3] == 1 && n >= end { // A
				a := netip.MustParseAddr(list[min(int(asked.Add(1))-1, len(list)-1)]).As4()
				q[7] = 1
				answer = append([]byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4}, a[:]...)
			}
			_, _ = l.WriteTo(append(q, answer...), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", l.LocalAddr().String())
	}}
}

// TestDialNames: a name is judged by what it resolves to, each time anew.
func TestDialNames(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	defer s.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	for _, c := range []struct {
		answers []string
		want    []string // codes of one connection after the other
	}{
		{[]string{"127.0.0.1"}, []string{"", ""}},
		{[]string{"169.254.169.254"}, []string{"forbidden"}},
		{[]string{"100.100.100.200"}, []string{"forbidden"}},
		{[]string{"127.0.0.1", "169.254.169.254"}, []string{"", "forbidden"}}, // rebound after the first look
	} {
		d := Dialer(nameServer(t, c.answers...))
		for i, want := range c.want {
			conn, err := d.DialContext(t.Context(), "tcp4", "store.example.:"+port)
			if err == nil {
				conn.Close()
			}
			if got := ConnectionCode(err); got != want {
				t.Errorf("%v, connection %d: %q, %v, want %q", c.answers, i, got, err, want)
			}
		}
	}
}

// TestRedirect: a server that sends us on to a forbidden address is not followed there.
func TestRedirect(t *testing.T) {
	s := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/latest/meta-data/", http.StatusFound))
	defer s.Close()
	res, err := Client().Get(s.URL)
	if err == nil {
		res.Body.Close()
	}
	var f *Forbidden
	if !errors.As(err, &f) {
		t.Errorf("%v", err)
	}
}

// TestConnectionCodes: what goes wrong with a real connection has its code.
func TestConnectionCodes(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	for url, want := range map[string]string{
		"http://" + closed.Addr().String():                    "refused",
		"https://" + strings.TrimPrefix(plain.URL, "http://"): "no_tls",
		tls.URL:                  "tls_authority",
		"http://169.254.169.254": "forbidden",
		plain.URL:                "",
		"http://[::ffff:169.254.169.254]:80/latest/meta-data/": "forbidden",
	} {
		res, err := Client().Get(url)
		if err == nil {
			res.Body.Close()
		}
		if got := ConnectionCode(err); got != want {
			t.Errorf("%s: %q, %v, want %q", url, got, err, want)
		}
	}
}
