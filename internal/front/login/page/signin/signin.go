// Package signin is the page that asks for a name and a password, and where every sign-in begins.
package signin

import (
	"embed"
	"slices"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/telemetry"
)

//go:embed signin.html signin.css
var files embed.FS

// Page is /login.
func Page() *frame.Page {
	return &frame.Page{
		Name: "signin", Path: "/login", Files: files, Life: frame.SignInLife, Title: frame.Fixed("signin.title"),
		Start: start, Take: take, View: view, Stories: stories(),
	}
}

// start offers who is signed in already, unless the client wants a new proof. What is missing to a stronger one is asked for
// only when the person has agreed: a link that somebody else made must not send codes.
func start(v *frame.Visit) (frame.Next, error) {
	if v.Site.Workspace != "" {
		return frame.Next{}, nil
	}
	if v.Request.Prompt == "login" {
		return abroad(v), nil
	}
	s, person, err := v.Current()
	if err != nil || s == nil || !v.Authorizer.Counts(v.Request, s) {
		return abroad(v), err
	}
	if s.Provider != authorize.Local && !v.Request.Strong(s) {
		v.MayLeave() // to the provider, who alone can prove more
	}
	v.Person = person
	return frame.Show("account")
}

func take(v *frame.Visit) (frame.Next, error) {
	login, there := v.Need("username")
	if v.Site.Workspace != "" {
		return discover(v, strings.TrimSpace(login))
	}
	login = frame.Phone(login)
	switch {
	case !authorize.Offers(v.Client, authorize.Local):
		return frame.Stay()
	case there && nameFirst(v):
		return enter(v, login)
	case nameFirst(v):
		return frame.Stay()
	}
	password := v.Form.Get("password")
	if password == "" {
		v.Problem("password", v.Words.Say("problem.missing"))
	}
	if !there || password == "" {
		return frame.Stay()
	}
	return v.Enter(login, password)
}

// discover leads to the connection of what somebody calls themselves. Who has none is told no more than that.
func discover(v *frame.Visit, login string) (frame.Next, error) {
	if login == "" {
		return frame.Stay()
	}
	location, err := v.Discover(login)
	if location == "" && err == nil {
		v.Trouble("signin.none")
		return frame.Stay()
	}
	return frame.Next{Location: location}, err
}

// abroad leads to an outside provider where there is nothing to choose.
func abroad(v *frame.Visit) frame.Next {
	if v.Request.Abroad() == "" {
		return frame.Next{}
	}
	return frame.Next{Location: v.Link("/oauth2/authorize")}
}

// enter goes on with a name: at the provider that is responsible for the domain of an email address, or here.
func enter(v *frame.Visit, login string) (frame.Next, error) {
	if _, domain, is := strings.Cut(login, "@"); is {
		provider, err := v.Authorizer.Requests.NameOf(v.Context(), v.Client, domain)
		if err != nil || provider != "" {
			return frame.Next{Location: v.LinkWith(provider, login)}, err
		}
	}
	return v.EnterByName(login)
}

// nameFirst tells whether the name alone is asked for, because what comes next depends on who it is.
func nameFirst(v *frame.Visit) bool { return v.Client.Allows(directory.FlowChoice) }

type shown struct {
	Local              bool // people of the pool itself may sign in
	NameFirst          bool
	Username, Password frame.Field
	Forgot, SignUp     bool
	Providers          []provider
}

// provider is a button that leads to an outside identity provider, with its icon or else with its initial.
type provider struct {
	Name, Href string
	Icon       []frame.Picture
	Initial    string
}

// providers are those of the client, in its order.
func providers(v *frame.Visit) []provider {
	var list []provider
	for _, name := range authorize.Outside(v.Client) {
		label := map[string]string{"SignInWithApple": "Apple", "LoginWithAmazon": "Amazon"}[name]
		if label == "" {
			label = name
		}
		x := provider{Name: label, Href: v.LinkWith(name, ""), Icon: v.Look.ProviderIcon(name)}
		if len(x.Icon) == 0 && !v.Look.PlainButtons {
			x.Initial = initial(label)
		}
		list = append(list, x)
	}
	return list
}

func view(v *frame.Visit) any {
	if v.Site.Workspace != "" {
		return choice(v)
	}
	p := v.Site.Pool
	s := shown{
		Local: authorize.Offers(v.Client, authorize.Local), NameFirst: nameFirst(v), Username: v.Input("username", v.Words.Say(nameKey(p)), known(v)),
		Password: v.PasswordInput("password"), SignUp: !p.AdminCreate.AdminOnly, Forgot: !onlyAdmins(p),
	}
	if s.Providers = providers(v); s.NameFirst && len(s.Providers) > 0 {
		v.MayLeave()
	}
	s.Username.Complete, s.Username.Max = "username", 128
	if slices.Equal(p.UsernameAttributes, []string{"email"}) {
		s.Username.Mode = "email"
	}
	if slices.Equal(p.UsernameAttributes, []string{"phone_number"}) {
		s.Username.Mode = "tel"
	}
	if s.Username.Problem+s.Password.Problem == "" { // else it is where the problem is
		s.Username.Focus = s.Username.Value == ""
		s.Password.Focus = !s.Username.Focus
		s.Username.Focus = s.Username.Focus || s.NameFirst
	}
	return s
}

