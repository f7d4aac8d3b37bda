package trigger

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/trigger/event"
)

// custom lets functions define a sign-in.
type custom struct{ *Triggers }

// Configured reports whether a function decides what comes next.
func (custom) Configured(p *directory.Pool) bool { return p.Lambda.ARNs["DefineAuthChallenge"] != "" }

// Define runs the define-auth-challenge trigger.
func (t custom) Define(ctx context.Context, e signin.CustomEvent) (signin.Decision, error) {
	c := about(event.DefineChallenge, e.Pool.Lambda.ARNs["DefineAuthChallenge"], e.Event)
	says, err := fire(ctx, t.Triggers, c, event.DefineRequest{
		UserAttributes: attributes(e.Pool, e.User), Session: steps(e), ClientMetadata: e.ClientMetadata, UserNotFound: hidden(e.Client, e.User),
	}, event.DefineResponse{})
	return signin.Decision{
		Fail: isTrue(says.FailAuthentication), Tokens: isTrue(says.IssueTokens), Challenge: signin.Kind(deref(says.ChallengeName)),
	}, err
}

// Create runs the create-auth-challenge trigger.
func (t custom) Create(ctx context.Context, e signin.CustomEvent) (signin.CustomQuestion, error) {
	arn := e.Pool.Lambda.ARNs["CreateAuthChallenge"]
	if arn == "" {
		return signin.CustomQuestion{}, notCustom()
	}
	says, err := fire(ctx, t.Triggers, about(event.CreateChallenge, arn, e.Event), event.CreateRequest{
		UserAttributes: attributes(e.Pool, e.User), ChallengeName: string(signin.CustomChallenge), Session: steps(e),
		ClientMetadata: e.ClientMetadata, UserNotFound: hidden(e.Client, e.User),
	}, event.CreateResponse{})
	return signin.CustomQuestion{
		Public: says.PublicChallengeParameters, Private: says.PrivateChallengeParameters, Metadata: deref(says.ChallengeMetadata),
	}, err
}

// Verify runs the verify-auth-challenge-response trigger.
func (t custom) Verify(ctx context.Context, e signin.CustomEvent, private map[string]string, answer string) (bool, error) {
	arn := e.Pool.Lambda.ARNs["VerifyAuthChallengeResponse"]
	if arn == "" {
		return false, notCustom()
	}
	says, err := fire(ctx, t.Triggers, about(event.VerifyChallenge, arn, e.Event), event.VerifyRequest{
		UserAttributes: attributes(e.Pool, e.User), PrivateChallengeParameters: private, ChallengeAnswer: answer,
		ClientMetadata: e.ClientMetadata, UserNotFound: hidden(e.Client, e.User),
	}, event.VerifyResponse{})
	return err == nil && isTrue(says.AnswerCorrect), err
}

// notCustom is the answer where a function is missing that the others count on.
func notCustom() error {
	return fault.Invalidf("Custom auth lambda trigger is not configured for the user pool.")
}

// steps are the steps taken, as an event lists them.
func steps(e signin.CustomEvent) []event.ChallengeResult {
	out := make([]event.ChallengeResult, 0, len(e.Steps))
	for _, s := range e.Steps {
		out = append(out, event.ChallengeResult{
			ChallengeName: string(s.Challenge), ChallengeResult: s.Passed, ChallengeMetadata: given(s.Metadata),
		})
	}
	return out
}

var _ signin.CustomAuth = custom{}
