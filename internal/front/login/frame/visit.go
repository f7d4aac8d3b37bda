package frame

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/wording"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/portal"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin"
)

// Rooms are what pages ask. All but Outside, Consents and Portal must be set.
type Rooms struct {
	Authorizer *authorize.Authorizer
	SignIn     *signin.Machine
	Accounts   *account.Accounts
	Factors    *factor.Factors
	Clients    authorize.Clients
	Feedback   Feedbacks
	Outside    Outside        // nil: nobody comes from elsewhere
	Consents   Consents       // nil: nobody is asked for consent
	Portal     *portal.Portal // nil: there is none
}

// Outside knows where people are signed in beside here; *oauth.Outside does.
type Outside interface {
	// Elsewhere tells whether a browser with a session (nil: without) has somebody signed in at a provider who may have to sign out there.
	Elsewhere(ctx context.Context, site authorize.Site, s *authorize.Session) (bool, error)
	// Homeward is where a browser goes whose session has just ended (nil: it had none): home, or a provider that signs its person
	// out as well.
	Homeward(ctx context.Context, site authorize.Site, ended *authorize.Session, home string) (string, error)
}

// Feedbacks takes what people say about a sign-in, by the token of a notification; *risk.History does.
type Feedbacks interface {
	SayByLink(ctx context.Context, p *directory.Pool, token, value string) error
}

// Parts is what the pages are built from. Looks may be nil: every page has the default look then.
type Parts struct {
	Rooms
	Sealer Sealer
	Looks  Looks
	Terms  Terms // nil: no client has any
	Now    clock.Clock
	// Connections are those of workspaces; nil: there are none.
	Connections Connections
	// Gate limits how often pages are asked for, and how often an address may guess; nil limits nothing.
	Gate *limit.Gate
}

// Desk renders pages. Safe for concurrent use.
type Desk struct {
	Parts
	Book   *wording.Book
	Assets *Assets

	languages map[string]template.HTML // buttons, by the language of the page
	pieces    *pieces
}

// NewDesk prepares the pages.
func NewDesk(p Parts, pages []*Page) (*Desk, error) {
	book, err := wording.Open()
	if err != nil {
		return nil, err
	}
	for _, page := range pages {
		if err := page.prepare(); err != nil {
			return nil, err
		}
	}
	assets, err := newAssets(pages)
	if err != nil {
		return nil, err
	}
	languages, err := languageButtons()
	if err != nil {
		return nil, err
	}
	pieces, err := newPieces()
	if err != nil {
		return nil, err
	}
	return &Desk{Parts: p, Book: book, Assets: assets, languages: languages, pieces: pieces}, nil
}

// Visit is one request to a page.
type Visit struct {
	Rooms
	Site     authorize.Site
	Request  *authorize.Request // nil on pages that were opened without one
	Client   *directory.Client  // nil where no client is known
	State    State
	Query    url.Values
	Form     url.Values // what was typed; empty on GET
	Words    *wording.Words
	Look     Look
	Problems Problems
	Status   int // of the answer; 0: 200
	// Documents are what people agree to; ReadTerms finds them.
	Documents []Document
	Assumed   bool // something that the link left out
	// Person is who is signed in already, as the account chooser shows it.
	Person *directory.User
	// Question is what somebody is asked for consent to.
	Question *consent.Question
	// House is what the workspace has of its own two applications; Resident is who is signed in to the portal (nil: nobody), and
	// Holdings what they see there.
	House    *portal.House
	Resident *portal.Person
	Holdings *portal.Holdings

	wrong error // what Blame turned into a problem
	desk  *Desk
	w     http.ResponseWriter
	r     *http.Request
	token string
	base  string // where assets are, instead of the site
	// leaving is where a sign-out leads to, if it leads to a client.
	leaving string
	abroad  bool   // a form may lead to an outside identity provider
	sample  bool   // nobody fills it in
	picture string // a source of pictures beside this site, for the policy
}

