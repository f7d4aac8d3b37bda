package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/agent"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) listUserSessions(ctx context.Context, in *idp.ListUserSessionsRequest) (*idp.ListUserSessionsResponse, error) {
	access, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	audit.NoteProven(ctx, access.Pool.ID, access.User.ID)
	list, err := s.sessions(ctx, access.Pool, access.User, access.Claims.SessionID(), in.NextToken)
	return &idp.ListUserSessionsResponse{Sessions: list}, err
}

func (s *Service) adminListUserSessions(ctx context.Context, in *idp.AdminListUserSessionsRequest) (*idp.AdminListUserSessionsResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	list, err := s.sessions(ctx, pool, user, "", in.NextToken)
	return &idp.AdminListUserSessionsResponse{Sessions: list}, err
}

// sessions lists everything that a user is signed in with. That is one page, as at AWS, so no token is ever given out.
func (s *Service) sessions(ctx context.Context, pool *directory.Pool, user *directory.User, current string, next *string) ([]idp.SessionDescriptionType, error) {
	if next != nil {
		return nil, fault.Invalidf("Invalid pagination token.")
	}
	list, err := s.SignedIn.List(ctx, pool, user)
	if err != nil {
		return nil, err
	}
	out := []idp.SessionDescriptionType{}
	for _, one := range list {
		out = append(out, idp.SessionDescriptionType{
			SessionId: new(one.ID), SessionType: new(string(one.Kind)), ClientId: member.Given(one.ClientID),
			CreateDate: awsjson.At(one.CreatedAt), LastActiveDate: awsjson.At(one.ActiveAt), DeviceType: new(agent.Describe(one.From.Agent)),
			LastIPAddress: member.Given(one.From.Address), LastLocation: s.location(ctx, one.From.Address), OriginSessionId: member.Given(one.Through), IsCurrentSession: new(one.ID == current),
		})
	}
	return out, nil
}

// location is where an address is, if that is known.
func (s *Service) location(ctx context.Context, address string) *idp.SessionLocationType {
	p := s.Where(ctx, address)
	if p.City == "" && p.Country == "" {
		return nil
	}
	return &idp.SessionLocationType{City: member.Given(p.City), Country: member.Given(p.Country)}
}

func (s *Service) revokeUserSession(ctx context.Context, in *idp.RevokeUserSessionRequest) (*idp.RevokeUserSessionResponse, error) {
	access, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	audit.NoteProven(ctx, access.Pool.ID, access.User.ID)
	linked, err := shape.LinkedOf(in.RevokeAssociatedSessions)
	if err != nil {
		return nil, err
	}
	if member.Text(in.SessionId) == access.Claims.SessionID() {
		return nil, fault.Invalidf("The session of the access token cannot be revoked by itself; use GlobalSignOut or RevokeToken.")
	}
	return nil, s.SignedIn.End(ctx, access.Pool, access.User, member.Text(in.SessionId), linked)
}

func (s *Service) adminRevokeUserSession(ctx context.Context, in *idp.AdminRevokeUserSessionRequest) (*idp.AdminRevokeUserSessionResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	linked, err := shape.LinkedOf(in.RevokeAssociatedSessions)
	if err != nil {
		return nil, err
	}
	return nil, s.SignedIn.End(ctx, pool, user, member.Text(in.SessionId), linked)
}

func (s *Service) getUserPoolSessionConfiguration(ctx context.Context, in *idp.GetUserPoolSessionConfigurationRequest) (*idp.GetUserPoolSessionConfigurationResponse, error) {
	pool, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return new(idp.GetUserPoolSessionConfigurationResponse(shape.TrackingAnswer(pool))), nil
}

func (s *Service) setUserPoolSessionConfiguration(ctx context.Context, in *idp.SetUserPoolSessionConfigurationRequest) (*idp.SetUserPoolSessionConfigurationResponse, error) {
	var tracking directory.SessionTracking
	switch member.Text(in.UserSessionTracking) {
	case "ENABLED":
		tracking.Enabled = true
	case "DISABLED":
	default:
		return nil, fault.Invalidf("UserSessionTracking must be ENABLED or DISABLED.")
	}
	if in.TokenSession != nil {
		tracking.MaxPerUser = member.Count(in.TokenSession.MaxPerUser)
	}
	pool, err := s.Directory.Pools.SetSessions(ctx, member.Text(in.UserPoolId), tracking)
	if err != nil {
		return nil, err
	}
	return new(shape.TrackingAnswer(pool)), nil
}

func (s *Service) getUserPoolClientSessionConfiguration(ctx context.Context, in *idp.GetUserPoolClientSessionConfigurationRequest) (*idp.GetUserPoolClientSessionConfigurationResponse, error) {
	_, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	return new(idp.GetUserPoolClientSessionConfigurationResponse(shape.SSOAnswer(client))), nil
}

func (s *Service) setUserPoolClientSessionConfiguration(ctx context.Context, in *idp.SetUserPoolClientSessionConfigurationRequest) (*idp.SetUserPoolClientSessionConfigurationResponse, error) {
	pool, client, err := s.signed(ctx, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	minutes := 0
	if in.SSOSession != nil {
		minutes = member.Count(in.SSOSession.MaxValidityMinutes)
	}
	changed, err := s.Directory.Clients.SetSSO(ctx, pool, client.ID, minutes)
	if err != nil {
		return nil, err
	}
	return new(shape.SSOAnswer(changed)), nil
}
