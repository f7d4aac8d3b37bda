package sigv4

import "fmt"

// The names that AWS gives to what can be wrong with a signature.
const (
	MissingAuthenticationToken = "MissingAuthenticationTokenException"
	IncompleteSignature        = "IncompleteSignatureException"
	InvalidSignature           = "InvalidSignatureException"
	UnrecognizedClient         = "UnrecognizedClientException"
	ExpiredToken               = "ExpiredTokenException"
)

// Error is a refused request; both fields are made for the caller to see.
type Error struct{ Name, Message string }

// Error gives name and message.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

func fail(name, format string, args ...any) error {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	return &Error{Name: name, Message: format}
}
