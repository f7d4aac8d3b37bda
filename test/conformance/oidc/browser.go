package oidc

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// browser is somebody's browser without scripts: it keeps cookies, follows redirects, and fills in forms.
type browser struct {
	client *http.Client
	home   string // redirect URIs begin with this; nobody answers there, so the browser stops
	user   map[string]string
	asked  int // how many pages have asked for a password
}

// page is where a browser has come to: at a client (Home is the URL), or at a page of the provider.
type page struct {
	home   *url.URL
	status int
	body   string
	url    *url.URL
}

func newBrowser(transport http.RoundTripper, home string, user map[string]string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // without options it never fails
	}
	return &browser{client: &http.Client{
		Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, home: home, user: user}
}

// loopback dials every name below localhost here, as browsers do.
func loopback(t *tls.Config) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = t
	dial := transport.DialContext
	transport.DialContext = dialer(dial)
	return transport
}

const maxSteps = 20

// open visits a URL and goes on until a client is reached or a page that has no form to fill in.
func (b *browser) open(address string) (*page, error) {
	return b.follow(http.MethodGet, address, nil)
}

// look visits a URL and stops at the first page.
func (b *browser) look(address string) (*page, error) { return b.walk(http.MethodGet, address, nil) }

// send posts a form and goes on as open does.
func (b *browser) send(address string, form url.Values) (*page, error) {
	return b.follow(http.MethodPost, address, form)
}

func (b *browser) follow(method, address string, form url.Values) (*page, error) {
	for range maxSteps {
		p, err := b.walk(method, address, form)
		if err != nil || p.home != nil {
			return p, err
		}
		action, fields := b.fill(p)
		if action == "" {
			return p, nil
		}
		method, address, form = http.MethodPost, action, fields
	}
	return nil, fmt.Errorf("the browser does not come to an end at %s", address)
}

// walk follows redirects to the next page or client.
func (b *browser) walk(method, address string, form url.Values) (*page, error) {
	for range maxSteps {
		u, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(address, b.home) {
			return &page{home: u}, nil
		}
		req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Accept", "text/html,application/xhtml+xml")
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := b.client.Do(req)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return nil, err
		}
		if res.StatusCode < 300 || res.StatusCode > 399 {
			return &page{status: res.StatusCode, body: string(body), url: u}, nil
		}
		next, err := u.Parse(res.Header.Get("Location"))
		if err != nil {
			return nil, err
		}
		method, address, form = http.MethodGet, next.String(), nil
	}
	return nil, fmt.Errorf("too many redirects at %s", address)
}

var (
	formForm  = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	inputForm = regexp.MustCompile(`<(?:input|button)\b([^>]*)>`)
	attribute = regexp.MustCompile(`([\w-]+)(?:="([^"]*)")?`)
)

// fill fills in the first form of a page that is posted; action is empty where there is none.
func (b *browser) fill(p *page) (action string, fields url.Values) {
	for _, found := range formForm.FindAllStringSubmatch(p.body, -1) {
		form := attributes(found[1])
		if !strings.EqualFold(form["method"], "post") {
			continue
		}
		fields = url.Values{}
		within := inputForm.FindAllStringSubmatch(found[2], -1)
		for _, input := range inputForm.FindAllStringSubmatch(p.body, -1) {
			if id := attributes(input[1])["form"]; id != "" && id == form["id"] {
				within = append(within, input)
			}
		}
		for _, input := range within {
			a := attributes(input[1])
			name, value := a["name"], a["value"]
			if given, known := b.user[name]; known {
				value = given
			}
			if name == "password" {
				b.asked++
			}
			if name == "" || name == "other" || name == "logout" && value != "yes" {
				continue
			}
			fields.Set(name, value)
		}
		target, err := p.url.Parse(form["action"])
		if err != nil {
			return "", nil
		}
		return target.String(), fields
	}
	return "", nil
}

func attributes(text string) map[string]string {
	found := map[string]string{}
	for _, a := range attribute.FindAllStringSubmatch(text, -1) {
		found[strings.ToLower(a[1])] = html.UnescapeString(a[2])
	}
	return found
}

// Arrive has somebody open an address and sign in where asked, until a URL that begins with home is reached. It is for tests
// of clients.
func Arrive(transport http.RoundTripper, home string, user map[string]string, address string) (*url.URL, error) {
	p, err := newBrowser(transport, home, user).open(address)
	if err != nil {
		return nil, err
	}
	if p.home == nil {
		return nil, fmt.Errorf("the browser stays at %s: %d %.300s", p.url, p.status, p.body)
	}
	return p.home, nil
}

// Transport trusts an authority and finds names below localhost on this machine.
func Transport(roots *x509.CertPool) *http.Transport {
	return loopback(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})
}

// Visitor is somebody who goes from page to page and signs in where asked.
type Visitor struct{ browser *browser }

// NewVisitor gives somebody a browser.
func NewVisitor(t *tls.Config, user map[string]string) *Visitor {
	return &Visitor{newBrowser(loopback(t), "nowhere:", user)}
}

// Visit opens an address and tells what is shown in the end, and where.
func (v *Visitor) Visit(address string) (status int, body, at string, err error) {
	p, err := v.browser.open(address)
	if err != nil {
		return 0, "", "", err
	}
	return p.status, p.body, p.url.String(), nil
}

// Asked is how many pages have asked for a password so far.
func (v *Visitor) Asked() int { return v.browser.asked }
