package door

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/kit/sigv4"
)

// LocalOnly is the authenticator of development mode. It believes every access key, so it must not believe every web
// page: a site that the developer happens to visit can send requests to this machine too. Programs send no Origin.
type LocalOnly struct{ aws.Authenticator }

// Authenticate is aws.Authenticator's.
func (l LocalOnly) Authenticate(r *http.Request, body []byte, service string) (aws.Caller, error) {
	if err := fromHere(r); err != nil {
		return aws.Caller{}, err
	}
	return l.Authenticator.Authenticate(r, body, service)
}

// AuthenticateHead is aws.Authenticator's.
func (l LocalOnly) AuthenticateHead(r *http.Request, service string) (aws.Caller, sigv4.Payload, error) {
	if err := fromHere(r); err != nil {
		return aws.Caller{}, sigv4.Payload{}, err
	}
	return l.Authenticator.AuthenticateHead(r, service)
}

func fromHere(r *http.Request) error {
	if FromThisMachine(r) {
		return nil
	}
	return &sigv4.Error{Name: sigv4.UnrecognizedClient, Message: "Development mode takes signed calls from pages of this machine only."}
}

// FromThisMachine reports whether a request comes from a program, or from a page that this machine serves.
func FromThisMachine(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false // "null", as sandboxed pages send it, among others
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// AskedAsThisMachine reports whether the request names this machine as its host. A page of another site, whose name was
// made to lead here, sends no Origin with what it takes for a request to its own site, but it sends that site's name.
func AskedAsThisMachine(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

// IsLoopback reports whether only this machine can reach an address: HOST:PORT, unix:PATH, or none.
func IsLoopback(addr string) bool {
	if addr == "" || addr == Off || strings.HasPrefix(addr, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && ip.IsLoopback())
}

var _ aws.Authenticator = LocalOnly{}
