package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"runtime"
	"strings"
	"time"

	"cognate.dev/cognate/test/conformance/oidc"
)

// authorizer is an authorization server that is measured: ours, or the peer.
type authorizer struct {
	*server
	addr string // host:port

	authorize, token, userInfo string // paths
	machine, web               credentials
	person                     map[string]string // what they type into forms
}

// credentials are of a client.
type credentials struct{ id, secret string }

const (
	benchCallback = "https://app.example.com/callback"
	benchScope    = "openid email"
)

// oauth measures the authorization server beside the machine's limits, and then beside oidc-provider, which is certified and
// runs on Node: tokens for machines, a code and its exchange for a browser that is signed in, userInfo, and the page that asks
// for a password. The peer keeps everything in memory, and signs but the ID token of a code; ours signs two tokens and writes code
// and session to disk.
func oauth(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) (all []result, err error) {
		ours, err := w.authorizer(s)
		if err != nil {
			return nil, err
		}
		theirs, err := launchPeer(b)
		if err != nil {
			return nil, err
		}
		defer theirs.Kill()
		work, err := newRSAWork()
		if err != nil {
			return nil, err
		}
		read, db, err := readLimit(w.home, w, actors)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		for _, c := range []struct {
			name, limit string
			load        func(*authorizer) (visit, error)
			side        side
			target      float64
		}{
			{"client credentials", "RSA-2048 signature", machineTokens, everyCore(func(int) error { return work.sign(1) }), 0.85},
			{"code and exchange", "2 RSA-2048 signatures", codes, everyCore(func(int) error { return work.sign(2) }), 0},
			{"userInfo", "RSA verification + row read", claims, read, 0},
			{"login page", "", loginPage, side{}, 0},
		} {
			if !strings.Contains(c.name, b.rows) {
				continue
			}
			b.say("oauth: %s", c.name)
			got, err := b.authorizers(c.name, c.limit, ours, theirs, c.load, c.side, c.target)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			all = append(all, got...)
		}
		return all, nil
	})
}

// authorizers measures one thing: ours beside the limit, if there is one, and ours beside the peer.
func (b *bench) authorizers(name, limitName string, ours, theirs *authorizer, load func(*authorizer) (visit, error), limit side, target float64) (all []result, err error) {
	var both [2]*asker
	for i, a := range []*authorizer{ours, theirs} {
		do, err := load(a)
		if err != nil {
			return nil, err
		}
		lines, err := dialAll(a.addr, b.connections)
		if err != nil {
			return nil, err
		}
		defer lines.close()
		both[i] = timed(b.connections, func(w int) error { return do(lines.conns[w]) })
	}
	if limit.do != nil {
		c, err := against(limit, both[0].side, ours.server, b.seconds, b.turns)
		if err != nil {
			return nil, err
		}
		all = append(all, compared(name, limitName, c, target))
	}
	got, err := b.duel(theirs.server, both[1], ours.server, both[0])
	if err != nil {
		return nil, err
	}
	all = append(all, compared(name+" beside oidc-provider", "oidc-provider", got.comparison, 0))
	if limit.do == nil { // pages per second, and what two processors would do that nobody else uses
		each := got.serverCPU + got.clientCPU
		all = append(all, floor(name, got.rate, "/s", pagesPerSecond),
			floor(name+", by CPU", float64(runtime.NumCPU())/each.Seconds(), "/s", pagesPerSecond))
	}
	return all, nil
}

// timed makes an asker of what workers do.
func timed(workers int, do func(w int) error) *asker {
	a := &asker{took: make([][]time.Duration, workers)}
	a.side = side{workers: workers, do: func(w int) error {
		begun := time.Now()
		err := do(w)
		a.took[w] = append(a.took[w], time.Since(begun))
		return err
	}}
	return a
}

const pagesPerSecond = 5000

// visit is one thing that somebody wants, over a connection.
type visit func(*conn) error

// always is the visit of a request whose answer must be 200.
func always(req *http.Request, err error) (visit, error) {
	if err != nil {
		return nil, err
	}
	raw, err := wireBytes(req)
	return func(c *conn) error {
		_, err := c.ok(raw)
		return err
	}, err
}

func machineTokens(a *authorizer) (visit, error) {
	return always(a.form(a.token, a.machine, url.Values{"grant_type": {"client_credentials"}, "scope": {"api/read"}}))
}