// Visit begins to serve a request.
func (d *Desk) Visit(w http.ResponseWriter, r *http.Request, site authorize.Site) *Visit {
	v := &Visit{Rooms: d.Rooms, Site: site, Query: r.URL.Query(), Form: url.Values{}, desk: d, w: w, r: r}
	v.r = r.WithContext(risk.WithVisitor(r.Context(), risk.Seen(v.Address(), r.UserAgent())))
	v.readToken()
	v.Words = d.choose(v)
	return v
}

// Context is the request's.
func (v *Visit) Context() context.Context { return v.r.Context() }

// Now is the time.
func (v *Visit) Now() time.Time { return v.desk.Now() }

// Link leads to another page of the site, with the request that the visit is about.
func (v *Visit) Link(path string) string {
	query := url.Values{}
	switch {
	case v.Request != nil:
		query = v.Request.Query()
	case v.Client != nil:
		query.Set("client_id", v.Client.ID)
	}
	return v.Site.Path(path, query)
}

// LinkWith leads to an outside identity provider, with the request that the visit is about; a hint is who comes.
func (v *Visit) LinkWith(provider, hint string) string {
	query := v.Request.Query()
	query.Del("idp_identifier")
	query.Set("identity_provider", provider)
	if hint != "" && v.Request.Pushed == "" {
		query.Set("login_hint", hint)
	}
	return v.Site.Path("/oauth2/authorize", query)
}

// MayLeave says that the form of this page may lead to an outside identity provider.
func (v *Visit) MayLeave() { v.abroad = true }

// hiding is the client with the existence of users hidden: pages tell it to nobody.
func (v *Visit) hiding() *directory.Client {
	c := *v.Client
	c.HideUserExistence = "ENABLED"
	return &c
}

// Ask reads the authorization request of a link.
func (v *Visit) Ask() error {
	request, err := v.Authorizer.Requests.Parse(v.Context(), v.Site, v.Query)
	if err != nil {
		return err
	}
	return v.about(request)
}

func (v *Visit) about(request *authorize.Request) error {
	v.Request, v.Client = request, request.Client
	v.State.Request = v.Authorizer.Requests.Seal(request)
	v.remember(request.Lang)
	return v.dress()
}

// AskLoosely finds the client of a link that carries no request. Nobody there is no error.
func (v *Visit) AskLoosely() error {
	if ids := v.Query["client_id"]; len(ids) == 1 && ids[0] != "" {
		if err := v.know(ids[0]); err != nil {
			return err
		}
	}
	v.remember(v.Query.Get("lang"))
	return v.dress()
}

func (v *Visit) know(clientID string) error {
	c, err := v.Clients.Get(v.Context(), v.Site.Pool.ID, clientID)
	if isMissing(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find client of page: %w", err)
	}
	v.Client, v.State.ClientID = c, c.ID
	return nil
}

// Resume reads the form that was posted to a page.
func (v *Visit) Resume(p *Page) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		return errStale
	}
	v.Form = v.r.PostForm
	if site := v.r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return errStale
	}
	if err := v.open(p); err != nil {
		return err
	}
	if v.State.Request == "" {
		if v.State.ClientID == "" {
			if p.Alone {
				return v.dress()
			}
			return errStale
		}
		if err := v.know(v.State.ClientID); err != nil {
			return err
		}
		if v.Client == nil {
			return errStale
		}
		return v.dress()
	}
	request, err := v.Authorizer.Requests.Open(v.Context(), v.Site, v.State.Request)
	if errors.Is(err, authorize.ErrOld) {
		return errLate
	}
	if err != nil {
		return err
	}
	v.Request, v.Client = request, request.Client
	return v.dress()
}

const maxForm = 128 << 10

// Stale reports whether an error is a form that cannot be taken.
func Stale(err error) bool { return errors.Is(err, errStale) }

// Late reports whether an error is a form that was open for too long; Restart begins again.
func Late(err error) bool { return errors.Is(err, errLate) }

