package cognitoidp

import (
	"context"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/token"
)

// visited is visit for operations whose room finds the client itself, and says so if there is none.
func (s *Service) visited(ctx context.Context, clientID *string, given *idp.UserContextDataType) (context.Context, error) {
	client, err := s.Directory.Clients.Find(ctx, member.Text(clientID))
	if fault.Is(err, fault.Missing, "") {
		return ctx, nil
	}
	if err != nil {
		return ctx, err
	}
	return visit(ctx, client, given)
}

// visit notes where an unsigned request comes from. A client with a secret is a backend: the people whom it acts for are
// not at its address, but where it may tell theirs and does.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-viewing-threat-protection-app.html
func visit(ctx context.Context, client *directory.Client, given *idp.UserContextDataType) (context.Context, error) {
	call := aws.CallFrom(ctx)
	v := risk.Seen(call.RemoteAddr, call.UserAgent)
	address := ""
	if given != nil && member.Text(given.IpAddress) != "" && client.PropagateContext && len(client.Secrets) > 0 {
		v = risk.Seen(member.Text(given.IpAddress), "")
		if !v.Address.IsValid() {
			return ctx, fault.Invalidf("UserContextData.IpAddress is not an IP address.")
		}
		address = v.Address.String()
	}
	if given != nil {
		v = v.Encoded(member.Text(given.EncodedData))
	}
	if len(client.Secrets) > 0 {
		if err := limit.Vouched(ctx, address); err != nil {
			return ctx, err
		}
	}
	v.RequestID = call.RequestID
	return risk.WithVisitor(ctx, v), nil
}

// told notes where the person of a signed request is, as the caller tells it; a caller that tells nothing says nothing
// about the person.
func told(ctx context.Context, in *idp.ContextDataType) (context.Context, error) {
	v := risk.Visitor{}
	if in != nil {
		agent := ""
		for _, h := range in.HttpHeaders {
			if strings.EqualFold(member.Text(h.HeaderName), "User-Agent") {
				agent = member.Text(h.HeaderValue)
			}
		}
		v = risk.Seen(member.Text(in.IpAddress), agent)
		if !v.Address.IsValid() {
			return ctx, fault.Invalidf("ContextData.IpAddress is not an IP address.")
		}
		v = v.Encoded(member.Text(in.EncodedData))
	}
	v.RequestID = aws.CallFrom(ctx).RequestID
	return risk.WithVisitor(ctx, v), nil
}

// from says where a request came from, for the lists of sessions and devices: the person, if somebody tells, else the
// caller.
func from(ctx context.Context) token.Origin {
	call := aws.CallFrom(ctx)
	if v, ok := risk.VisitorOf(ctx); ok && v.Address.IsValid() {
		return token.Origin{Address: v.Address.String(), Agent: v.Agent}
	}
	return token.Origin{Address: call.RemoteAddr, Agent: call.UserAgent}
}
