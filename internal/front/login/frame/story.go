package frame

import (
	"fmt"
	"net/http"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/password"
)

// Tell renders a page in one of its states with canned data. Nothing behind it is asked, and what it shows is no
// person's.
func (d *Desk) Tell(w http.ResponseWriter, r *http.Request, base string, p *Page, s Story) error {
	v, err := d.canned(w, r, base)
	if err != nil {
		return err
	}
	if s.Branded {
		v.Look = storyLook(base)
	}
	if mode := v.Query.Get("mode"); mode == "light" || mode == "dark" {
		v.Look.Mode = mode
	}
	s.Set(v)
	return v.Render(p)
}

// Sample renders as Tell does, in a look that is given. Its form holds no state, so it is good for nothing.
func (d *Desk) Sample(w http.ResponseWriter, r *http.Request, p *Page, s Story, look Look) error {
	v, err := d.canned(w, r, "")
	if err != nil {
		return err
	}
	v.Look, v.sample = look, true
	s.Set(v)
	return v.Render(p)
}

// canned is a visit of nobody to a pool that is not.
func (d *Desk) canned(w http.ResponseWriter, r *http.Request, base string) (*Visit, error) {
	attributes, err := schema.Build(nil)
	if err != nil {
		return nil, fmt.Errorf("build schema of story: %w", err)
	}
	pool := &directory.Pool{
		ID: "us-east-1_Storybook", Region: "us-east-1", Schema: attributes, UsernameAttributes: []string{"email"},
		Settings: directory.Settings{
			Name: "storybook", AutoVerified: []string{"email"},
			PasswordPolicy: password.Policy{
				MinimumLength: 8, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true,
			},
		},
	}
	client := &directory.Client{ID: "storybook", PoolID: pool.ID, ClientSettings: directory.ClientSettings{Name: "storybook"}}
	v := d.Visit(w, r, authorize.Site{Pool: pool, Base: base, Prefix: base})
	v.Request = &authorize.Request{Pool: pool, Client: client, RedirectURI: "https://app.example.com/callback"}
	v.Client, v.base = client, base
	return v, nil
}
