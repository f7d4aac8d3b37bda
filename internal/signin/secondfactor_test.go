package signin_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
)

// secondFactorCase is one row of testdata/second_factor.json: what a pool serves and a user has, and what is asked.
type secondFactorCase struct {
	Name      string
	Pool      string      // mode, then what is served: sms, app, email
	Recovery  []string    // AccountRecoverySetting, best first
	Has       []string    // attributes
	App       bool        // an authenticator app is registered
	On        []string    // UserMFASettingList
	Preferred string      // PreferredMfaSetting
	Challenge signin.Kind // empty: tokens
	Choose    []string    // MFAS_CAN_CHOOSE
	Setup     []string    // MFAS_CAN_SETUP
	Wrong     string      // the text of an Invalid
}

// TestSecondFactors is the whole decision: pool settings × recovery × users, over every password flow.
func TestSecondFactors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/second_factor.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []secondFactorCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			w := c.build(t)
			want := outcome{challenge: c.Challenge}
			if c.Wrong != "" {
				want = outcome{kind: fault.Invalid, text: c.Wrong}
			}
			flows := w.flowsOf()
			if testing.Short() { // the race detector makes SRP slow
				flows = map[string]func(name, pw string) (*signin.Answer, error){"USER_PASSWORD_AUTH": w.withPassword}
			}
			for flow, signIn := range flows {
				t.Run(flow, func(t *testing.T) {
					a, err := signIn("alice", right)
					want.check(t, a, err)
					if a != nil {
						lists(t, "MFAS_CAN_CHOOSE", c.Choose, a.Params["MFAS_CAN_CHOOSE"])
						lists(t, "MFAS_CAN_SETUP", c.Setup, a.Params["MFAS_CAN_SETUP"])
					}
				})
			}
		})
	}
}

func lists(t *testing.T, name string, want []string, got string) {
	t.Helper()
	var list []string
	if got != "" {
		if err := json.Unmarshal([]byte(got), &list); err != nil {
			t.Errorf("%s is %q: %v", name, got, err)
		}
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func (c secondFactorCase) build(t *testing.T) *world {
	t.Helper()
	words := strings.Fields(c.Pool)
	mfa := directory.MFAConfig{Mode: "OPTIONAL", SMS: slices.Contains(words, "sms"), SoftwareToken: true}
	if slices.Contains(words, "email") {
		mfa.Email = &directory.EmailMFA{}
	}
	w, _ := appWorld(t, mfa, pool(func(p *directory.PoolSpec) {
		for i, name := range c.Recovery {
			p.Recovery = append(p.Recovery, directory.Recovery{Priority: i + 1, Name: name})
		}
	}))
	if c.App {
		w.register("alice")
	}
	mfa.Mode, mfa.SoftwareToken = words[0], slices.Contains(words, "app")
	w.setMFA(mfa)
	_, err := w.dir.Users.Change(t.Context(), w.pool, w.find("alice").ID, func(u *directory.User) error {
		for _, name := range c.Has {
			u.Attributes[name] = map[string]string{"email": "alice@example.com", "phone_number": phone}[name]
			u.Attributes[name+"_verified"] = "true"
		}
		u.MFA = directory.UserMFA{Methods: c.On, Preferred: c.Preferred}
		return nil
	})
	w.check(err)
	return w
}
