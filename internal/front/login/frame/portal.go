package frame

import (
	"errors"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/portal"
	"cognate.dev/cognate/internal/workspace"
)

// ErrAbsent is a page that this site does not have.
var ErrAbsent = errors.New("this site has no such page")

// The cookies of the portal: what it remembers during a sign-in, and who is signed in to it.
const (
	tripCookie = "portal-trip"
	passCookie = "portal"
)

// FindHouse finds what the workspace has of its own two applications. ErrAbsent: it has neither.
func (v *Visit) FindHouse() error {
	if v.Portal == nil {
		return ErrAbsent
	}
	house, err := v.Portal.Open(v.Context(), v.Site)
	if fault.Is(err, fault.Missing, "") {
		return ErrAbsent
	}
	v.House = house
	return err
}

// DemoClient is the client of the demo application, and the connections of which people may know by the names that they have for them.
func (v *Visit) DemoClient() (*workspace.App, map[string]string, error) {
	app, err := v.Portal.Demo(v.Context(), v.Site)
	if err != nil {
		return nil, nil, err
	}
	names, err := v.Portal.Names(v.Context(), v.Site)
	return app, names, err
}

// FindResident finds who is signed in to the portal.
func (v *Visit) FindResident() (err error) {
	v.Resident, err = v.Portal.Who(v.Context(), v.Site, v.cookie(passCookie))
	return err
}

// BeginPortal sends somebody to sign in to the portal.
func (v *Visit) BeginPortal() (Next, error) {
	location, kept, err := v.Portal.Begin(v.Context(), v.Site)
	if err != nil {
		return Next{}, err
	}
	v.keep(tripCookie, kept, v.Now().Add(portal.TripLife))
	return Next{Location: location}, nil
}

// FinishPortal takes the answer to BeginPortal, and shows the portal at an address that says nothing of it. False: there was no
// sign-in.
func (v *Visit) FinishPortal() (Next, bool, error) {
	pass, ends, err := v.Portal.Finish(v.Context(), v.Site, v.cookie(tripCookie), v.Query)
	v.keep(tripCookie, "", time.Time{})
	refusal := (*authorize.Refusal)(nil)
	switch {
	case errors.Is(err, portal.ErrLost), errors.As(err, &refusal):
		return Next{}, false, nil
	case err != nil:
		return Next{}, false, err
	}
	v.keep(passCookie, pass, ends)
	return Next{Location: v.Site.Path(portal.Path, nil)}, true, nil
}

// ForgetResident signs the browser out of the portal and of the site, as far as it is the browser that remembers.
func (v *Visit) ForgetResident() {
	v.Resident, v.Holdings = nil, nil
	v.keep(passCookie, "", time.Time{})
	http.SetCookie(v.w, v.Site.Cookie("", time.Time{}))
}

func (v *Visit) cookie(name string) string {
	c, err := v.r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// keep gives the browser something of the portal, for the portal alone; empty: it forgets it. It comes back also when another site
// has sent the browser here, which is how people come from a provider.
func (v *Visit) keep(name, value string, ends time.Time) {
	c := &http.Cookie{ // #nosec G124 -- Secure where the site is; development speaks plain HTTP on loopback
		Name: name, Value: value, Path: v.Site.Prefix + portal.Path, Expires: ends, HttpOnly: true, Secure: v.Site.Secure(), SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}
