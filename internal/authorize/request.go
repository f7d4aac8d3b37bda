package authorize

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Request is an authorization request that may be answered: its client exists, its redirect URI is one of the client's,
// and what it asks for the client may have. RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1.
type Request struct {
	Pool          *directory.Pool
	Client        *directory.Client
	Type          string // code or token
	RedirectURI   string
	RedirectGiven bool // the request named it; else it is the client's default
	State         string
	Scopes        []string
	Challenge     string // PKCE, S256; empty: none
	Nonce         string
	LoginHint     string // what to fill in as the username; text from outside
	Lang          string // one of Languages, or empty
	Prompt        string // none, login, select_account, consent, or empty
	MaxAge        time.Duration
	HasMaxAge     bool
	Levels        []string // names of the pool's levels that the client asks for, in the order of its wishes; none: any will do
	Resource      string   // RFC 8707: the audience of the access token
	Provider      string   // the identity provider to use without asking: COGNITO, the name of an outside one, or empty
	Workspace     string   // of the site; empty: it is the pool's
	Hinted        string   // at a workspace: the connection that idp_hint names
	Context       string   // at a workspace: the id of what is known of the person, once that is there
	Withheld      []string // at a workspace: claims, by TYPE NAME, that the person keeps to themselves
	StartedAt     time.Time
	strictly      // of a strict site; zero otherwise

	query url.Values
}

// Languages are the languages of the pages, by the names that the parameter lang takes.
func Languages() []string {
	return []string{"ar", "de", "en", "es", "fr", "id", "it", "ja", "ko", "nl", "pt-BR", "zh-CN", "zh-TW"}
}

// Query is the request as it was asked, for links between pages. It says nothing that the browser has not said.
func (r *Request) Query() url.Values {
	if r.Pushed != "" {
		return url.Values{"client_id": {r.Client.ID}, "request_uri": {r.Pushed}}
	}
	copied := url.Values{}
	for name, values := range r.query {
		copied[name] = slices.Clone(values)
	}
	return copied
}

// Home is the client's address with the request's state and nothing else, for who only comes back.
func (r *Request) Home() string {
	answer := url.Values{}
	if r.State != "" {
		answer.Set("state", r.State)
	}
	return deliver(r.RedirectURI, false, answer)
}

// Refuse is the answer to the request that its client gets instead of a code.
func (r *Request) Refuse(code, description string) *Refusal {
	answer := url.Values{"error": {code}}
	if description != "" {
		answer.Set("error_description", description)
	}
	if r.State != "" {
		answer.Set("state", r.State)
	}
	return &Refusal{Code: code, Description: description, ClientID: r.Client.ID, Location: r.deliver(answer)}
}

// Requests reads authorization requests.
type Requests struct {
	parts  Parts
	scopes *Scopes
}

// parameters are what an authorization request may say. Others are ignored, as RFC 6749 section 3.1 demands.
var parameters = []string{
	"client_id", "redirect_uri", "response_type", "state", "scope", "code_challenge", "code_challenge_method", "nonce",
	"login_hint", "lang", "prompt", "max_age", "acr_values", "resource", "identity_provider", "idp_identifier",
}

// maxRequest bounds a request, in bytes: it travels in URLs and hidden fields.
const maxRequest = 16 << 10

// Parse checks a request. The error is a *Refusal; any other means internal.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
func (s *Requests) Parse(ctx context.Context, site Site, query url.Values) (*Request, error) {
	pushed := ""
	if site.Issuer != "" {
		var err error
		if query, pushed, err = s.pushed(ctx, site, query); err != nil {
			return nil, err
		}
	}
	return s.read(ctx, site, query, pushed)
}

// read checks the parameters of a request; pushed is its request_uri, if it came by one.
func (s *Requests) read(ctx context.Context, site Site, query url.Values, pushed string) (*Request, error) {
	r := &Request{Pool: site.Pool, StartedAt: moment(s.parts.Now), Workspace: site.Workspace, query: url.Values{}, strictly: strictly{Issuer: site.Issuer, Pushed: pushed}}
	for _, name := range r.parameters() {
		// A parameter without a value counts as omitted: RFC 6749 section 3.1.
		if values := slices.DeleteFunc(slices.Clone(query[name]), func(v string) bool { return v == "" }); len(values) > 0 {
			r.query[name] = values
		}
	}
	if len(r.query.Encode()) > maxRequest {
		return nil, Refuse(InvalidRequest, "the request is too long")
	}
	if err := s.trust(ctx, site, r); err != nil {
		return nil, err
	}
	// From here on the client hears of errors.
	for _, check := range []func() *Refusal{
		r.readState, r.readStrictly, r.readType, r.readChallenge, r.readPrompt, r.readMaxAge, r.readLevels, r.readResource,
	} {
		if refusal := check(); refusal != nil {
			return nil, refusal
		}
	}
	if err := s.readProvider(ctx, r); err != nil {
		return nil, err
	}
	if err := s.readHint(ctx, r); err != nil {
		return nil, err
	}
	scopes, ok, err := s.scopes.Person(ctx, r.Client, r.scope())
	switch {
	case err != nil:
		return nil, err
	case !ok && r.Issuer != "":
		return nil, r.Refuse(InvalidScope, "")
	case !ok: // the code of RFC 6749 section 4.1.2.1 and of Cognito's guide, and the description that its pages were heard to give
		return nil, r.Refuse(InvalidScope, InvalidScope)
	}
	r.Scopes = scopes
	r.Scopes = append(r.Scopes, r.extras()...)
	r.Nonce, r.LoginHint = r.one("nonce"), r.one("login_hint")
	if r.Workspace != "" {
		r.Hinted = r.one("idp_hint")
	}
	if lang := r.one("lang"); slices.Contains(Languages(), lang) {
		r.Lang = lang
	} else if lang == "" {
		r.Lang = spoken(r.one("ui_locales"))
	}
	return r, nil
}

