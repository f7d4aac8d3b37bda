package cognitoidp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) startWebAuthnRegistration(ctx context.Context, in *idp.StartWebAuthnRegistrationRequest) (*idp.StartWebAuthnRegistrationResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	options, err := s.Factors.StartPasskey(ctx, self.Pool, self.Client, self.User)
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("encode passkey options: %w", err)
	}
	return &idp.StartWebAuthnRegistrationResponse{CredentialCreationOptions: document}, nil
}

func (s *Service) completeWebAuthnRegistration(ctx context.Context, in *idp.CompleteWebAuthnRegistrationRequest) (*idp.CompleteWebAuthnRegistrationResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.Factors.CompletePasskey(ctx, self.Pool, self.Client, self.User, in.Credential)
}

// listWebAuthnCredentials pages through at most 20 passkeys, in the order of their making.
func (s *Service) listWebAuthnCredentials(ctx context.Context, in *idp.ListWebAuthnCredentialsRequest) (*idp.ListWebAuthnCredentialsResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	list, err := s.Factors.Passkeys(ctx, self.Pool.ID, self.User.ID)
	if err != nil {
		return nil, err
	}
	list, next, err := pageOf(list, member.Text(in.NextToken), member.Count(in.MaxResults), factor.MaxPasskeys, func(p factor.Passkey) string { return p.ID })
	if err != nil {
		return nil, err
	}
	out := &idp.ListWebAuthnCredentialsResponse{Credentials: []idp.WebAuthnCredentialDescription{}, NextToken: member.Given(next)}
	for _, p := range list {
		out.Credentials = append(out.Credentials, idp.WebAuthnCredentialDescription{
			CredentialId: new(p.ID), FriendlyCredentialName: new(p.Name), RelyingPartyId: new(p.RelyingPartyID),
			AuthenticatorAttachment: member.Given(p.Attachment), AuthenticatorTransports: append([]string{}, p.Transports...),
			CreatedAt: awsjson.At(p.CreatedAt),
		})
	}
	return out, nil
}

func (s *Service) deleteWebAuthnCredential(ctx context.Context, in *idp.DeleteWebAuthnCredentialRequest) (*idp.DeleteWebAuthnCredentialResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.Factors.DeletePasskey(ctx, self.Pool, self.User.ID, member.Text(in.CredentialId))
}

// pageOf cuts a page out of a short list that is read whole. The token is the id of the last entry of the page before.
func pageOf[T any](list []T, token string, limit, most int, id func(T) string) (page []T, next string, err error) {
	if limit <= 0 || limit > most {
		limit = most
	}
	if token != "" {
		at := slices.IndexFunc(list, func(one T) bool { return id(one) == token })
		if at < 0 {
			return nil, "", fault.Invalidf("Invalid pagination token.")
		}
		list = list[at+1:]
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], id(list[limit-1]), nil
}