// codes asks for a code as a browser does that is signed in, and exchanges it.
func codes(a *authorizer) (visit, error) {
	_, cookies, err := a.signIn()
	if err != nil {
		return nil, err
	}
	req, err := a.get(a.question())
	if err != nil {
		return nil, err
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	asking, err := wireBytes(req)
	if err != nil {
		return nil, err
	}
	exchange, err := a.exchange("CODE")
	if err != nil {
		return nil, err
	}
	raw, err := wireBytes(exchange)
	if err != nil {
		return nil, err
	}
	head, form, _ := bytes.Cut(raw, headEnd)
	before, after, _ := bytes.Cut(form, []byte("CODE"))
	length := fmt.Appendf(nil, "Content-Length: %d", len(form))
	return func(c *conn) error {
		status, _, err := c.ask(asking)
		if err != nil {
			return err
		}
		code := codeIn(c.location())
		if code == "" {
			return fmt.Errorf("no code, but status %d and %q", status, c.location())
		}
		sized := bytes.Replace(head, length, fmt.Appendf(nil, "Content-Length: %d", len(before)+len(code)+len(after)), 1)
		_, err = c.ok(bytes.Join([][]byte{sized, headEnd, before, []byte(code), after}, nil))
		return err
	}, nil
}

func codeIn(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	return u.Query().Get("code")
}

// claims asks for the claims of one person, with one token.
func claims(a *authorizer) (visit, error) {
	back, _, err := a.signIn()
	if err != nil {
		return nil, err
	}
	req, err := a.exchange(back.Query().Get("code"))
	if err != nil {
		return nil, err
	}
	raw, err := wireBytes(req)
	if err != nil {
		return nil, err
	}
	c, err := dial(a.addr)
	if err != nil {
		return nil, err
	}
	defer c.net.Close()
	got, err := c.object("exchange", raw)
	if err != nil {
		return nil, err
	}
	req, err = a.get(a.userInfo)
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+got.text("access_token"))
	}
	return always(req, err)
}

// loginPage is the page that asks for a password, for a browser that has been there before.
func loginPage(a *authorizer) (visit, error) {
	asking, err := a.get(a.question())
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	res, err := (&http.Client{Jar: jar}).Do(asking)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	page := res.Request.URL // after redirects
	req, err := a.get(page.RequestURI())
	if err == nil {
		for _, c := range jar.Cookies(page) {
			req.AddCookie(c)
		}
	}
	return always(req, err)
}

func (a *authorizer) get(path string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+a.addr+path, http.NoBody)
	if err == nil {
		req.Header.Set("Accept", "text/html")
		req.Header.Set("User-Agent", "") // sends none
	}
	return req, err
}

func (a *authorizer) form(path string, c credentials, form url.Values) (*http.Request, error) {
	req, err := post(context.Background(), a.addr, path, "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err == nil {
		req.SetBasicAuth(c.id, c.secret)
	}
	return req, err
}

func (a *authorizer) exchange(code string) (*http.Request, error) {
	return a.form(a.token, a.web, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {benchCallback}})
}

// question is an authorization request.
func (a *authorizer) question() string {
	return a.authorize + "?" + url.Values{
		"client_id": {a.web.id}, "response_type": {"code"}, "redirect_uri": {benchCallback}, "scope": {benchScope}, "state": {"state"},
	}.Encode()
}

// signIn has somebody sign in, and gives where they come home and the cookies of their browser.
func (a *authorizer) signIn() (*url.URL, []*http.Cookie, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, nil, err
	}
	address, err := url.Parse("http://" + a.addr + a.question())
	if err != nil {
		return nil, nil, err
	}
	back, err := oidc.Arrive(cookieKeeper{jar}, benchCallback, a.person, address.String())
	return back, jar.Cookies(address), err
}

// cookieKeeper keeps the cookies that a browser is given.
type cookieKeeper struct{ http.CookieJar }

// RoundTrip implements http.RoundTripper.
func (k cookieKeeper) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err == nil {
		k.SetCookies(req.URL, res.Cookies())
	}
	return res, err
}

// authorizer makes clients in the world's pool.
func (w *world) authorizer(s *server) (*authorizer, error) {
	if _, err := s.call("CreateResourceServer", object{"UserPoolId": w.pool, "Identifier": "api", "Name": "api",
		"Scopes": []object{{"ScopeName": "read", "ScopeDescription": "read"}}}); err != nil && !strings.Contains(err.Error(), "already exists") {
		return nil, err
	}
	client := func(flow string, scopes []string) (credentials, error) {
		got, err := s.call("CreateUserPoolClient", object{"UserPoolId": w.pool, "ClientName": flow, "GenerateSecret": true,
			"AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{flow}, "AllowedOAuthScopes": scopes,
			"CallbackURLs": []string{benchCallback}, "SupportedIdentityProviders": []string{"COGNITO"}})
		return credentials{got.text("UserPoolClient", "ClientId"), got.text("UserPoolClient", "ClientSecret")}, err
	}
	machine, err := client("client_credentials", []string{"api/read"})
	if err != nil {
		return nil, err
	}
	web, err := client("code", strings.Fields(benchScope))
	base := "/" + w.pool
	return &authorizer{
		server: s, addr: s.cognito, authorize: base + "/oauth2/authorize", token: base + "/oauth2/token", userInfo: base + "/oauth2/userInfo",
		machine: machine, web: web, person: map[string]string{"username": w.users[0].Username, "password": secretWord},
	}, err
}
