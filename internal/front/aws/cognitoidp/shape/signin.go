// Package shape turns the shapes of the wire into the domain's words and back, and nothing else: it asks no room and knows no
// request. What a function reads is called of it, SettingsOf, what it writes an answer, PoolAnswer.
package shape

import (
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/token"
)

// SignInAnswer writes the next challenge or the tokens. ChallengeParameters are there in either case.
func SignInAnswer(a *signin.Answer) idp.InitiateAuthResponse {
	out := idp.InitiateAuthResponse{
		ChallengeName: member.Given(string(a.Challenge)), Session: member.Given(a.Session), ChallengeParameters: a.Params,
		AvailableChallenges: member.Some(a.Available), AuthenticationResult: TokensAnswer(a.Tokens, a.Device),
	}
	if out.ChallengeParameters == nil {
		out.ChallengeParameters = map[string]string{}
	}
	return out
}

func TokensAnswer(set *token.Set, device *signin.NewDevice) *idp.AuthenticationResultType {
	if set == nil {
		return nil
	}
	out := &idp.AuthenticationResultType{
		AccessToken: member.Given(set.Access), IdToken: member.Given(set.ID), RefreshToken: member.Given(set.Refresh),
		ExpiresIn: member.Number(set.ExpiresIn), TokenType: new("Bearer"),
	}
	if device != nil {
		out.NewDeviceMetadata = &idp.NewDeviceMetadataType{DeviceKey: new(device.Key), DeviceGroupKey: new(device.Group)}
	}
	return out
}
