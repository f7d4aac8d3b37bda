// Package awsjson speaks the AWS JSON protocol (1.0 and 1.1): operations as typed values, a table that maps an
// X-Amz-Target to its handler, strict decoding, constraint checking in AWS's words, encoding and the error envelope.
// It leaves HTTP routing, authentication and the mapping from errors to exception names to its user.
package awsjson

// Auth says how the caller of an operation proves who it is. The zero value asks for a signature.
type Auth uint8

// The two ways that the AWS models know.
const (
	SigV4    Auth = iota // AWS Signature Version 4 is required
	Unsigned             // the operation is public; the request itself carries whatever proof it needs
)

// String gives the word that the API facts use.
func (a Auth) String() string {
	if a == Unsigned {
		return "none"
	}
	return "sigv4"
}

// Spec describes one operation of a service, apart from its types.
type Spec struct {
	Service  string   // the SigV4 service name, as in "cognito-idp"
	Target   string   // the part of X-Amz-Target before the dot
	Name     string   // the part of X-Amz-Target after the dot
	Protocol string   // "1.0" or "1.1"; it becomes the content type
	Auth     Auth     // whether a signature is required
	Errors   []string // the exception names that the model declares
}

// Key is the value of X-Amz-Target that names the operation.
func (s *Spec) Key() string { return s.Target + "." + s.Name }

// ContentType is the media type of requests and answers of the operation.
func (s *Spec) ContentType() string { return "application/x-amz-json-" + s.Protocol }

// Declares reports whether the model lists the exception for this operation.
func (s *Spec) Declares(exception string) bool {
	for _, name := range s.Errors {
		if name == exception {
			return true
		}
	}
	return false
}

// Operation is a Spec that knows the types of its request and answer.
type Operation[In, Out any] struct{ Spec }

// Empty is the answer of an operation that has none; on the wire it is {}.
type Empty struct{}

// Validator is a request that can check itself against the constraints of its model.
type Validator interface{ Validate(*Violations) }
