// Package demo is the demo application: an ordinary client of a workspace, in the browser alone, that signs people in and shows what
// it is told of them. The server has no part in it but this page; tokens are in the page's memory, so that nothing has to guard
// them when it is closed.
package demo

import (
	"embed"
	"encoding/json"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/front/login/frame"
	room "cognate.dev/cognate/internal/portal"
	"cognate.dev/cognate/internal/workspace"
)

//go:embed demo.html demo.css demo.js
var files embed.FS

// Page is /demo of workspaces.
func Page() *frame.Page {
	return &frame.Page{
		Name: "demo", Path: room.DemoPath, Files: files, Title: frame.Fixed("demo.title"), Loose: true, Wide: true, Speaks: true,
		Start: start, View: view, Stories: stories(),
	}
}

func start(v *frame.Visit) (frame.Next, error) {
	if err := v.FindHouse(); err != nil {
		return frame.Next{}, err
	}
	if !v.House.Demo {
		return frame.Next{}, frame.ErrAbsent
	}
	app, names, err := v.DemoClient()
	if err != nil {
		return frame.Next{}, err
	}
	v.Client, v.State.Params = app.Client, names
	v.MayLeave() // signing out may lead by the provider
	return frame.Stay()
}

type shown struct {
	Workspace, Client, Issuer, Path, Home, Scope, Words, Connections, Portal string
	Tokens                                                                   []section
}

type section struct{ Name, Title, Text string }

func view(v *frame.Visit) any {
	s := shown{
		Workspace: v.House.Workspace.Name, Client: v.Client.ID, Issuer: v.Site.Issuer, Path: v.Site.Prefix, Home: v.Site.Base + room.DemoPath,
		Words: encode(words(v)), Connections: encode(v.State.Params),
		Scope: strings.Join(slices.DeleteFunc(slices.Clone(v.Client.OAuthScopes), func(s string) bool { return s == workspace.PortalScope }), " "),
	}
	s.Tokens = []section{
		{"id", v.Words.Say("demo.id"), v.Words.Say("demo.id.text")}, {"access", v.Words.Say("demo.access"), v.Words.Say("demo.access.text")},
	}
	if v.House.Portal {
		s.Portal = v.Site.Path(room.Path, nil)
	}
	return s
}

// words are what the script says: claims by their names, and its own sentences.
func words(v *frame.Visit) map[string]string {
	out := map[string]string{
		"end": v.Words.Say("demo.end"), "via": v.Words.Say("demo.via"), "failed": v.Words.Say("demo.failed"),
		"refreshed": v.Words.Say("demo.refreshed"), "insecure": v.Words.Say("demo.insecure"),
	}
	for _, name := range []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "amr", "acr", "scope", "client_id", "username"} {
		out[name] = v.Words.Say("claim." + name)
	}
	for _, name := range []string{"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "email", "phone_number", "birthdate",
		"gender", "address", "website", "picture", "profile", "locale", "zoneinfo"} {
		out[name] = v.Words.Say("attribute." + name)
	}
	return out
}

func encode(v map[string]string) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts always encode
	}
	return string(raw)
}

func stories() []frame.Story {
	return []frame.Story{{Name: "start", Set: func(v *frame.Visit) {
		v.House = &room.House{Workspace: &workspace.Workspace{ID: "demo", Name: "Demo"}, Portal: true, Demo: true}
		v.Site.Issuer = "https://id.example.com/default/demo"
	}}}
}