// trust finds the client and the redirect URI. What is wrong here is told to nobody but the person at the browser: the
// URI may be an attacker's. It must equal a registered one in every byte: RFC 9700 section 2.1.
func (s *Requests) trust(ctx context.Context, site Site, r *Request) error {
	id := r.one("client_id")
	refuse := func(code, text string) error { return &Refusal{Code: code, Description: text, ClientID: id} }
	if id == "" {
		return refuse(InvalidRequest, "client_id is missing or given twice")
	}
	client, err := s.parts.findAt(ctx, site, id)
	switch {
	case fault.Is(err, fault.Missing, ""):
		return refuse(InvalidClient, "the client does not exist")
	case err != nil:
		return fmt.Errorf("find client: %w", err)
	}
	r.Client = client
	r.RedirectURI, r.RedirectGiven = r.one("redirect_uri"), len(r.query["redirect_uri"]) > 0
	if !r.RedirectGiven {
		r.RedirectURI = client.DefaultRedirectURI
	}
	switch {
	case r.RedirectURI == "":
		return refuse(InvalidRequest, "redirect_uri is missing or given twice")
	case !slices.Contains(client.CallbackURLs, r.RedirectURI):
		return refuse(RedirectMismatch, "redirect_uri is not one of the client's")
	}
	return nil
}

// Asked is the value of a parameter of the request that was given once, as it was given.
func (r *Request) Asked(name string) string { return r.one(name) }

// one is the value of a parameter that was given once.
func (r *Request) one(name string) string {
	if values := r.query[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}

// readState comes first, so that every answer has it, and refuses what was said twice (RFC 6749 section 3.1).
func (r *Request) readState() *Refusal {
	r.State, r.Type, r.Mode = r.one("state"), r.one("response_type"), r.one("response_mode")
	for _, name := range r.parameters() {
		if len(r.query[name]) > 1 {
			return r.Refuse(InvalidRequest, name+" is given twice")
		}
	}
	return nil
}

func (r *Request) readType() *Refusal {
	flow, known := map[string]string{"code": "code", "token": "implicit"}[r.Type]
	switch {
	case r.Issuer != "" && r.Type != "" && r.Type != "code":
		return r.Refuse(UnsupportedResponseType, "response_type must be code")
	case !known:
		return r.Refuse(InvalidRequest, "response_type must be code or token")
	case !r.Client.OAuthEnabled || !slices.Contains(r.Client.OAuthFlows, flow):
		return r.Refuse(UnauthorizedClient, "")
	}
	return nil
}

// challengeForm is a SHA-256 digest in base64url. RFC 7636 section 4.2.
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func (r *Request) readChallenge() *Refusal {
	method, given := r.one("code_challenge_method"), len(r.query["code_challenge"]) > 0
	r.Challenge = r.one("code_challenge")
	switch {
	case !given && len(r.query["code_challenge_method"]) == 0:
		if r.Issuer != "" && len(r.Client.Secrets) == 0 { // RFC 9700 section 2.1.1
			return r.Refuse(InvalidRequest, "a client without a secret needs code_challenge")
		}
		return nil
	case method != "S256":
		return r.Refuse(InvalidRequest, "code_challenge_method must be S256")
	case !challengeForm.MatchString(r.Challenge):
		return r.Refuse(InvalidRequest, "code_challenge is not a SHA-256 digest in base64url")
	}
	return nil
}

func (r *Request) readPrompt() *Refusal {
	words := strings.Fields(r.one("prompt"))
	for _, word := range words {
		if !slices.Contains([]string{"none", "login", "select_account", "consent"}, word) {
			return r.Refuse(InvalidRequest, "prompt must be none, login, select_account or consent")
		}
	}
	if slices.Contains(words, "none") && len(words) > 1 {
		return r.Refuse(InvalidRequest, "prompt=none excludes the others")
	}
	for _, word := range []string{"none", "login", "select_account", "consent"} { // the strongest wins
		if slices.Contains(words, word) {
			r.Prompt = word
			return nil
		}
	}
	return nil
}

// longestAge bounds max_age: a century, far from where durations overflow.
const longestAge = 100 * 365 * 24 * 60 * 60

func (r *Request) readMaxAge() *Refusal {
	text := r.one("max_age")
	if text == "" || r.Pool.Tier == "LITE" && r.Issuer == "" { // there the parameter has no meaning
		return nil
	}
	seconds, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return r.Refuse(InvalidRequest, "max_age is no number of seconds")
	}
	r.MaxAge, r.HasMaxAge = time.Duration(min(seconds, longestAge))*time.Second, true
	return nil
}

// readResource obeys RFC 8707 section 2 as far as Cognito does: one indicator, an absolute URI without a fragment, with
// https, with http on this machine, or with a scheme of the app's own.
func (r *Request) readResource() *Refusal {
	text := r.one("resource")
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	bad := err != nil || u.Scheme == "" || u.User != nil || strings.Contains(text, "#") || len(text) > 2048 ||
		u.Scheme == "https" && u.Host == "" || u.Scheme == "http" && !isLocal(u.Hostname())
	if bad {
		return r.Refuse("invalid_target", "resource is not an https URL")
	}
	r.Resource = text
	return nil
}

func isLocal(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }
