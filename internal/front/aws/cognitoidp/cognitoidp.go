// Package cognitoidp answers the operations of Amazon Cognito user pools: it turns a request of the wire into the
// domain's words, asks one room, and turns the answer back. It leaves protocol, signatures and exception names to
// front/aws and every decision to the rooms.
package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/directory"
)

// Service holds the rooms that the operations ask. Every field must be set before Register.
type Service struct {
	Account   string // the AWS account id in ARNs, 12 digits
	Directory *directory.Directory
}

// user finds the pool and the user that a signed operation names.
func (s *Service) user(ctx context.Context, poolID, username *string) (*directory.Pool, *directory.User, error) {
	pool, err := s.pool(ctx, poolID)
	if err != nil {
		return nil, nil, err
	}
	user, err := s.Directory.Users.Find(ctx, pool, text(username))
	if err != nil {
		return nil, nil, err
	}
	return pool, user, nil
}
