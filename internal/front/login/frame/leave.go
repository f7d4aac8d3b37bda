package frame

import (
	"net/http"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/authorize"
)

// AskToLeave prepares the question whether to sign out, on a strict site. Where nobody is signed in there is nothing to
// ask.
func (v *Visit) AskToLeave() (Next, error) {
	f, err := authorize.ReadFarewell(v.Query)
	if err != nil {
		return Next{}, err
	}
	plan, err := v.planLeave(f)
	if err != nil {
		return Next{}, err
	}
	if !plan.Ask {
		return Next{Location: v.afterwards(plan)}, nil
	}
	if err := v.mayGoByProvider(); err != nil {
		return Next{}, err
	}
	v.State.Params = map[string]string{"client_id": f.ClientID, "uri": f.RedirectURI, "state": f.State}
	return Stay()
}

// mayGoByProvider lets the form lead to the provider where the person is to be signed out as well, if there is one.
func (v *Visit) mayGoByProvider() error {
	s, _, err := v.Current()
	if err != nil || v.Outside == nil {
		return err
	}
	elsewhere, err := v.Outside.Elsewhere(v.Context(), v.Site, s)
	if elsewhere {
		v.MayLeave()
	}
	return err
}

// Leave signs the browser out, as its person has agreed to.
func (v *Visit) Leave() (Next, error) {
	plan, err := v.planLeave(authorize.Farewell{
		ClientID: v.State.Params["client_id"], RedirectURI: v.State.Params["uri"], State: v.State.Params["state"],
	})
	if err != nil {
		return Next{}, err
	}
	ended, err := v.Authorizer.Browser.End(v.Context(), v.Site.Pool, authorize.Secret(v.r))
	if err != nil {
		return Next{}, err
	}
	http.SetCookie(v.w, v.Site.Cookie("", time.Time{}))
	home := v.afterwards(plan)
	if v.Outside != nil {
		home, err = v.Outside.Homeward(v.Context(), v.Site, ended, home)
	}
	return Next{Location: home}, err
}

func (v *Visit) planLeave(f authorize.Farewell) (authorize.Leave, error) {
	if v.Site.Issuer == "" {
		return authorize.Leave{}, authorize.Refuse(authorize.InvalidRequest, "this site signs out without a question")
	}
	plan, err := v.Authorizer.PlanLeave(v.Context(), v.Site, authorize.Secret(v.r), f)
	v.leaving = plan.Location
	return plan, err
}

// afterwards is where the browser goes once its session has ended.
func (v *Visit) afterwards(plan authorize.Leave) string {
	if plan.Location != "" {
		return plan.Location
	}
	query := url.Values{}
	if plan.ClientID != "" {
		query.Set("client_id", plan.ClientID)
	}
	return v.Site.Path("/signedOut", query)
}
