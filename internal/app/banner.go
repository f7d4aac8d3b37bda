package app

import (
	"fmt"
	"io"
	"net"
	"strings"

	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/front/console"
	"cognate.dev/cognate/internal/front/pdp/playground"
)

// banner is what a start prints: where everything is. Programs read it too: a word, then its value, and a last line
// that begins with "ready".
type banner struct {
	title         string
	dev           bool
	keyID, secret string // the root access key, when this start made it
	notes         []string
}

func (b banner) print(out io.Writer, h *house, d doors) {
	base := h.cfg.Scheme() + "://" + d.main.Addr().String()
	fmt.Fprintf(out, "\n  %s\n\n", b.title)
	row := func(word, value string) { fmt.Fprintf(out, "  %-11s %s\n", word, value) }
	row("cognito", base)
	scheme := "http"
	if h.tls.pdp != nil {
		scheme = "https"
	}
	row("decisions", reached(scheme+"://", d.pdp))
	if d.rpc != nil {
		row("grpc", reached("", d.rpc))
	}
	if d.gateway != nil {
		scheme := "http"
		if h.tls.gateway != nil {
			scheme = "https"
		}
		row("gateway", reached(scheme+"://", d.gateway))
	}
	if h.cfg.Console.Mode == console.On {
		row("console", base+console.Path)
	}
	if b.dev {
		row("mailbox", base+"/_cognate/mailbox")
		row("playground", reached(scheme+"://", d.pdp)+playground.Path)
		row("reset", "POST "+base+"/_cognate/reset")
	}
	if h.ca != nil {
		row("ca", h.ca.Path())
	}
	row("health", base+"/_cognate/health/ready")
	row("issuer", h.cfg.IssuerOf(h.cfg.Region, "POOL", h.public, false))
	row("database", withoutPassword(h.cfg.DatabaseURL()))
	row("policies", h.policies.Source())
	for _, p := range h.seeds.Pools {
		row("pool", p.ID+"  "+p.Name)
		if p.Domain != "" {
			row("domain", h.rooms.Load().domains.URL(&domain.Domain{Name: p.Domain}))
		}
		for _, c := range p.Clients {
			row("client", c.ID+"  "+c.Name)
		}
	}
	if b.keyID != "" {
		fmt.Fprint(out, "\n  The root access key. It is shown this once; keep it safe.\n\n")
		row("access-key", b.keyID)
		row("secret-key", b.secret)
	}
	fmt.Fprintln(out)
	for _, n := range b.notes {
		fmt.Fprintf(out, "  note: %s\n", n)
	}
	fmt.Fprint(out, "  ready (end with Ctrl-C)\n")
}

// trust says how programs come to trust the certificate authority of development.
func trust(ca string) []string {
	return []string{
		"the certificate is vouched for by an authority of this machine, which can vouch for localhost and nothing else",
		"trust it per program: curl --cacert FILE, or in its environment",
		"  AWS_CA_BUNDLE=" + ca + "        (AWS CLI, AWS SDKs)",
		"  NODE_EXTRA_CA_CERTS=" + ca + "  (Node)",
		"  SSL_CERT_FILE=" + ca + "        (Go, Python, Ruby, OpenSSL; in the place of all others)",
		"browsers: import the file as an authority that may identify websites",
	}
}

// reached is how clients name a listener.
func reached(scheme string, l net.Listener) string {
	if a := l.Addr(); a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return scheme + l.Addr().String()
}

// withoutPassword hides the user info of a database URL.
func withoutPassword(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	if _, host, has := strings.Cut(rest, "@"); has {
		return scheme + "://…@" + host
	}
	return url
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }
