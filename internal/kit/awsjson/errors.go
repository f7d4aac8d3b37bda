package awsjson

import "strings"

// SerializationError is a body that cannot be read as the request of its operation: not JSON, or a wrong type.
type SerializationError struct{ Message string }

// Error gives the text that the caller may see.
func (e *SerializationError) Error() string { return e.Message }

// ValidationError is a request that was read but breaks constraints of its model.
type ValidationError struct{ Message string }

// Error gives the text that the caller may see, in AWS's words.
func (e *ValidationError) Error() string { return e.Message }

// mismatch is AWS's answer to a value of the wrong JSON type; want carries its article.
func mismatch(token []byte, want string) error {
	var got string
	switch kindOf(token) {
	case kindObject:
		return &SerializationError{Message: "Start of structure or map found where not expected."}
	case kindArray:
		return &SerializationError{Message: "Start of list found where not expected"}
	case kindString:
		got = "STRING_VALUE"
	case kindNumber:
		got = "NUMBER_VALUE"
	case kindTrue:
		got = "TRUE_VALUE"
	case kindFalse:
		got = "FALSE_VALUE"
	default:
		got = "NULL_VALUE"
	}
	if strings.HasPrefix(want, "Expected") {
		return &SerializationError{Message: want}
	}
	return &SerializationError{Message: got + " can not be converted to " + want}
}
