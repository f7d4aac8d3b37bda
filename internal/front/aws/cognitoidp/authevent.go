package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// userOf finds a user by name in the pool that a request names.
func (s *Service) userOf(ctx context.Context, poolID, username *string) (*directory.Pool, *directory.User, error) {
	pool, err := s.pool(ctx, poolID)
	if err != nil {
		return nil, nil, err
	}
	user, err := s.Directory.Users.Find(ctx, pool, member.Text(username))
	return pool, user, err
}

func (s *Service) adminListUserAuthEvents(ctx context.Context, in *idp.AdminListUserAuthEventsRequest) (*idp.AdminListUserAuthEventsResponse, error) {
	pool, user, err := s.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	events, next, err := s.History.List(ctx, pool, user.ID, member.Count(in.MaxResults), member.Text(in.NextToken))
	if err != nil {
		return nil, err
	}
	out := &idp.AdminListUserAuthEventsResponse{AuthEvents: make([]idp.AuthEventType, 0, len(events)), NextToken: member.Given(next)}
	for _, e := range events {
		out.AuthEvents = append(out.AuthEvents, shape.EventAnswer(e))
	}
	return out, nil
}

func (s *Service) adminUpdateAuthEventFeedback(ctx context.Context, in *idp.AdminUpdateAuthEventFeedbackRequest) (*idp.AdminUpdateAuthEventFeedbackResponse, error) {
	pool, user, err := s.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.History.Say(ctx, pool, user.ID, member.Text(in.EventId), member.Text(in.FeedbackValue))
}

// updateAuthEventFeedback is for anybody: whoever has no token learns neither who exists nor what happened.
func (s *Service) updateAuthEventFeedback(ctx context.Context, in *idp.UpdateAuthEventFeedbackRequest) (*idp.UpdateAuthEventFeedbackResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return nil, s.History.SayByToken(ctx, pool, func() (string, error) {
		user, err := s.Directory.Users.Find(ctx, pool, member.Text(in.Username))
		if err != nil {
			return "", err
		}
		return user.ID, nil
	}, member.Text(in.EventId), member.Text(in.FeedbackToken), member.Text(in.FeedbackValue))
}
