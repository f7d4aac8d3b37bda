// Package aws is the front that speaks the AWS JSON protocol for all services of the house on one path: it finds the
// operation, checks who calls, bounds and decodes the body, and turns faults into AWS's exceptions. What an operation
// does is left to the packages below it, which register their handlers in the table that New is given.
package aws

import (
	"context"
	"net"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/limit"
)

// Config is how the front behaves. Only Auth has no usable zero value.
type Config struct {
	// Auth finds out who signed a request. Nil refuses every operation that needs a signature.
	Auth Authenticator
	// Decide says what temporary credentials may do; nil: nothing.
	Decide Decide
	// PolicyStore gives the id of the policy store that a request names, maybe by an alias: roles name stores by id. Nil knows no aliases.
	PolicyStore func(ctx context.Context, ref string) (id string, err error)
	// Observe is told of every request once it is answered; nil tells nobody.
	Observe Observer
	// Region is the region of calls that carry no signature; empty means us-east-1.
	Region string
	// MaxBody is the size of the largest body in bytes; 0 means 1 MiB.
	MaxBody int64
	// Origins are the web origins that may read answers; none means any, which is what AWS does.
	Origins []string
	// RemoteAddr finds a caller's address; nil takes the peer of the connection.
	RemoteAddr func(*http.Request) string
	// Gate limits how often operations are called, and how often an address may guess; nil limits nothing.
	Gate *limit.Gate
	// Now is the clock; nil means the wall clock.
	Now clock.Clock
	// Admit is asked with the name of each operation before its body is read; what it returns is answered. Nil admits all.
	Admit func(operation string) error
	// RequestID makes the id of a request; nil makes random UUIDs.
	RequestID func() string
}

// Front answers POST for every service in its table, on whatever path it is mounted: the operation is in a header.
// It is safe for concurrent use.
type Front struct {
	Config
	table  *awsjson.Table
	cors   cors
	stores *awsjson.Decoder[storeNamed]
}

// NewTable makes a table that knows every operation of the services and serves none yet. Register handlers with
// awsjson.Handle before the table goes to New.
func NewTable() *awsjson.Table {
	t := awsjson.NewTable()
	t.Declare(cognitoidp.Operations()...)
	t.Declare(cognitoidentity.Operations()...)
	t.Declare(verifiedpermissions.Operations()...)
	return t
}

// New makes the front over a filled table.
func New(c Config, table *awsjson.Table) *Front {
	if c.Auth == nil {
		c.Auth = refuseAll{}
	}
	if c.Observe == nil {
		c.Observe = func(context.Context, Event) {}
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.MaxBody == 0 {
		c.MaxBody = 1 << 20
	}
	if c.RemoteAddr == nil {
		c.RemoteAddr = peer
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.RequestID == nil {
		c.RequestID = random.UUID
	}
	decoder, err := awsjson.NewDecoder[storeNamed]()
	if err != nil { // a mistake in the type
		panic(err)
	}
	return &Front{Config: c, table: table, cors: newCORS(c.Origins), stores: decoder}
}

// peer is the address of the connection without its port.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

var _ http.Handler = (*Front)(nil)
