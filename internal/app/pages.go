package app

import (
	"net/http"

	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/login/frame"
)

// pages builds the pages that people see.
func (h *house) pages(r *rooms) (*login.Pages, error) {
	return login.New(frame.Parts{
		Rooms:  frame.Rooms{Authorizer: r.authorizer, SignIn: r.signin, Accounts: r.accounts, Factors: r.factors, Clients: r.directory.Clients, Feedback: r.history, Outside: r.outside, Consents: r.consents, Portal: r.portal},
		Sealer: h.keys, Looks: looks{r.branding.Looks}, Terms: terms{r.branding.Terms}, Connections: choices{r.journeys.Journeys}, Now: h.clock.Now, Gate: r.gate,
	})
}

// storybook mounts the pages with canned data; in development only.
func (h *house) storybook(mux *http.ServeMux, pages *login.Pages) error {
	book, err := pages.Storybook()
	if err != nil {
		return err
	}
	book = h.told.Watch("storybook", book)
	mux.Handle(login.StorybookPath, book)
	mux.Handle(login.StorybookPath+"/", book)
	return nil
}
