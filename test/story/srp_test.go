package story

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/rogpeppe/go-internal/testscript"

	"cognate.dev/cognate/internal/password/srp"
)

// prove answers a PASSWORD_VERIFIER challenge: the parameters of the answer.
func prove(client *srp.Client, pool string, params map[string]string, password string) (map[string]string, error) {
	_, name, _ := strings.Cut(pool, "_")
	claim, err := client.Sign(srp.Challenge{
		PoolName: name, UserID: params["USER_ID_FOR_SRP"], Salt: params["SALT"], PublicB: params["SRP_B"],
		SecretBlock: params["SECRET_BLOCK"],
	}, password, time.Now())
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"USERNAME":                    params["USERNAME"],
		"PASSWORD_CLAIM_SIGNATURE":    claim.Signature,
		"PASSWORD_CLAIM_SECRET_BLOCK": base64.StdEncoding.EncodeToString(claim.SecretBlock),
		"TIMESTAMP":                   claim.Timestamp,
	}, nil
}

func srpSignIn(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: srp USER PASSWORD")
	}
	s, ctx, client := of(ts).server, patience(ts), srp.NewClient()
	begun, err := s.call(ctx, "InitiateAuth", fmt.Sprintf(`{"ClientId":%q,"AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":%q,"SRP_A":%q}}`,
		ts.Getenv("CLIENT"), args[0], client.PublicA()))
	ts.Check(err)
	params := map[string]string{}
	asked, _ := begun.body["ChallengeParameters"].(map[string]any)
	for k, v := range asked {
		params[k], _ = v.(string)
	}
	answers, err := prove(client, ts.Getenv("POOL"), params, args[1])
	ts.Check(err)
	raw, err := json.Marshal(map[string]any{
		"ClientId": ts.Getenv("CLIENT"), "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": answers,
	})
	ts.Check(err)
	got, err := s.call(ctx, "RespondToAuthChallenge", string(raw))
	settle(ts, neg, got, err)
}

// signInSRP signs in through the SDK and returns the tokens.
func signInSRP(t *testing.T, ctx context.Context, c *idp.Client, pool, app, user, password string) *types.AuthenticationResultType {
	t.Helper()
	client := srp.NewClient()
	begun, err := c.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &app, AuthFlow: types.AuthFlowTypeUserSrpAuth,
		AuthParameters: map[string]string{"USERNAME": user, "SRP_A": client.PublicA()}})
	if err != nil {
		t.Fatal(err)
	}
	answers, err := prove(client, pool, begun.ChallengeParameters, password)
	if err != nil {
		t.Fatal(err)
	}
	done, err := c.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{ClientId: &app,
		ChallengeName: types.ChallengeNameTypePasswordVerifier, ChallengeResponses: answers})
	if err != nil {
		t.Fatal(err)
	}
	return done.AuthenticationResult
}
