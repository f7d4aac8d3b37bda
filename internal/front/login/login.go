// Package login is the pages that people see: sign-in, sign-up, codes, passwords, second factors. It finds the page of
// a request and decides which one follows; pages are below page/, what they stand in is frame's. It leaves endpoints for
// programs to front/oauth, the proof of who somebody is to signin and the way back to the client to authorize.
package login

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/front/login/page/account"
	"cognate.dev/cognate/internal/front/login/page/addpasskey"
	"cognate.dev/cognate/internal/front/login/page/choose"
	"cognate.dev/cognate/internal/front/login/page/code"
	"cognate.dev/cognate/internal/front/login/page/confirm"
	"cognate.dev/cognate/internal/front/login/page/consent"
	"cognate.dev/cognate/internal/front/login/page/demo"
	"cognate.dev/cognate/internal/front/login/page/device"
	"cognate.dev/cognate/internal/front/login/page/done"
	"cognate.dev/cognate/internal/front/login/page/enrol"
	"cognate.dev/cognate/internal/front/login/page/failure"
	"cognate.dev/cognate/internal/front/login/page/feedback"
	"cognate.dev/cognate/internal/front/login/page/forgot"
	"cognate.dev/cognate/internal/front/login/page/newpassword"
	"cognate.dev/cognate/internal/front/login/page/passkey"
	"cognate.dev/cognate/internal/front/login/page/password"
	"cognate.dev/cognate/internal/front/login/page/portal"
	"cognate.dev/cognate/internal/front/login/page/reset"
	signinpage "cognate.dev/cognate/internal/front/login/page/signin"
	"cognate.dev/cognate/internal/front/login/page/signout"
	"cognate.dev/cognate/internal/front/login/page/signup"
	"cognate.dev/cognate/internal/front/login/page/way"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/telemetry"
)

// pages is every page there is.
func pages() []*frame.Page {
	return []*frame.Page{
		signout.Page(),
		signinpage.Page(), password.Page(), way.Page(), passkey.Page(), addpasskey.Page(), device.Page(), account.Page(), signup.Page(), confirm.Page(), forgot.Page(), reset.Page(), newpassword.Page(),
		code.Page(), choose.Page(), enrol.Page(), consent.Page(), feedback.Page(), done.Page(), failure.Page(),
		portal.Page(), demo.Page(),
	}
}

// pageOf is the page that puts a challenge.
func pageOf(k signin.Kind) string {
	switch k {
	case signin.NewPassword:
		return "newpassword"
	case signin.Password:
		return "password"
	case signin.SelectChallenge:
		return "way"
	case signin.WebAuthn:
		return "passkey"
	case signin.MFASetup:
		return "enrol"
	case signin.SMSMFA, signin.SMSOTP, signin.EmailOTP, signin.SoftwareTokenMFA:
		return "code"
	case signin.SelectMFAType:
		return "choose"
	}
	return ""
}

// Pages answers for the site in the request's context (authorize.WithSite), with the site's prefix stripped.
type Pages struct {
	desk   *frame.Desk
	byPath map[string]*frame.Page
	byName map[string]*frame.Page
}

// New prepares the pages.
func New(p frame.Parts) (*Pages, error) {
	list := pages()
	desk, err := frame.NewDesk(p, list)
	if err != nil {
		return nil, err
	}
	h := &Pages{desk: desk, byPath: map[string]*frame.Page{}, byName: map[string]*frame.Page{}}
	for _, page := range list {
		h.byPath[page.Path], h.byName[page.Name] = page, page
	}
	return h, nil
}

// Serves reports whether a path, below a site, is a page or something that pages load.
func (h *Pages) Serves(path string) bool {
	return h.byPath[strings.ToLower(path)] != nil || strings.HasPrefix(path, "/assets/")
}

// AtWorkspaces reports whether a path is served at workspaces, too: the choice of a connection, consent, errors,
// signing out, the portal and the demo application.
func AtWorkspaces(path string) bool {
	switch path = strings.ToLower(path); path {
	case "/login", "/consent", "/error", "/signout", "/signedout", "/portal", "/demo":
		return true
	}
	return strings.HasPrefix(path, "/assets/")
}

// ServeHTTP answers with a page.
func (h *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	frame.Guard(w.Header())
	w.Header().Set("X-Amz-Cognito-Request-Id", random.UUID())
	site, ok := authorize.SiteOf(r.Context())
	if !ok {
		http.NotFound(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		h.asset(w, r, site)
		return
	}
	page := h.byPath[strings.ToLower(r.URL.Path)]
	if page == nil {
		http.NotFound(w, r)
		return
	}
	telemetry.Operation(r.Context(), "page "+page.Name)
	v := h.desk.Visit(w, r, site)
	if err := h.desk.Gate.Site(r.Context(), site.Pool.ID, v.Address()); err != nil {
		if fault.Is(err, fault.Throttled, "") {
			http.Error(w, "Too many requests. Please try again in a moment.", http.StatusTooManyRequests)
			return
		}
		h.fail(v, err)
		return
	}
	var err error
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		err = h.open(v, page)
	case http.MethodPost:
		audit.Note(r.Context(), func(rec *audit.Record) { rec.Operation, rec.Pool = "page "+page.Name, site.Pool.ID })
		err = h.take(v, page)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "This method is not possible here.", http.StatusMethodNotAllowed)
	}
	if err != nil {
		h.fail(v, err)
	}
}

