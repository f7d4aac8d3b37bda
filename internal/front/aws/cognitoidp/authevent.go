package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/risk"
)

// userOf finds a user by name in the pool that a request names.
func (s *Service) userOf(ctx context.Context, poolID, username *string) (*directory.Pool, *directory.User, error) {
	pool, err := s.pool(ctx, poolID)
	if err != nil {
		return nil, nil, err
	}
	user, err := s.Directory.Users.Find(ctx, pool, text(username))
	return pool, user, err
}

func (s *Service) adminListUserAuthEvents(ctx context.Context, in *idp.AdminListUserAuthEventsRequest) (*idp.AdminListUserAuthEventsResponse, error) {
	pool, user, err := s.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	events, next, err := s.History.List(ctx, pool, user.ID, count(in.MaxResults), text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.AdminListUserAuthEventsResponse{AuthEvents: make([]idp.AuthEventType, 0, len(events)), NextToken: given(next)}
	for _, e := range events {
		out.AuthEvents = append(out.AuthEvents, eventAnswer(e))
	}
	return out, nil
}

func (s *Service) adminUpdateAuthEventFeedback(ctx context.Context, in *idp.AdminUpdateAuthEventFeedbackRequest) (*idp.AdminUpdateAuthEventFeedbackResponse, error) {
	pool, user, err := s.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.History.Say(ctx, pool, user.ID, text(in.EventId), text(in.FeedbackValue))
}

// updateAuthEventFeedback is for anybody: whoever has no token learns neither who exists nor what happened.
func (s *Service) updateAuthEventFeedback(ctx context.Context, in *idp.UpdateAuthEventFeedbackRequest) (*idp.UpdateAuthEventFeedbackResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.History.SayByToken(ctx, pool, func() (string, error) {
		user, err := s.Directory.Users.Find(ctx, pool, text(in.Username))
		if err != nil {
			return "", err
		}
		return user.ID, nil
	}, text(in.EventId), text(in.FeedbackToken), text(in.FeedbackValue))
}

func eventAnswer(e *risk.Event) idp.AuthEventType {
	out := idp.AuthEventType{
		EventId: new(e.ID), EventType: new(e.Type), CreationDate: awsjson.At(e.CreatedAt), EventResponse: new(e.Response),
		EventRisk: &idp.EventRiskType{RiskDecision: new(e.Decision), RiskLevel: given(e.Level), CompromisedCredentialsDetected: e.Stolen},
	}
	for _, c := range e.Challenges {
		out.ChallengeResponses = append(out.ChallengeResponses, idp.ChallengeResponseType{ChallengeName: new(c.Name), ChallengeResponse: new(c.Response)})
	}
	if e.Address+e.Device+e.Timezone != "" {
		out.EventContextData = &idp.EventContextDataType{
			IpAddress: given(e.Address), DeviceName: given(e.Device), Timezone: given(e.Timezone), City: given(e.Place.City), Country: given(e.Place.Country),
		}
	}
	if f := e.Feedback; f != nil {
		out.EventFeedback = &idp.EventFeedbackType{FeedbackValue: new(f.Value), Provider: new(f.Provider), FeedbackDate: awsjson.At(f.At)}
	}
	return out
}
