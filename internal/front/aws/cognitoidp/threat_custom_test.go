package cognitoidp_test

import (
	"context"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/signin"
)

// echo is a custom sign-in whose answer is "yes".
type echo struct{}

func (echo) Configured(*directory.Pool) bool { return true }

func (echo) Define(_ context.Context, e signin.CustomEvent) (signin.Decision, error) {
	return signin.Decision{Challenge: signin.CustomChallenge, Tokens: len(e.Steps) == 1 && e.Steps[0].Passed, Fail: len(e.Steps) > 1}, nil
}

func (echo) Create(context.Context, signin.CustomEvent) (signin.CustomQuestion, error) {
	return signin.CustomQuestion{}, nil
}

func (echo) Verify(_ context.Context, _ signin.CustomEvent, _ map[string]string, answer string) (bool, error) {
	return answer == "yes", nil
}

// TestCustomSignInsAreJudgedAsTheirOwnModeSays fails when CustomAuthMode does not decide, or a custom sign-in of a pool
// without it is judged.
func TestCustomSignInsAreJudgedAsTheirOwnModeSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode    types.AdvancedSecurityModeType
		custom  types.AdvancedSecurityEnabledModeType
		action  types.AccountTakeoverEventActionType
		refused bool
		events  int
	}{
		"not asked for":                        {"ENFORCED", "", "BLOCK", false, 0},
		"only watched":                         {"ENFORCED", "AUDIT", "BLOCK", false, 2},
		"enforced":                             {"ENFORCED", "ENFORCED", "BLOCK", true, 2},
		"a factor, which cannot come":          {"ENFORCED", "ENFORCED", "MFA_REQUIRED", true, 2},
		"a factor, if it could come":           {"ENFORCED", "ENFORCED", "MFA_IF_CONFIGURED", false, 2},
		"enforced in a pool that only watches": {"AUDIT", "ENFORCED", "BLOCK", true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *options) { o.custom = echo{} })
			pool, client := w.guarded(c.mode, func(in *sdk.CreateUserPoolInput) {
				if c.custom != "" {
					in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityAdditionalFlows: &types.AdvancedSecurityAdditionalFlowsType{CustomAuthMode: c.custom}}
				}
			})
			w.takeover(pool, nil, c.action, c.action, c.action, false)
			w.person(pool, "alice")
			solve := func(agent string) error {
				w.now.Advance(time.Minute)
				place := &types.ContextDataType{IpAddress: new(berlin), ServerName: new("s"), ServerPath: new("p"),
					HttpHeaders: []types.HttpHeader{{HeaderName: new("User-Agent"), HeaderValue: &agent}}}
				begun, err := w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{
					UserPoolId: pool, ClientId: client, AuthFlow: "CUSTOM_AUTH", AuthParameters: map[string]string{"USERNAME": "alice"}, ContextData: place,
				})
				w.check(err)
				_, err = w.AdminRespondToAuthChallenge(t.Context(), &sdk.AdminRespondToAuthChallengeInput{
					UserPoolId: pool, ClientId: client, ChallengeName: "CUSTOM_CHALLENGE", Session: begun.Session,
					ChallengeResponses: map[string]string{"USERNAME": "alice", "ANSWER": "yes"}, ContextData: place,
				})
				return err
			}
			w.check(solve(chrome))
			if err := solve(firefox); c.refused {
				w.refused(err, "NotAuthorizedException", blocked)
			} else {
				w.check(err)
			}
			if got := len(w.historyOf(pool, "alice")); got != c.events {
				t.Errorf("%d events, want %d", got, c.events)
			}
		})
	}
}
