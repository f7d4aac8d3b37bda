package iampolicy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Trust is the trust policy of a role: who may take it on, and under which conditions. Safe for concurrent use.
type Trust struct{ statements []trusting }

// trusting is a statement with principals.
type trusting struct {
	statement
	principals map[string][]string // by type: Federated, AWS
	anybody    bool
}

// ParseTrust reads a trust policy. It has principals, and no resources but the role itself. What it does not understand is an
// error.
func ParseTrust(raw []byte) (*Trust, error) {
	list, err := statements(raw)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("the policy has no statement")
	}
	t := &Trust{}
	for i, w := range list {
		s, err := w.trusting()
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		t.statements = append(t.statements, s)
	}
	return t, nil
}

// principalTypes are those that a Principal element may have.
var principalTypes = []string{"AWS", "Federated", "Service"}

func (w wire) trusting() (s trusting, err error) {
	if len(w.Resource) > 0 || len(w.NotResource) > 0 {
		return s, errors.New("a trust policy has no Resource")
	}
	var byType map[string]texts
	switch {
	case len(w.NotPrincipal) > 0:
		return s, errors.New("NotPrincipal is not understood")
	case string(bytes.TrimSpace(w.Principal)) == `"*"`:
		s.anybody = true
	case json.Unmarshal(w.Principal, &byType) != nil || len(byType) == 0:
		return s, errors.New(`the Principal is neither "*" nor an object`)
	}
	s.principals = map[string][]string{}
	for kind, names := range byType {
		if !slices.Contains(principalTypes, kind) {
			return s, fmt.Errorf("there is no principal type %q", kind)
		}
		s.principals[kind] = names
	}
	w.Principal, w.Resource = nil, texts{"*"}
	s.statement, err = w.statement()
	return s, err
}

// Evaluate says what the policy says of principals, named by type: "Federated": {"accounts.google.com"}. The request needs no
// resource.
func (t *Trust) Evaluate(principals map[string][]string, r Request) Effect {
	effect := Silent
	for _, s := range t.statements {
		switch {
		case !s.names(principals) || !s.matches(r):
		case s.deny:
			return Deny
		default:
			effect = Allow
		}
	}
	return effect
}

func (s trusting) names(principals map[string][]string) bool {
	for kind, names := range s.principals {
		for _, name := range principals[kind] {
			if slices.Contains(names, name) || slices.Contains(names, "*") {
				return true
			}
		}
	}
	return s.anybody
}

// Unconditioned looks for a principal of a type that the policy lets in without insisting on a condition key, which is a
// function of the principal. Empty: there is none.
func (t *Trust) Unconditioned(kind string, key func(principal string) string) string {
	for _, s := range t.statements {
		if s.deny {
			continue
		}
		if s.anybody {
			return "*"
		}
		for _, principal := range s.principals[kind] {
			wanted := strings.ToLower(key(principal))
			if !slices.ContainsFunc(s.conditions, func(c condition) bool { return c.key == wanted && c.insists() }) {
				return principal
			}
		}
	}
	return ""
}

// Keys are the keys that conditions look at, in lower case.
func (t *Trust) Keys() (keys []string) {
	for _, s := range t.statements {
		for _, c := range s.conditions {
			keys = append(keys, c.key)
		}
	}
	return keys
}

// insists tells whether the condition cannot hold for a request without the key, and names what it may be: wildcards alone, and
// variables, which can be the key itself, take anything.
func (c condition) insists() bool {
	if c.not || c.null || c.ifExists || c.all || !strings.HasPrefix(c.operator, "string") {
		return false
	}
	return !slices.ContainsFunc(c.wanted, func(w string) bool {
		return strings.Contains(w, "${") || !strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	})
}
