package domain

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// base is this server's own name, and what a prefix stands before.
type base struct {
	scheme string
	host   string // without port; "localhost" for a server that is known by a loopback address
	port   string // with its colon; empty for the scheme's own
}

// amazon is the end of the names that AWS gives: PREFIX.auth.REGION.amazoncognito.com.
const amazon = ".amazoncognito.com"

func parseBase(public string) (base, error) {
	u, err := url.Parse(public)
	if err != nil || u.Hostname() == "" {
		return base{}, fmt.Errorf("domain: %q is no URL of this server", public)
	}
	b := base{scheme: u.Scheme, host: strings.ToLower(u.Hostname())}
	if u.Port() != "" {
		b.port = ":" + u.Port()
	}
	if ip, err := netip.ParseAddr(b.host); err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		b.host = "localhost" // names under an address do not exist; browsers know those under localhost
	}
	return b, nil
}

// prefix takes the prefix out of PREFIX.auth.localhost, PREFIX.auth.HOST of this server or
// PREFIX.auth.REGION.amazoncognito.com, for which it also gives the region.
func (b base) prefix(host string) (prefix, region string, ok bool) {
	prefix, rest, found := strings.Cut(host, ".auth.")
	if !found || !label.MatchString(prefix) {
		return "", "", false
	}
	if rest == "localhost" || rest == b.host {
		return prefix, "", true
	}
	region, ok = strings.CutSuffix(rest, amazon)
	return prefix, region, ok && label.MatchString(region)
}

// covers says whether a name is this server's, or one that a prefix may make.
func (b base) covers(name string) bool {
	for _, own := range []string{b.host, "localhost"} {
		if name == own || strings.HasSuffix(name, ".auth."+own) {
			return true
		}
	}
	return strings.HasSuffix(name, amazon)
}

// ByHost finds the domain that the Host header of a request names, with or without a port; nil when it is nobody's.
// Prefixes answer under PREFIX.auth.localhost, under this server's own name, and under the name that AWS gives them in
// the pool's region, for those who point it here. Any other suffix is nobody's: who owns a name elsewhere must not be
// able to show our pages under it.
func (d *Domains) ByHost(ctx context.Context, host string) (*Domain, error) {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	prefix, region, isPrefix := d.base.prefix(host)
	name := host
	if isPrefix {
		name = prefix
	} else if !strings.Contains(host, ".") || len(host) > 253 {
		return nil, nil // no custom domain, and no reason to look
	}
	r, err := d.names.Get(ctx, name)
	if err != nil || !r.Found {
		return nil, err
	}
	x := r.Value
	if x.Custom == isPrefix || region != "" && !strings.HasPrefix(x.PoolID, region+"_") {
		return nil, nil
	}
	return x, nil
}

// URL is where a domain answers, without a slash at its end. A custom domain is assumed to have a certificate, unless
// this server is for one machine only.
func (d *Domains) URL(x *Domain) string {
	if !x.Custom {
		return d.base.scheme + "://" + x.Name + ".auth." + d.base.host + d.base.port
	}
	if d.base.host == "localhost" {
		return d.base.scheme + "://" + x.Name + d.base.port
	}
	return "https://" + x.Name
}

// Home is where a pool's endpoints answer: the custom domain, the prefix domain, or "" when it has none.
func (d *Domains) Home(ctx context.Context, poolID string) (string, error) {
	prefix, custom, err := d.Of(ctx, poolID)
	switch {
	case err != nil:
		return "", err
	case custom != nil:
		return d.URL(custom), nil
	case prefix != nil:
		return d.URL(prefix), nil
	}
	return "", nil
}

// Target is what the DNS record of a custom domain must point to: this server. AWS calls it CloudFrontDomain.
func (d *Domains) Target() string { return d.base.host }