func (h *Pages) asset(w http.ResponseWriter, r *http.Request, site authorize.Site) {
	telemetry.Operation(r.Context(), "page asset")
	telemetry.Quiet(r.Context())
	if r.URL.Path == frame.LookPath {
		if err := h.desk.ServeLook(w, r, site); err != nil {
			telemetry.Fail(r.Context(), err)
			http.Error(w, "Internal server error", http.StatusInternalServerError)
		}
		return
	}
	if !h.desk.Assets.Serve(w, r) {
		http.NotFound(w, r)
	}
}

// open shows a page to who comes by a link.
func (h *Pages) open(v *frame.Visit, page *frame.Page) error {
	for name, value := range page.Assume {
		if v.Query.Get(name) == "" {
			v.Query.Set(name, value)
			v.Assumed = true
		}
	}
	var err error
	if page.Loose && v.Query.Get("redirect_uri") == "" {
		err = v.AskLoosely()
	} else {
		err = v.Ask()
	}
	if err != nil {
		return err
	}
	if page.Start == nil { // reached by reloading, or by a bookmark: what came before is lost
		v.Redirect(v.Link("/login"))
		return nil
	}
	next, err := page.Start(v)
	if err != nil {
		return err
	}
	return h.follow(v, page, next)
}

// take judges what was typed on a page.
func (h *Pages) take(v *frame.Visit, page *frame.Page) error {
	if page.Take == nil {
		return h.open(v, page)
	}
	switch err := v.Resume(page); {
	case frame.Late(err):
		return h.late(v, page)
	case err != nil:
		return err
	}
	next, err := v.Take(page)
	if err != nil {
		return err
	}
	return h.follow(v, page, next)
}

// follow goes where a page says.
func (h *Pages) follow(v *frame.Visit, page *frame.Page, next frame.Next) error {
	switch {
	case next.Location != "":
		v.Redirect(next.Location)
		return nil
	case next.Answer != nil:
		return h.answer(v, next.Answer)
	case next.Page != "":
		return v.Render(h.byName[next.Page])
	}
	return v.Render(page)
}

// answer acts on what the machine said: it puts the next question, or lets the person in.
func (h *Pages) answer(v *frame.Visit, a *signin.Answer) error {
	if a.Proven == nil {
		name := pageOf(a.Challenge)
		if name == "" {
			return fault.Newf(fault.Internal, "", "no page puts the challenge %s", a.Challenge)
		}
		return h.ask(v, h.byName[name], a)
	}
	s, err := v.Begin(a.Proven)
	if err != nil {
		return err
	}
	next, err := device.After(v, a.Proven)
	if err == nil && next.Page == "" {
		next, err = addpasskey.After(v, a.Proven)
	}
	if err != nil {
		return err
	}
	if next.Page == "" {
		if next, err = v.Finish(s); err != nil {
			return err
		}
	}
	return h.follow(v, nil, next)
}

// ask puts a challenge.
func (h *Pages) ask(v *frame.Visit, page *frame.Page, a *signin.Answer) error {
	v.State.Challenge, v.State.Session, v.State.Params = a.Challenge, a.Session, a.Params
	if a.Available != nil {
		v.State.Offers = a.Available
	}
	if page.Enter == nil {
		return v.Render(page)
	}
	next, err := page.Enter(v)
	if err != nil {
		next = frame.Next{Page: "signin"}
		if err := v.Blame(err); err != nil {
			return err
		}
	}
	return h.follow(v, page, next)
}

// fail says what cannot be said on the page itself: to the client where there is one that may know, else on the error
// page.
func (h *Pages) fail(v *frame.Visit, err error) {
	audit.Note(v.Context(), func(rec *audit.Record) { rec.Outcome = string(fault.As(err).Kind) })
	refusal := (*authorize.Refusal)(nil)
	switch {
	case frame.Stale(err):
		h.stale(v)
	case errors.Is(err, frame.ErrAbsent):
		http.Error(v.Writer(), "There is no such page.", http.StatusNotFound)
	case errors.Is(err, authorize.ErrSignIn):
		v.Redirect(v.Link("/login"))
	case !errors.As(err, &refusal):
		telemetry.Fail(v.Context(), err)
		h.admit(v, http.StatusInternalServerError, authorize.ServerError)
	case refusal.Location != "":
		v.Redirect(refusal.Location)
	default:
		v.Redirect(v.Site.ErrorPath(refusal))
	}
}

// late lets somebody begin again who took too long.
func (h *Pages) late(v *frame.Visit, page *frame.Page) error {
	again, err := v.Restart(page)
	if err != nil {
		return err
	}
	if !again {
		h.stale(v)
		return nil
	}
	return v.Render(h.byName[cmp.Or(page.Anew, "signin")])
}

// stale tells somebody whose form cannot be taken to begin again; what it said counts for nothing.
func (h *Pages) stale(v *frame.Visit) {
	v.State, v.Problems = frame.State{}, frame.Problems{}
	if err := v.Ask(); err != nil {
		v.Request, v.Client = nil, nil
	}
	h.admit(v, http.StatusForbidden, "stale")
}

// admit shows the error page at once.
func (h *Pages) admit(v *frame.Visit, status int, code string) {
	v.Query.Set("error", code)
	v.Status = status
	if err := v.Render(h.byName["failure"]); err != nil {
		telemetry.Fail(v.Context(), err)
		http.Error(v.Writer(), "Internal server error", http.StatusInternalServerError)
	}
}
