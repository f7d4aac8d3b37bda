package event

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Answer is what a function answers for a request.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// errShape is an answer that has not the form that API Gateway wants.
var errShape = errors.New("the function's answer has not the form of a response")

// wireAnswer is an answer as functions write it.
type wireAnswer struct {
	Status       json.RawMessage            `json:"statusCode"`
	Headers      map[string]json.RawMessage `json:"headers"`
	MultiHeaders map[string][]scalar        `json:"multiValueHeaders"`
	Body         *json.RawMessage           `json:"body"`
	Base64       bool                       `json:"isBase64Encoded"`
	Cookies      []string                   `json:"cookies"`
}

// scalar is text, a number or a boolean.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	switch {
	case text == "null" || raw[0] == '{' || raw[0] == '[':
		return errShape
	case raw[0] == '"':
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
	}
	*s = scalar(text)
	return nil
}

// ReadOne reads the answer of a backend in the format 1.0, which must have a status.
func ReadOne(raw []byte) (Answer, error) {
	var w wireAnswer
	if err := object(raw, &w); err != nil {
		return Answer{}, err
	}
	if len(w.Status) == 0 {
		return Answer{}, fmt.Errorf("%w: it has no statusCode", errShape)
	}
	w.Cookies = nil
	return w.answer()
}

// ReadTwo reads the answer of a backend in the format 2.0. What has no status is the body itself, JSON, with status 200.
func ReadTwo(raw []byte) (Answer, error) {
	var w wireAnswer
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) == nil && members["statusCode"] != nil {
		if err := object(raw, &w); err != nil {
			return Answer{}, err
		}
		return w.answer()
	}
	body := bytes.TrimSpace(raw)
	var text string
	if len(body) > 0 && body[0] == '"' && json.Unmarshal(body, &text) == nil {
		body = []byte(text)
	}
	return Answer{http.StatusOK, http.Header{"Content-Type": {"application/json"}}, body}, nil
}

func object(raw []byte, to any) error {
	if t := bytes.TrimSpace(raw); len(t) == 0 || t[0] != '{' {
		return fmt.Errorf("%w: it is no object", errShape)
	}
	if err := json.Unmarshal(raw, to); err != nil {
		return fmt.Errorf("%w: %w", errShape, err)
	}
	return nil
}

func (w wireAnswer) answer() (a Answer, err error) {
	a.Header = http.Header{}
	if a.Status, err = strconv.Atoi(strings.Trim(string(w.Status), `"`)); err != nil || a.Status < 200 || a.Status > 599 {
		return a, fmt.Errorf("%w: statusCode is %s", errShape, w.Status)
	}
	for name, raw := range w.Headers {
		var value scalar
		if string(raw) == "null" {
			continue
		}
		if err := value.UnmarshalJSON(raw); err != nil {
			return a, fmt.Errorf("%w: header %s", errShape, name)
		}
		if err := add(a.Header, name, string(value)); err != nil {
			return a, err
		}
	}
	for name, values := range w.MultiHeaders {
		a.Header.Del(name) // those of one value come second
		for _, v := range values {
			if err := add(a.Header, name, string(v)); err != nil {
				return a, err
			}
		}
	}
	for _, c := range w.Cookies {
		if err := add(a.Header, "Set-Cookie", c); err != nil {
			return a, err
		}
	}
	if a.Header.Get("Content-Type") == "" {
		a.Header.Set("Content-Type", "application/json")
	}
	a.Body, err = w.body()
	return a, err
}

// hop are headers that belong to a connection and not to an answer.
func hop(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Te", "Trailer", "Content-Length", "Proxy-Connection":
		return true
	}
	return false
}

func add(h http.Header, name, value string) error {
	switch {
	case hop(name):
		return nil
	case name == "" || strings.ContainsAny(name, " \t\r\n:") || strings.ContainsAny(value, "\r\n\x00"):
		return fmt.Errorf("%w: header %q", errShape, name)
	}
	h.Add(name, value)
	return nil
}

func (w wireAnswer) body() ([]byte, error) {
	if w.Body == nil || string(*w.Body) == "null" {
		return nil, nil
	}
	var text string
	if err := json.Unmarshal(*w.Body, &text); err != nil {
		return nil, fmt.Errorf("%w: body is no text", errShape)
	}
	if !w.Base64 {
		return []byte(text), nil
	}
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: body is no base64", errShape)
	}
	return out, nil
}
