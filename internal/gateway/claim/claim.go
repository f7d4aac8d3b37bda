// Package claim renders the claims of a token in the words in which Amazon API Gateway hands them to backends, which are not
// those of JSON: everything is text. REST and HTTP APIs differ, and handlers depend on it.
package claim

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Set are the claims of a token. Numbers are json.Number, so that none is rounded.
type Set map[string]any

// Parse reads the payload of a token.
func Parse(payload []byte) (Set, error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber()
	var s Set
	if err := d.Decode(&s); err != nil || s == nil {
		return nil, errors.New("the payload is no JSON object")
	}
	return s, nil
}

// Text is a claim that is text; empty when it is not there or something else.
func (s Set) Text(name string) string {
	text, _ := s[name].(string)
	return text
}

// Texts is a claim that is text or a list of texts; nil when it is something else.
func (s Set) Texts(name string) []string {
	switch v := s[name].(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, 0, len(v))
		for _, one := range v {
			if text, ok := one.(string); ok {
				out = append(out, text)
			}
		}
		return out
	}
	return nil
}

// Scopes are those of the claim scope, or else scp.
func (s Set) Scopes() []string {
	if _, there := s["scope"]; there {
		return strings.Fields(s.Text("scope"))
	}
	var out []string
	for _, text := range s.Texts("scp") {
		out = append(out, strings.Fields(text)...)
	}
	return out
}

// Time is a claim that is a NumericDate, to the second.
func (s Set) Time(name string) (time.Time, bool) {
	n, ok := s[name].(json.Number)
	if !ok {
		return time.Time{}, false
	}
	f, err := n.Float64()
	const most = 1 << 37
	if err != nil || f < 0 || f > most {
		return time.Time{}, false
	}
	return time.Unix(int64(f), 0).UTC(), true
}

// dateLayout is that of exp and iat in REST APIs: Tue Apr 04 18:39:39 UTC 2023.
const dateLayout = "Mon Jan 02 15:04:05 MST 2006"

// REST renders for REST APIs: lists with commas, exp and iat as dates.
func (s Set) REST() map[string]string {
	return s.render(func(name string, v any) string {
		if name == "exp" || name == "iat" {
			if at, ok := s.Time(name); ok {
				return at.Format(dateLayout)
			}
		}
		if list, ok := v.([]any); ok {
			return strings.Join(texts(list), ",")
		}
		return text(v)
	})
}

// HTTP renders for HTTP APIs: lists as "[a b]".
func (s Set) HTTP() map[string]string {
	return s.render(func(_ string, v any) string {
		if list, ok := v.([]any); ok {
			return "[" + strings.Join(texts(list), " ") + "]"
		}
		return text(v)
	})
}

func (s Set) render(how func(name string, v any) string) map[string]string {
	out := make(map[string]string, len(s))
	for name, v := range s {
		if v != nil {
			out[name] = how(name, v)
		}
	}
	return out
}

func texts(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = text(v)
	}
	return out
}

// text is a single value: text as it is, anything else as JSON.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}
