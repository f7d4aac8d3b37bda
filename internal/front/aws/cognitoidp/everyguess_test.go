package cognitoidp_test

import (
	"encoding/json"
	"fmt"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/limit"
)

// wrongCalls are guesses through each operation that tests something, by different users where users have limits of their
// own. %[1]s is the pool, %[2]s a client without a secret, %[3]s one with, %[4]d the try.
var wrongCalls = map[string]string{
	"InitiateAuth":              `{"ClientId":%[2]q,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"user%[4]d","PASSWORD":"Winter-2026!"}}`,
	"RespondToAuthChallenge":    `{"ClientId":%[2]q,"ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"none of this server %[4]d","ChallengeResponses":{"USERNAME":"alice","NEW_PASSWORD":"Correct-Horse1"}}`,
	"GetTokensFromRefreshToken": `{"ClientId":%[2]q,"RefreshToken":"guess.%[4]d"}`,
	"GetClientToken":            `{"ClientId":%[3]q,"Secret":"guessed000000000000000000%[4]d"}`,
	"RevokeToken":               `{"ClientId":%[3]q,"ClientSecret":"guessed000000000000000000%[4]d","Token":"x"}`,
	"SignUp":                    `{"ClientId":%[3]q,"SecretHash":"Z3Vlc3M=","Username":"new%[4]d","Password":"Correct-Horse1"}`,
	"ConfirmSignUp":             `{"ClientId":%[2]q,"Username":"user%[4]d","ConfirmationCode":"123456"}`,
	"ResendConfirmationCode":    `{"ClientId":%[2]q,"Username":"user%[4]d"}`,
	"ForgotPassword":            `{"ClientId":%[2]q,"Username":"user%[4]d"}`,
	"ConfirmForgotPassword":     `{"ClientId":%[2]q,"Username":"user%[4]d","ConfirmationCode":"123456","Password":"Correct-Horse1"}`,
	"ChangePassword":            `{"AccessToken":"guess.%[4]d.x","PreviousPassword":"Winter-2026!","ProposedPassword":"Correct-Horse1"}`,
	"VerifyUserAttribute":       `{"AccessToken":"guess.%[4]d.x","AttributeName":"email","Code":"123456"}`,
	"AssociateSoftwareToken":    `{"Session":"none of this server %[4]d"}`,
	"VerifySoftwareToken":       `{"Session":"none of this server %[4]d","UserCode":"123456"}`,
	"UpdateAuthEventFeedback":   `{"UserPoolId":%[1]q,"Username":"alice","EventId":"0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3d4e5f","FeedbackToken":"guess%[4]d","FeedbackValue":"Valid"}`,
}

// TestGuessingEndsWhereverASecretIsTested fails when an address may go on guessing through one of the operations that anybody
// may call.
func TestGuessingEndsWhereverASecretIsTested(t *testing.T) {
	t.Parallel()
	for _, spec := range cognitoidp.Operations() {
		if spec.Auth != awsjson.Unsigned || !limit.TestsSecrets(spec.Name) {
			continue
		}
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel()
			w := limited(t, func(c *limit.Config) { c.Failures = 10 })
			pool, public := w.guarded("AUDIT")
			backend, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{UserPoolId: pool, ClientName: new("backend"), GenerateSecret: true})
			w.check(err)
			w.person(pool, "alice")
			judged := 0
			for i := range 20 {
				var got struct {
					Type    string `json:"__type"`
					Message string
				}
				w.check(json.Unmarshal(w.raw(spec.Name, fmt.Sprintf(wrongCalls[spec.Name], *pool, *public, *backend.UserPoolClient.ClientId, i)), &got))
				switch {
				case got.Message != "Too many requests":
					judged++
				case got.Type != "TooManyRequestsException" && got.Type != "ThrottlingException":
					t.Fatalf("refused by %s", got.Type)
				}
				if i == 0 && got.Type == "" {
					t.Fatal("the guess is right")
				}
			}
			if judged != 11 { // the tenth part is given without asking the store
				t.Errorf("%d of 20 guesses were judged, want 11", judged)
			}
		})
	}
}
