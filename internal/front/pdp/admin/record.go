package admin

import (
	"context"
	"net"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/policy/stored"
)

// alterations are what changes of many policies are called.
var alterations = map[stored.Change]string{stored.Delete: "DeletePolicy", stored.Disable: "DisablePolicy", stored.Enable: "EnablePolicy"}

// record has a change recorded before it is answered. There is one operator: who knows the password.
func (s *Server) record(ctx context.Context, operation string, ids []string, work func(context.Context) error) error {
	r := audit.Record{Front: "admin", Operation: operation, Actor: audit.Actor{Kind: audit.Anyone}, Source: source(ctx)}
	if len(ids) > 0 {
		r.Resource = "policy/" + strings.Join(ids, " ")
	}
	return s.parts.Audit.Do(ctx, r, func(ctx context.Context) error {
		err := work(ctx)
		audit.Note(ctx, func(r *audit.Record) {
			if err != nil {
				r.Outcome = status.Code(err).String()
			}
			if status.Code(err) != codes.Unauthenticated {
				r.Actor = audit.Actor{Kind: audit.Operator, ID: s.username}
			}
		})
		return err
	})
}

// source is the caller's address. The HTTP gateway is in this process and tells it in a header, after what clients say.
func source(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	if gateway := strings.Join(md.Get("x-forwarded-for"), ","); gateway != "" && !fromNetwork(ctx) {
		list := strings.Split(gateway, ",")
		return strings.TrimSpace(list[len(list)-1])
	}
	if p, ok := peer.FromContext(ctx); ok {
		if host, _, err := net.SplitHostPort(p.Addr.String()); err == nil {
			return host
		}
	}
	return ""
}

// fromNetwork says whether a call came by gRPC, and not through the gateway.
func fromNetwork(ctx context.Context) bool {
	_, ok := peer.FromContext(ctx)
	return ok
}
