package sts

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/sigv4"
)

const (
	namespace  = "https://sts.amazonaws.com/doc/" + version + "/"
	throttling = "Throttling"
)

// refusal is an error as the caller reads it; only the log sees its cause.
type refusal struct {
	status     int
	code, text string
	cause      error
}

func (r *refusal) Error() string { return r.code + ": " + r.text }

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, text: fmt.Sprintf(format, args...)}
}

// signatureCodes are what the Query protocol calls what is wrong with a signature, where it differs from the JSON protocol.
var signatureCodes = map[string]string{
	sigv4.MissingAuthenticationToken: "MissingAuthenticationToken", sigv4.IncompleteSignature: "IncompleteSignature",
	sigv4.InvalidSignature: "SignatureDoesNotMatch", sigv4.UnrecognizedClient: "InvalidClientTokenId", sigv4.ExpiredToken: "ExpiredToken",
}

// translate turns any error of an operation into what its caller may read.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
func translate(err error) *refusal {
	var ready *refusal
	var unsigned *sigv4.Error
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &unsigned):
		return refuse(http.StatusForbidden, signatureCodes[unsigned.Name], "%s", unsigned.Message)
	}
	f := fault.As(err)
	out := &refusal{status: http.StatusBadRequest, text: f.Text, cause: f.Cause}
	switch {
	case f.Kind == fault.Denied:
		out.status, out.code = http.StatusForbidden, "AccessDenied"
	case f.Kind == fault.Invalid && f.Subject == fault.SessionPolicy:
		out.code = "MalformedPolicyDocument"
	case f.Kind == fault.Limited && f.Subject == fault.SessionPolicy:
		out.code = "PackedPolicyTooLarge"
	case f.Kind == fault.Invalid:
		out.code = "ValidationError"
	case f.Kind == fault.Throttled:
		out.code = throttling
	case f.Kind == fault.Unavailable:
		out.status, out.code = http.StatusServiceUnavailable, "ServiceUnavailable"
	default:
		return &refusal{http.StatusInternalServerError, "InternalFailure", "Something went wrong on our side. Please try again later.", err}
	}
	return out
}

type metadata struct {
	RequestID string `xml:"RequestId"`
}

// writeAnswer writes ACTIONResponse.
func writeAnswer(w http.ResponseWriter, action string, result any, requestID string) {
	type response struct {
		XMLName  xml.Name
		Result   any
		Metadata metadata `xml:"ResponseMetadata"`
	}
	write(w, http.StatusOK, response{
		XMLName: xml.Name{Space: namespace, Local: action + "Response"}, Metadata: metadata{requestID},
		Result: named{action + "Result", result},
	})
}

// named is a value under a name that is known only now.
type named struct {
	name  string
	value any
}

// MarshalXML writes the value.
func (n named) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return e.EncodeElement(n.value, xml.StartElement{Name: xml.Name{Local: n.name}})
}

func writeRefusal(w http.ResponseWriter, r *refusal, requestID string) {
	type failure struct {
		Type    string `xml:"Type"`
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	}
	type response struct {
		XMLName   xml.Name
		Error     failure `xml:"Error"`
		RequestID string  `xml:"RequestId"`
	}
	whose := "Sender"
	if r.status >= http.StatusInternalServerError {
		whose = "Receiver"
	}
	write(w, r.status, response{xml.Name{Space: namespace, Local: "ErrorResponse"}, failure{whose, r.code, r.text}, requestID})
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := xml.Marshal(v)
	if err != nil { // a mistake in a type of ours
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
