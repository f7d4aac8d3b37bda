package frame

import (
	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// Caller names the client and a person to account. Pages never tell who exists, whatever the client says.
func (v *Visit) Caller(login string) account.Caller {
	return account.Caller{ClientID: v.Client.ID, Username: login, SecretHash: v.Client.SecretHash(login), Hide: true}
}

func (v *Visit) entry(password string) signin.Entry {
	e := signin.Entry{Pool: v.Site.Pool, Client: v.hiding(), Login: v.State.Login, Password: password, Device: v.Device}
	if v.Request != nil {
		e.Levels = v.Request.Levels
	}
	return e
}

// Enter begins a sign-in with a password.
func (v *Visit) Enter(login, password string) (Next, error) {
	v.State.Login = login
	a, err := v.SignIn.Enter(v.Context(), v.entry(password))
	return v.detour(a, err)
}

// EnterByName begins a sign-in of which only the name is known.
func (v *Visit) EnterByName(login string) (Next, error) {
	v.State.Login = login
	a, err := v.SignIn.EnterByName(v.Context(), v.entry(""))
	return v.detour(a, err)
}

// EnterConfirmed signs in who has just chosen a password and confirmed the account here.
func (v *Visit) EnterConfirmed(userID string) (Next, error) {
	a, err := v.SignIn.EnterConfirmed(v.Context(), v.entry(""), userID)
	return v.detour(a, err)
}

// Ascend goes on as who is signed in to this browser: at once where the session is all that the client asks for, else with
// the proof that is missing, or from the start where only that leads to it.
func (v *Visit) Ascend(s *authorize.Session, person *directory.User) (Next, error) {
	if v.Request.Strong(s) {
		return v.Finish(s)
	}
	if s.Provider != authorize.Local { // only the provider can prove more
		return Next{Location: v.LinkWith(s.Provider, "")}, nil
	}
	v.State.Login = person.Username
	a, enough, err := v.SignIn.Ascend(v.Context(), v.entry(""), person.ID, s.AMR)
	switch {
	case err != nil:
		return v.detour(nil, err)
	case enough:
		v.Request.Settle(s)
		return v.Finish(s)
	}
	v.State.Notice = "notice.stepup"
	if a == nil {
		return Show("signin")
	}
	return Next{Answer: a}, nil
}

// Reply answers the open challenge.
func (v *Visit) Reply(answers map[string]string) (Next, error) {
	name := v.State.Params["USER_ID_FOR_SRP"]
	if name == "" { // first factors say nothing of it
		name = v.State.Login
	}
	answers["USERNAME"] = name
	if hash := v.Client.SecretHash(name); hash != "" {
		answers["SECRET_HASH"] = hash
	}
	a, err := v.SignIn.Respond(v.Context(), signin.Reply{
		Pool: v.Site.Pool, Client: v.hiding(), Pages: true, Challenge: string(v.State.Challenge), Session: v.State.Session,
		Answers: answers,
	})
	return v.detour(a, err)
}

// detour leads who has to do something else before signing in to the page for it.
func (v *Visit) detour(a *signin.Answer, err error) (Next, error) {
	switch {
	case fault.Is(err, fault.Unconfirmed, ""):
		return v.unconfirmed()
	case fault.Is(err, fault.ResetRequired, ""):
		v.State.Notice = "notice.reset"
		return Show("reset")
	case v.Request != nil && fault.Is(err, fault.Denied, fault.Level):
		return Next{}, v.Request.Refuse(authorize.Unmet, "the user cannot reach a requested authentication context class")
	}
	return Next{Answer: a}, err
}

// unconfirmed sends a new code to who has signed up and not confirmed: the old one may be long gone.
func (v *Visit) unconfirmed() (Next, error) {
	d, err := v.Accounts.ResendConfirmationCode(v.Context(), v.Caller(v.State.Login))
	switch {
	case err == nil:
		v.NoteSent(d)
	case fault.As(err).Kind == fault.Internal:
		return Next{}, err
	}
	v.State.Notice = "notice.unconfirmed"
	return Show("confirm")
}

// Finish answers the request for somebody who is signed in.
func (v *Visit) Finish(s *authorize.Session) (Next, error) {
	location, err := v.Authorizer.Complete(v.Context(), v.Request, s)
	return Next{Location: location}, err
}
