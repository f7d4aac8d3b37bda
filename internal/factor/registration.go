package factor

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

const (
	registrationPurpose = "passkey-registration"
	registrationLife    = 5 * time.Minute
	registrationTimeout = 60_000 // milliseconds that the browser may take
)

// registration is what a challenge says, sealed: who asked for it, through which client, and until when. So nothing is
// stored before a passkey is.
type registration struct {
	ID           string `json:"i"`
	PoolID       string `json:"p"`
	UserID       string `json:"u"`
	ClientID     string `json:"c"`
	RelyingParty string `json:"r"`
	Verify       bool   `json:"v,omitempty"`
	Expires      int64  `json:"x"` // unix milliseconds
}

// CreationOptions is what a browser's navigator.credentials.create takes, in its JSON form.
// https://www.w3.org/TR/webauthn-3/#dictdef-publickeycredentialcreationoptionsjson
type CreationOptions struct {
	RP struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"rp"`
	User struct {
		ID          string `json:"id"` // base64url of the sub
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
	} `json:"user"`
	Challenge          string            `json:"challenge"`
	PubKeyCredParams   []CredentialParam `json:"pubKeyCredParams"`
	Timeout            int               `json:"timeout"` // milliseconds
	ExcludeCredentials []CredentialRef   `json:"excludeCredentials"`
	Selection          struct {
		RequireResidentKey bool   `json:"requireResidentKey"`
		ResidentKey        string `json:"residentKey"`
		UserVerification   string `json:"userVerification"`
	} `json:"authenticatorSelection"`
}

// CredentialParam is a kind of key: -7 is ES256, -257 is RS256.
type CredentialParam struct {
	Type string `json:"type"`
	Alg  int    `json:"alg"`
}

// CredentialRef names a passkey.
type CredentialRef struct {
	ID         string   `json:"id"`
	Type       string   `json:"type"`
	Transports []string `json:"transports,omitempty"`
}

func refs(list []Passkey, relyingParty string) []CredentialRef {
	out := []CredentialRef{}
	for _, p := range list {
		if p.RelyingPartyID == relyingParty {
			out = append(out, CredentialRef{ID: p.ID, Type: "public-key", Transports: p.Transports})
		}
	}
	return out
}

// verification is the pool's wish for user verification: "required" or "preferred".
func verification(pool *directory.Pool) string {
	if w := pool.MFA.WebAuthn; w != nil && (w.UserVerification == "required" || w.FactorConfig == bothFactors) {
		return "required"
	}
	return "preferred"
}

const bothFactors = "MULTI_FACTOR_WITH_USER_VERIFICATION"

func tooManyPasskeys() error {
	return fault.Limitedf("A user can have at most %d passkeys.", MaxPasskeys)
}

// StartPasskey makes what a browser needs to create a passkey for somebody who is signed in.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_StartWebAuthnRegistration.html
func (f *Factors) StartPasskey(ctx context.Context, pool *directory.Pool, client *directory.Client, user *directory.User) (*CreationOptions, error) {
	party, err := f.relyingParty(ctx, pool)
	if err != nil {
		return nil, err
	}
	list, err := f.Store.Passkeys(ctx, pool.ID, user.ID)
	if err != nil {
		return nil, err
	}
	if len(list) >= MaxPasskeys {
		return nil, tooManyPasskeys()
	}
	o := &CreationOptions{
		PubKeyCredParams:   []CredentialParam{{"public-key", -7}, {"public-key", -257}},
		Timeout:            registrationTimeout,
		ExcludeCredentials: refs(list, party),
	}
	o.RP.ID, o.RP.Name = party, party
	o.User.ID, o.User.Name, o.User.DisplayName = credentialText.EncodeToString([]byte(user.ID)), user.Username, user.Username
	o.Selection.RequireResidentKey, o.Selection.ResidentKey, o.Selection.UserVerification = true, "required", verification(pool)
	plain, err := json.Marshal(registration{
		ID: random.Alnum(22), PoolID: pool.ID, UserID: user.ID, ClientID: client.ID, RelyingParty: party,
		Verify: o.Selection.UserVerification == "required", Expires: f.moment().Add(registrationLife).UnixMilli(),
	})
	if err != nil {
		return nil, fmt.Errorf("encode passkey challenge: %w", err)
	}
	o.Challenge = credentialText.EncodeToString(f.Sealer.Seal(registrationPurpose, plain, nil))
	return o, nil
}

// CompletePasskey checks and keeps what the browser created (RegistrationResponseJSON). A challenge works once.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CompleteWebAuthnRegistration.html
func (f *Factors) CompletePasskey(ctx context.Context, pool *directory.Pool, client *directory.Client, user *directory.User, credential []byte) error {
	party, err := f.relyingParty(ctx, pool)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(credential)
	if err != nil {
		return fault.Invalidf("Credential is not a registration response.").Because(err)
	}
	said := parsed.Response.CollectedClientData
	r, err := f.openRegistration(said.Challenge, pool, client, user)
	if err != nil {
		return err
	}
	if !allowedOrigin(said.Origin, party) {
		return fault.New(fault.Denied, fault.PasskeyOrigin, "The origin is not allowed for the relying party.")
	}
	hash := sha256.Sum256([]byte(party))
	if r.RelyingParty != party || subtle.ConstantTimeCompare(hash[:], parsed.Response.AttestationObject.AuthData.RPIDHash) != 1 {
		return fault.New(fault.Denied, fault.PasskeyParty, "The passkey belongs to another relying party.")
	}
	lib, err := library(party, said.Origin)
	if err != nil {
		return fmt.Errorf("set up WebAuthn: %w", err)
	}
	session := webauthn.SessionData{
		Challenge: said.Challenge, RelyingPartyID: party, UserID: []byte(user.ID), UserVerification: protocol.VerificationPreferred,
		CredParams: []protocol.CredentialParameter{
			{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
			{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
		},
	}
	if r.Verify {
		session.UserVerification = protocol.VerificationRequired
	}
	made, err := lib.CreateCredential(holder{user: user}, session, parsed)
	if err != nil {
		return fault.New(fault.Invalid, fault.Passkey, "The passkey is not of a supported kind.").Because(err)
	}
	first, err := f.Store.Consume(ctx, r.ID, time.UnixMilli(r.Expires))
	if err != nil {
		return fmt.Errorf("use up passkey challenge: %w", err)
	}
	if !first {
		return noChallenge()
	}
	return f.Store.InsertPasskey(ctx, pool.ID, user.ID, f.keep(made, party), MaxPasskeys)
}

func noChallenge() error {
	return fault.New(fault.Missing, fault.Passkey, "There is no open registration for this passkey.")
}

// openRegistration reads a challenge that came back: it must be ours, of this user, young, and of the same client.
func (f *Factors) openRegistration(challenge string, pool *directory.Pool, client *directory.Client, user *directory.User) (r registration, err error) {
	sealed, err := credentialText.DecodeString(challenge)
	if err != nil {
		return r, noChallenge()
	}
	plain, err := f.Sealer.Open(registrationPurpose, sealed, nil)
	if err != nil || json.Unmarshal(plain, &r) != nil || r.PoolID != pool.ID || r.UserID != user.ID ||
		f.moment().UnixMilli() >= r.Expires {
		return r, noChallenge()
	}
	if r.ClientID != client.ID {
		return r, fault.New(fault.Denied, fault.PasskeyClient, "The registration was started by another app client.")
	}
	return r, nil
}

func (f *Factors) keep(c *webauthn.Credential, party string) Passkey {
	now := f.moment()
	p := Passkey{
		ID: credentialText.EncodeToString(c.ID), PublicKey: c.PublicKey, RelyingPartyID: party, Name: "Passkey of " + now.Format(time.DateOnly),
		Attachment: string(c.Authenticator.Attachment), BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState,
		SignCount: c.Authenticator.SignCount, CreatedAt: now,
	}
	for _, t := range c.Transport {
		p.Transports = append(p.Transports, string(t))
	}
	return p
}
