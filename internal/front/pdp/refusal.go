package pdp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"cognate.dev/cognate/internal/fault"
)

// code is a gRPC status code, which is what Cerbos' error bodies carry.
// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
type code int32

const (
	success            code = 0
	canceled           code = 1
	invalidArgument    code = 3
	deadlineExceeded   code = 4
	notFound           code = 5
	permissionDenied   code = 7
	resourceExhausted  code = 8
	failedPrecondition code = 9
	unimplemented      code = 12
	internal           code = 13
	unavailable        code = 14
	unauthenticated    code = 16
)

// http is the gateway's table.
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
func (c code) http() int {
	switch c {
	case success:
		return http.StatusOK
	case unauthenticated:
		return http.StatusUnauthorized
	case permissionDenied:
		return http.StatusForbidden
	case canceled:
		return 499
	case invalidArgument, failedPrecondition:
		return http.StatusBadRequest
	case deadlineExceeded:
		return http.StatusGatewayTimeout
	case notFound:
		return http.StatusNotFound
	case resourceExhausted:
		return http.StatusTooManyRequests
	case unimplemented:
		return http.StatusNotImplemented
	case unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// refusal is an error with its answer. The cause is for the log.
type refusal struct {
	code    code
	text    string
	details proto.Message
	cause   error
	status  int // of HTTP, where it is not the code's
}

func refuse(c code, text string) *refusal { return &refusal{code: c, text: text} }

// as gives it another status. What is off is not found by HTTP, whatever the code says.
func (r *refusal) as(status int) *refusal              { r.status = status; return r }
func (r *refusal) with(details proto.Message) *refusal { r.details = details; return r }
func (r *refusal) because(cause error) *refusal        { r.cause = cause; return r }

func (r *refusal) Error() string {
	if r.cause != nil {
		return r.text + ": " + r.cause.Error()
	}
	return r.text
}

func (r *refusal) Unwrap() error { return r.cause }

// engineError keeps faults, which have a public face, and hides everything else behind Cerbos' general words.
func engineError(text string, err error) error {
	var f *fault.Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return err
	}
	return refuse(internal, text).because(err)
}

// translate is the one place where errors of other rooms become codes.
func translate(err error) *refusal {
	if errors.Is(err, context.Canceled) {
		return refuse(canceled, "context canceled") // the caller has left
	}
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	switch f := fault.As(err); {
	case errors.Is(err, context.DeadlineExceeded) && f.Kind != fault.Unavailable:
		return refuse(deadlineExceeded, "context deadline exceeded")
	case f.Kind == fault.Unavailable:
		return refuse(unavailable, f.Text)
	case f.Kind == fault.Denied && f.Subject == fault.Password:
		return refuse(unauthenticated, f.Text)
	case f.Kind == fault.Denied:
		return refuse(permissionDenied, f.Text)
	case f.Kind == fault.Precondition:
		return refuse(failedPrecondition, f.Text)
	case f.Kind == fault.Invalid:
		return refuse(invalidArgument, f.Text)
	}
	return refuse(internal, "Internal error")
}

// message is the refusal as both transports carry it.
func (r *refusal) message() *status.Status {
	body := &status.Status{Code: int32(r.code), Message: r.text}
	if r.details != nil {
		if packed, err := anypb.New(r.details); err == nil {
			body.Details = []*anypb.Any{packed}
		}
	}
	return body
}

// Challenge is the header WWW-Authenticate of an answer to who did not show the password of the Admin API (RFC 7617).
const Challenge = `Basic realm="Cognate", charset="UTF-8"`

// fail writes the answer to an error.
func (c *call) fail(err error) {
	r := translate(err)
	if r.code == unauthenticated {
		c.w.Header().Set("WWW-Authenticate", Challenge)
	}
	if c.plainErrors {
		text, _ := json.Marshal(r.text) // a string always can be
		status := r.code.authzen()
		if r == errMethod {
			status = http.StatusMethodNotAllowed
		}
		_ = c.write(status, text)
		return
	}
	text, err := protojson.Marshal(r.message())
	if err != nil {
		text = []byte(`{"code":13,"message":"Internal error"}`)
	}
	_ = c.write(cmp.Or(r.status, r.code.http()), text) // the caller is gone when this fails
}
