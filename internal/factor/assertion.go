package factor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

const (
	assertionTimeout = 180_000 // milliseconds that the browser may take
	challengeBytes   = 32
)

// Question asks for a passkey: Options go to the browser (PublicKeyCredentialRequestOptionsJSON), State must come back
// to CheckPasskey and must not be readable in between.
type Question struct{ Options, State []byte }

type assertion struct {
	Challenge    string `json:"c"`
	RelyingParty string `json:"r"`
	Verify       bool   `json:"v,omitempty"`
}

// AskPasskey makes the question for a user's passkeys. Verify demands that the person is verified, as the pool may do.
func (f *Factors) AskPasskey(ctx context.Context, pool *directory.Pool, userID string, verify bool) (Question, error) {
	party, err := f.relyingParty(ctx, pool)
	if err != nil {
		return Question{}, err
	}
	list, err := f.Store.Passkeys(ctx, pool.ID, userID)
	if err != nil {
		return Question{}, err
	}
	allowed := refs(list, party)
	if len(allowed) == 0 {
		return Question{}, fault.Deniedf("The user has no passkey for the relying party %s.", party)
	}
	a := assertion{Challenge: credentialText.EncodeToString(random.Bytes(challengeBytes)), RelyingParty: party}
	wish := verification(pool)
	if verify {
		wish = "required"
	}
	a.Verify = wish == "required"
	options, err := json.Marshal(struct {
		Challenge        string          `json:"challenge"`
		Timeout          int             `json:"timeout"`
		RPID             string          `json:"rpId"`
		Allow            []CredentialRef `json:"allowCredentials"`
		UserVerification string          `json:"userVerification"`
	}{a.Challenge, assertionTimeout, party, allowed, wish})
	if err != nil {
		return Question{}, fmt.Errorf("encode passkey options: %w", err)
	}
	state, err := json.Marshal(a)
	if err != nil {
		return Question{}, fmt.Errorf("encode passkey challenge: %w", err)
	}
	return Question{Options: options, State: state}, nil
}

// Shown is what a right answer has shown.
type Shown struct {
	Verified bool // the authenticator has verified the person
	Roaming  bool // it is none of the device that signs in: a security key
}

// CheckPasskey judges an answer (AuthenticationResponseJSON) to a question. A wrong one is the fault of a wrong password. A signature counter that does not grow, where the
// authenticator has one, is a copied key and refused. https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion
func (f *Factors) CheckPasskey(ctx context.Context, pool *directory.Pool, user *directory.User, state []byte, answer string) (Shown, error) {
	var a assertion
	if err := json.Unmarshal(state, &a); err != nil {
		return Shown{}, fmt.Errorf("read passkey challenge: %w", err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return Shown{}, fault.Invalidf("CREDENTIAL is not an authentication response.").Because(err)
	}
	origin := parsed.Response.CollectedClientData.Origin
	if !allowedOrigin(origin, a.RelyingParty) {
		return Shown{}, fault.BadPassword().Because(errors.New("passkey from a foreign origin"))
	}
	list, err := f.Store.Passkeys(ctx, pool.ID, user.ID)
	if err != nil {
		return Shown{}, err
	}
	h, err := hold(user, list, a.RelyingParty)
	if err != nil {
		return Shown{}, fmt.Errorf("read passkeys: %w", err)
	}
	lib, err := library(a.RelyingParty, origin)
	if err != nil {
		return Shown{}, fmt.Errorf("set up WebAuthn: %w", err)
	}
	session := webauthn.SessionData{
		Challenge: a.Challenge, RelyingPartyID: a.RelyingParty, UserID: []byte(user.ID), UserVerification: protocol.VerificationPreferred,
	}
	if a.Verify {
		session.UserVerification = protocol.VerificationRequired
	}
	used, err := lib.ValidateLogin(h, session, parsed)
	if err != nil {
		return Shown{}, fault.BadPassword().Because(err)
	}
	roaming := false
	flags := parsed.Response.AuthenticatorData.Flags
	err = f.Store.UpdatePasskey(ctx, pool.ID, user.ID, credentialText.EncodeToString(used.ID), func(p *Passkey) error {
		// The library compared the counter as it was read; what counts is how it is now.
		counter := parsed.Response.AuthenticatorData.Counter
		if counter <= p.SignCount && (counter != 0 || p.SignCount != 0) {
			return fault.BadPassword().Because(errors.New("the signature counter of a passkey did not grow"))
		}
		roaming = p.Attachment == string(protocol.CrossPlatform) // as it was registered: what answers say of it, nobody has signed
		p.SignCount, p.BackedUp, p.UsedAt = counter, flags.HasBackupState(), f.moment()
		return nil
	})
	if fault.Is(err, fault.Missing, "") { // deleted meanwhile
		err = fault.BadPassword()
	}
	return Shown{Verified: flags.HasUserVerified(), Roaming: roaming}, err
}
