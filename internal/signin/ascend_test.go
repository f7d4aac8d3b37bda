package signin_test

import (
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	totpchallenge "cognate.dev/cognate/internal/signin/challenge/totp"
	"cognate.dev/cognate/internal/token"
)

// TestASessionIsBuiltOn is the whole decision: what a browser has shown × what its person has × what the client wishes for.
func TestASessionIsBuiltOn(t *testing.T) {
	t.Parallel()
	const loa = "urn:cognito:loa:"
	type start struct{ shown, has, wishes string }
	for in, want := range map[start]string{
		{"pwd", "email", loa + "3"}:                                "EMAIL_OTP",
		{"pwd", "email app", loa + "3"}:                            "SOFTWARE_TOKEN_MFA", // the strongest comes first
		{"pwd", "email app", loa + "4"}:                            "SOFTWARE_TOKEN_MFA",
		{"pwd", "email", loa + "4"}:                                "unreachable",
		{"pwd", "email", loa + "4 " + loa + "3"}:                   "EMAIL_OTP",
		{"pwd", "", loa + "3"}:                                     "unreachable",
		{"pwd", "", loa + "4 " + loa + "1"}:                        "enough",
		{"pwd", "unverified", loa + "3"}:                           "unreachable", // an address that nobody has verified
		{"pwd email_otp mfa", "email", loa + "4 " + loa + "3"}:     "enough",
		{"pwd email_otp mfa", "email app", loa + "4 " + loa + "3"}: "SOFTWARE_TOKEN_MFA",
		{"email_otp", "email", loa + "3"}:                          "PASSWORD",
		{"email_otp", "email app", loa + "4"}:                      "anew", // a password and the app are missing
		{"email_otp", "email app", loa + "4 " + loa + "2"}:         "anew",
		{"email_otp", "email", loa + "4 " + loa + "2"}:             "enough",
		{"swk", "app", loa + "4"}:                                  "anew",
		{"swk", "app", loa + "3"}:                                  "enough",
		{"fed", "email", loa + "2"}:                                "anew", // nothing of ours was shown
		{"pwd", "email", token.TwoFactors}:                         "EMAIL_OTP",
		{"swk", "email", token.TwoFactors}:                         "EMAIL_OTP", // a passkey that asked its person for nothing
		{"swk mfa", "email", token.TwoFactors}:                     "enough",
		{"pwd otp mfa", "app", token.TwoFactors}:                   "enough",
		{"pwd", "", token.TwoFactors + " " + token.OneFactor}:      "enough",
		{"pwd", "email", "urn:example:unknown " + loa + "3"}:       "EMAIL_OTP",
		{"pwd", "email, disabled", loa + "3"}:                      "User is disabled.",
		{"pwd", "email, to be reset", loa + "3"}:                   "Password reset required for the user",
	} {
		t.Run(in.shown+"/"+in.has+"/"+in.wishes, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, client(func(c *directory.ClientSpec) {
				c.ExplicitAuthFlows = []string{"ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
			}),
				pool(func(p *directory.PoolSpec) { p.FirstAuthFactors = []string{"PASSWORD", "EMAIL_OTP"} }))
			box := mailbox.New(10)
			w.build(signin.Hooks{}, otp.Email(box, box, w.keys, w.dir.Users), totpchallenge.New(w.factors))
			w.setMFA(directory.MFAConfig{Mode: "OPTIONAL", SoftwareToken: true, Email: &directory.EmailMFA{}})
			status := directory.Confirmed
			if strings.Contains(in.has, "reset") {
				status = directory.ResetRequired
			}
			alice := w.user("alice", status, func(u *directory.User) {
				u.Enabled = !strings.Contains(in.has, "disabled")
				switch {
				case strings.Contains(in.has, "email"):
				case strings.Contains(in.has, "unverified"):
					u.Attributes["email_verified"] = "false"
				default:
					u.Attributes = map[string]string{}
				}
			})
			if strings.Contains(in.has, "app") {
				w.register("alice")
			}
			entry := signin.Entry{Pool: w.pool, Client: w.client, Login: "alice", Levels: strings.Fields(in.wishes)}
			a, enough, err := w.machine.Ascend(t.Context(), entry, alice.ID, strings.Fields(in.shown))
			got := "anew"
			switch {
			case fault.Is(err, fault.Denied, fault.Level):
				got = "unreachable"
			case err != nil:
				got = fault.As(err).Text
			case enough:
				got = "enough"
			case a != nil:
				got = string(a.Challenge)
			}
			if got != want {
				t.Fatalf("got %s (%v), want %s", got, err, want)
			}
		})
	}
}

// TestWhatASessionHasShownIsNeverTheWhole fails when the person is given out without a new proof, or without saying that a
// part of it is the session's.
func TestWhatASessionHasShownIsNeverTheWhole(t *testing.T) {
	t.Parallel()
	w, _ := appWorld(t, directory.MFAConfig{Mode: "OPTIONAL", SoftwareToken: true})
	secret := w.register("alice")
	alice := w.find("alice")
	entry := signin.Entry{Pool: w.pool, Client: w.client, Login: "alice", Levels: []string{"urn:cognito:loa:4"}}
	a, _, err := w.machine.Ascend(t.Context(), entry, alice.ID, []string{"pwd"})
	outcome{challenge: signin.SoftwareTokenMFA}.check(t, a, err)
	answer := func(code string) (*signin.Answer, error) {
		return w.machine.Respond(t.Context(), signin.Reply{Pool: w.pool, Client: w.client, Pages: true, Challenge: string(a.Challenge), Session: a.Session,
			Answers: map[string]string{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": code}})
	}
	_, err = answer(other(w.app(secret, 0)))
	refused(t, err, fault.Mismatch, "Invalid code received for user")
	done, err := answer(w.app(secret, 0))
	w.check(err)
	if p := done.Proven; p == nil || !p.Upon || !slices.Equal(p.AMR, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("got %+v", done.Proven)
	}
	if _, err = answer(w.app(secret, 1)); err == nil {
		t.Error("the session of the challenge works twice")
	}
	plain, err := w.enter("alice", right)
	w.check(err)
	if plain.Proven != nil && plain.Proven.Upon {
		t.Error("a sign-in from the start claims to build on a session")
	}
}