// Restart begins again what a form was about that came too late: nothing of it counts but the name. False: it was about no
// request, so there is nothing to begin.
func (v *Visit) Restart(p *Page) (bool, error) {
	old := v.State
	v.State = State{Login: cmp.Or(strings.TrimSpace(v.Form.Get("username")), old.Login), Then: old.Then, Bare: old.Bare}
	v.Form, v.Problems = url.Values{}, Problems{}
	if old.Request == "" {
		return false, nil
	}
	request, err := v.Authorizer.Requests.Renew(v.Context(), v.Site, old.Request)
	if err == nil {
		err = v.about(request)
	}
	v.Trouble(cmp.Or(p.Late, "problem.session"))
	v.Status = http.StatusBadRequest
	return err == nil, err
}

// Take lets a page judge what was typed; a fault becomes a problem that the page shows. Every form may hold a guess at
// something, so an address that keeps failing is refused.
func (v *Visit) Take(p *Page) (Next, error) {
	if err := v.desk.Gate.Category(v.Context(), limit.UserAuthentication); err != nil {
		return Next{}, v.Blame(err)
	}
	ctx, try, err := v.desk.Gate.Enter(v.Context(), v.Address())
	if err != nil {
		return Next{}, v.Blame(err)
	}
	v.r = v.r.WithContext(ctx)
	next, err := v.take(p)
	try.End(ctx, cmp.Or(err, v.wrong))
	return next, err
}

// Address is where the request comes from.
func (v *Visit) Address() string {
	host, _, err := net.SplitHostPort(v.r.RemoteAddr)
	if err != nil {
		return v.r.RemoteAddr
	}
	return host
}

func (v *Visit) take(p *Page) (Next, error) {
	v.State.Notice = ""
	next, err := p.Take(v)
	if err == nil {
		if !v.Clear() && v.Status == 0 {
			v.Status = http.StatusBadRequest
		}
		return next, nil
	}
	if errors.Is(err, authorize.ErrSignIn) {
		v.Trouble("problem.session")
		return Show("signin")
	}
	if lost := fault.As(err).Text; texts[lost] == "problem.session" {
		next = Next{Page: "signin"}
	}
	return Next{Page: next.Page}, v.Blame(err)
}

// Begin signs the person in to this browser: whoever was before is signed out.
func (v *Visit) Begin(p *signin.Proven) (*authorize.Session, error) {
	s, secret, err := v.Authorizer.Browser.Begin(v.Context(), authorize.Proof{
		Pool: v.Site.Pool, User: p.User, AMR: p.AMR, UserAgent: v.r.UserAgent(), Address: v.Address(),
		Replaces: authorize.Secret(v.r), Upon: p.Upon,
	})
	if err != nil {
		return nil, err
	}
	http.SetCookie(v.w, v.Site.Cookie(secret, s.ExpiresAt))
	return s, nil
}

// Current is who is signed in to this browser already; nil: nobody.
func (v *Visit) Current() (*authorize.Session, *directory.User, error) {
	return v.Authorizer.Browser.Find(v.Context(), v.Site.Pool, authorize.Secret(v.r))
}

// Redirect sends the browser on, by GET.
func (v *Visit) Redirect(location string) {
	v.w.Header().Set("Location", location)
	if v.r.Method == http.MethodPost {
		v.w.WriteHeader(http.StatusSeeOther)
		return
	}
	v.w.WriteHeader(http.StatusFound)
}

// Render writes a page.
func (v *Visit) Render(p *Page) error {
	v.needToken()
	paper, err := v.paper(p)
	if err != nil {
		return err
	}
	var page bytes.Buffer // so that a template that fails leaves no half page
	page.Grow(usual)
	if err := p.template.ExecuteTemplate(&page, "frame.html", paper); err != nil {
		return fmt.Errorf("render page %s: %w", p.Name, err)
	}
	header := v.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", v.Words.Tag)
	header.Set("Vary", "Accept-Language, Cookie")
	header.Set("Content-Security-Policy", v.policy(p))
	if v.Status == 0 {
		v.Status = http.StatusOK
	}
	v.w.WriteHeader(v.Status)
	_, _ = page.WriteTo(v.w) // the browser may be gone
	return nil
}

// usual is more than most pages have, in bytes.
const usual = 8 << 10

// Writer is where the answer goes, for what is no page.
func (v *Visit) Writer() http.ResponseWriter { return v.w }
