package admin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"buf.build/go/protovalidate"
	"golang.org/x/crypto/bcrypt"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

type message = proto.Message

// admit checks the credentials and then the message. Cerbos does it the other way round; a stranger need not learn
// what is wrong with a request.
func (s *Server) admit(ctx context.Context, req message) error {
	md, _ := metadata.FromIncomingContext(ctx)
	if err := s.authenticate(ctx, strings.Join(md.Get("authorization"), ",")); err != nil {
		return err
	}
	err := protovalidate.Validate(req)
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return err
	}
	st, err := status.New(codes.InvalidArgument, broken.Error()).WithDetails(broken.ToProto())
	if err != nil {
		return status.Error(codes.InvalidArgument, broken.Error())
	}
	return st.Err()
}

func (s *Server) admitToChange(ctx context.Context, req message) error {
	if err := s.admit(ctx, req); err != nil {
		return err
	}
	if s.parts.Stored == nil {
		return status.Error(codes.Unimplemented, "Configured store is not mutable")
	}
	return nil
}

// authenticate checks a header of HTTP basic authentication. A wrong name takes as long as a wrong password.
func (s *Server) authenticate(ctx context.Context, header string) error {
	if header == "" {
		return status.Error(codes.Unauthenticated, "authentication required")
	}
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return status.Error(codes.Unauthenticated, "unsupported authentication method")
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return status.Error(codes.Unauthenticated, "failed to decode credentials")
	}
	name, password, found := strings.Cut(strings.TrimSpace(string(decoded)), ":")
	if !found {
		return status.Error(codes.Unauthenticated, "invalid credentials")
	}
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
	right := bcrypt.CompareHashAndPassword(s.hash, []byte(password)) == nil
	if subtle.ConstantTimeCompare([]byte(name), []byte(s.username)) != 1 || !right {
		return status.Error(codes.Unauthenticated, "incorrect credentials")
	}
	return nil
}