// choice is what a workspace shows: its connections, and perhaps a field for who somebody is.
func choice(v *frame.Visit) any {
	list, asks, err := v.Choices()
	if err != nil {
		telemetry.Fail(v.Context(), err)
	}
	s := shown{Local: asks, NameFirst: true, Username: v.Input("username", v.Words.Say("field.email"), known(v))}
	s.Username.Complete, s.Username.Mode, s.Username.Focus = "username", "email", true
	for _, c := range list {
		x := provider{Name: c.Name, Href: v.LinkChosen(c.ID, ""), Initial: initial(c.Name)}
		if strings.HasPrefix(c.Logo, "data:image/") { // pages load nothing from elsewhere
			x.Icon, x.Initial = []frame.Picture{{URL: c.Logo, Class: "icon"}}, ""
		}
		s.Providers = append(s.Providers, x)
	}
	v.MayLeave()
	return s
}

func initial(name string) string {
	first, _ := utf8.DecodeRuneInString(name)
	return strings.ToUpper(string(first))
}

// known is the name to fill in: the one that was typed on another page, or what the client hints at.
func known(v *frame.Visit) string {
	if v.State.Login != "" {
		return v.State.Login
	}
	if v.Request != nil {
		return v.Request.LoginHint
	}
	return ""
}

// nameKey is what the pool's people sign in with.
func nameKey(p *directory.Pool) string {
	has := func(list []string, name string) bool { return slices.Contains(list, name) }
	switch email, phone := has(p.UsernameAttributes, "email"), has(p.UsernameAttributes, "phone_number"); {
	case email && phone:
		return "field.emailorphone"
	case email:
		return "field.email"
	case phone:
		return "field.phone"
	}
	switch email, phone := has(p.AliasAttributes, "email"), has(p.AliasAttributes, "phone_number"); {
	case email && phone:
		return "field.usernameemailorphone"
	case email:
		return "field.usernameoremail"
	case phone:
		return "field.usernameorphone"
	}
	return "field.username"
}

// onlyAdmins says whether people cannot reset their password themselves.
func onlyAdmins(p *directory.Pool) bool {
	return len(p.Recovery) > 0 && !slices.ContainsFunc(p.Recovery, func(r directory.Recovery) bool { return r.Name != "admin_only" })
}

func stories() []frame.Story {
	return []frame.Story{
		{Name: "first", Set: func(*frame.Visit) {}},
		{Name: "branded", Branded: true, Set: func(*frame.Visit) {}},
		{Name: "wrong", Set: func(v *frame.Visit) {
			v.Form.Set("username", "alice@example.com")
			v.Trouble("problem.credentials")
		}},
		{Name: "empty", Set: func(v *frame.Visit) {
			v.Problem("username", v.Words.Say("problem.missing"))
			v.Problem("password", v.Words.Say("problem.missing"))
		}},
		{Name: "after-reset", Set: func(v *frame.Visit) { v.State.Login, v.State.Notice = "alice@example.com", "notice.changed" }},
		{Name: "trigger", Set: func(v *frame.Visit) {
			v.Form.Set("username", "alice")
			v.Problem("", "PreAuthentication failed with error The office is closed on Sundays.")
		}},
		{Name: "late", Set: func(v *frame.Visit) {
			v.State.Login = "alice@example.com"
			v.Trouble("problem.session")
		}},
		{Name: "long", Set: func(v *frame.Visit) {
			v.Form.Set("username", strings.Repeat("alice.", 20)+"@example.com")
			v.Problem("", "PreAuthentication failed with error "+strings.Repeat("The office is closed on Sundays. ", 8))
		}},
		{Name: "name-first", Set: func(v *frame.Visit) { v.Client.ExplicitAuthFlows = []string{"ALLOW_USER_AUTH"} }},
		{Name: "providers", Set: func(v *frame.Visit) {
			v.Client.IdentityProviders = []string{"COGNITO", "Google", "SignInWithApple", "Corporate"}
		}},
		{Name: "providers-branded", Branded: true, Set: func(v *frame.Visit) {
			v.Client.IdentityProviders = []string{"COGNITO", "Google", "Corporate"}
		}},
		{Name: "providers-only", Set: func(v *frame.Visit) { v.Client.IdentityProviders = []string{"Google", "Corporate"} }},
		{Name: "no-signup", Set: func(v *frame.Visit) { v.Site.Pool.AdminCreate.AdminOnly = true }},
	}
}
