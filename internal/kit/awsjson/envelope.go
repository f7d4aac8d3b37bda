package awsjson

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Failure is an error as its caller reads it: the exception's name, its text and any further members.
type Failure struct {
	Status  int            // HTTP status
	Name    string         // bare name, without namespace, as in "NotAuthorizedException"
	Message string         // may be empty
	Members map[string]any // members of the exception besides its message; may be nil
	After   time.Duration  // for Retry-After; 0: not said
}

// Error gives name and message.
func (f *Failure) Error() string { return f.Name + ": " + f.Message }

// WriteFailure answers with an error: the name in __type and in X-Amzn-Errortype, which is where clients look for it.
func WriteFailure(w http.ResponseWriter, contentType string, f *Failure) {
	body := make(map[string]any, len(f.Members)+2)
	maps.Copy(body, f.Members)
	body["__type"] = f.Name
	if f.Message != "" {
		body["message"] = f.Message
	}
	var out bytes.Buffer
	if err := Encode(&out, body); err != nil { // a further member that is no JSON: the name matters more
		out.Reset()
		out.WriteString(`{"__type":` + strconv.Quote(f.Name) + `}`)
	}
	h := w.Header()
	h.Set("X-Amzn-Errortype", f.Name+":")
	if f.After > 0 {
		h.Set("Retry-After", strconv.Itoa(int((f.After+time.Second-1)/time.Second)))
	}
	if text := headerText(f.Message); text != "" {
		h.Set("X-Amzn-Errormessage", text)
	}
	WriteAnswer(w, contentType, f.Status, out.Bytes())
}

// WriteAnswer writes a whole JSON body.
func WriteAnswer(w http.ResponseWriter, contentType string, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) // a client that has gone needs no answer
}

// maxHeaderText keeps an answer's headers within what clients read; the whole text is in the body.
const maxHeaderText = 1024

// headerText makes a text fit for a header: one line of printable ASCII.
func headerText(s string) string {
	if len(s) > maxHeaderText {
		s = s[:maxHeaderText]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f:
			return ' '
		case r > 0x7f:
			return '?'
		}
		return r
	}, s))
}
