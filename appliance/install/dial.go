package install

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Forbidden is the error of a connection to an address that no test may reach.
type Forbidden struct{ Addr netip.Addr }

// Error names the address, which the asker gave or its name server.
func (f *Forbidden) Error() string { return "connections to " + f.Addr.String() + " are not allowed" }

// metadata are the addresses at which clouds tell machines their secrets.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // most of them; link-local in any case
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("192.0.0.192"),     // Oracle
}

// Prefixes in which an IPv4 address hides: NAT64, and the old compatible form.
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	compatible = netip.MustParsePrefix("::/96")
	thisNet    = netip.MustParsePrefix("0.0.0.0/8")
	broadcast  = netip.MustParseAddr("255.255.255.255")
)

// Reachable says whether a connection test may go to an address: loopback and
// private networks are where stores live; link-local addresses, those of cloud
// metadata and what is no single machine's are refused.
func Reachable(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.Is6() && (nat64.Contains(a) || compatible.Contains(a) && a != netip.IPv6Loopback() && a != netip.IPv6Unspecified()) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, m := range metadata {
		if a == m {
			return false
		}
	}
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && a != broadcast && !thisNet.Contains(a)
}

// Dialer connects only to what Reachable allows. It looks at the address that
// is about to be connected to, after any name was resolved, and so at every
// connection anew: neither a redirect nor a name that resolves to something
// else the second time gets round it. resolver may be nil.
func Dialer(resolver *net.Resolver) *net.Dialer {
	return &net.Dialer{Timeout: 5 * time.Second, Resolver: resolver, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return &Forbidden{}
		}
		if !Reachable(at.Addr()) {
			return &Forbidden{at.Addr()}
		}
		return nil
	}}
}

// Client is an HTTP client for connection tests: guarded, without proxy, and
// patient for a few seconds only.
func Client() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: Dialer(nil).DialContext, TLSHandshakeTimeout: 5 * time.Second,
		ResponseHeaderTimeout: 10 * time.Second, DisableKeepAlives: true}}
}

// ConnectionCode sorts why a server could not be talked to, as a code of
// Verdict; "" if it could.
func ConnectionCode(err error) string {
	var (
		forbidden *Forbidden
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		timeout   net.Error
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &forbidden):
		return "forbidden"
	case errors.As(err, &name):
		return "no_host"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "no_tls"
	case errors.As(err, &authority):
		return "tls_authority"
	case errors.As(err, &host):
		return "tls_host"
	case errors.As(err, &invalid):
		return "tls_date"
	case errors.As(err, &alert):
		return "tls"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.ECONNRESET):
		return "cut"
	}
	return ""
}
