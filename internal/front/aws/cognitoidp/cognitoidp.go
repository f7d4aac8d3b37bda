// Package cognitoidp answers the operations of Amazon Cognito user pools: it turns a request of the wire into the
// domain's words, asks one room, and turns the answer back. It leaves protocol, signatures and exception names to
// front/aws, the words to shape and every decision to the rooms.
package cognitoidp

import (
	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/token"
)

// Service holds the rooms that the operations ask. Every field must be set before Register.
type Service struct {
	Account   string // the AWS account id in ARNs, 12 digits
	Directory *directory.Directory
	Accounts  *account.Accounts
	SignIn    *signin.Machine
	Factors   *factor.Factors
	Tokens    *token.Verifier
	SignedIn  *authorize.Sessions
	Machine   authorize.Machine
	PoolParts
}
