package account

import (
	"context"
	"encoding/json"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// The sessions of a sign-up, for clients that may sign in by USER_AUTH: SignUp gives one, ConfirmSignUp may take it and
// gives another, and a sign-in takes that one in place of a first factor. Whoever holds it has read the code, and signed
// up on the same device unless the pool takes a code alone.
const signUpSession = "sign-up-session"

// signUpSessionMillis is how long each of them works.
const signUpSessionMillis = 15 * 60 * 1000

// Confirmed is what the session of a confirmed sign-up says. Its single use is its taker's to enforce, by ID.
type Confirmed struct {
	ID        string `json:"i"`
	PoolID    string `json:"p"`
	ClientID  string `json:"c"`
	UserID    string `json:"u"`
	Attribute string `json:"a,omitempty"` // where the code went: email or phone_number; empty before it came back
	Expires   int64  `json:"x"`           // unix milliseconds
}

// Opener reads what a *secret.Keyring has sealed.
type Opener interface {
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

// OpenConfirmed reads the session of a confirmed sign-up; ok is false for anything else. The caller checks its age.
func OpenConfirmed(o Opener, session string) (c Confirmed, ok bool) {
	c, ok = openSession(o, session)
	return c, ok && c.Attribute != ""
}

func openSession(o Opener, session string) (c Confirmed, ok bool) {
	plain, err := o.OpenString(signUpSession, session, nil)
	return c, err == nil && json.Unmarshal(plain, &c) == nil
}

// session seals a session for somebody who has signed up; empty for a client that could not use it.
func (a *Accounts) session(client *directory.Client, userID, attribute string) string {
	if !client.Allows(directory.FlowChoice) {
		return ""
	}
	plain, err := json.Marshal(Confirmed{
		ID: random.Alnum(22), PoolID: client.PoolID, ClientID: client.ID, UserID: userID, Attribute: attribute,
		Expires: a.moment().UnixMilli() + signUpSessionMillis,
	})
	if err != nil {
		return "" // strings and a number always encode
	}
	return a.keys.SealString(signUpSession, plain, nil)
}

// ConfirmSession is ConfirmSignUp, and answers with a session that signs the user in by USER_AUTH, once, where that is
// safe: for whoever brings the session that SignUp gave, while it lives; and for anybody where the pool lets a code come
// first, since the code of the confirmation is as good as one of a sign-in. Else it is empty. A session that is not of
// this sign-up is Denied, before the code is looked at.
func (a *Accounts) ConfirmSession(ctx context.Context, in Confirmation, session string) (next string, err error) {
	p, err := a.identify(ctx, in.Caller)
	if err != nil {
		return "", err
	}
	alive := false
	if session != "" {
		s, ok := openSession(a.keys, session)
		if !ok || p.user == nil || s.PoolID != p.pool.ID || s.ClientID != p.client.ID || s.UserID != p.user.ID {
			return "", fault.Deniedf("Invalid session for the user.")
		}
		alive = a.moment().UnixMilli() < s.Expires
	}
	if err := a.ConfirmSignUp(ctx, in); err != nil {
		return "", err
	}
	to, sent := signUpContact(p.pool, p.user)
	if !sent || !alive && !codeComesFirst(p.pool, to) {
		return "", nil
	}
	return a.session(p.client, p.user.ID, to.attribute), nil
}

// codeComesFirst says whether a pool lets people sign in with nothing but a code that goes to a contact.
func codeComesFirst(pool *directory.Pool, to contact) bool {
	factor := map[string]string{"email": "EMAIL_OTP", "phone_number": "SMS_OTP"}[to.attribute]
	return slices.Contains(pool.FirstAuthFactors, factor) && pool.MFA.Mode != "ON"
}
