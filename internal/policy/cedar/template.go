package cedar

import (
	"fmt"
	"strings"
)

// The slots of templates.
const (
	principalSlot = "?principal"
	resourceSlot  = "?resource"
)

// Template is a policy with slots in its scope. It does not change and may be shared.
type Template struct {
	// HasPrincipal and HasResource say which slots there are.
	HasPrincipal, HasResource bool

	text string
	// filled is the template with stand-ins in its slots, open without these clauses: what can be said before it is linked.
	filled, open *Policy
}

// ParseTemplate reads the text of a template: a policy with ?principal in the clause of the principal, ?resource in that of the
// resource, or both, and nowhere else. Errors are SyntaxErrors.
func ParseTemplate(text string) (*Template, error) {
	t := &Template{text: text}
	// The stand-in is a type that the text does not have, so that nobody can write it.
	standIn := "Slot"
	for strings.Contains(text, standIn) {
		standIn += "_"
	}
	var err error
	t.filled, err = t.fill(func(slot string) (string, error) {
		has := &t.HasPrincipal
		switch slot {
		case principalSlot:
		case resourceSlot:
			has = &t.HasResource
		default:
			return "", syntaxf("%s is no slot: there are ?principal and ?resource", slot)
		}
		if *has {
			return "", syntaxf("%s stands twice", slot)
		}
		*has = true
		return literal(NewUID(standIn, slot)), nil
	})
	if err != nil {
		return nil, err
	}
	principal, resource := NewUID(standIn, principalSlot), NewUID(standIn, resourceSlot)
	switch {
	case t.HasPrincipal && (t.filled.Principal == nil || *t.filled.Principal != principal):
		return nil, syntaxf("?principal may only stand in the scope, behind principal == or principal in")
	case t.HasResource && (t.filled.Resource == nil || *t.filled.Resource != resource):
		return nil, syntaxf("?resource may only stand in the scope, behind resource == or resource in")
	case !t.HasPrincipal && !t.HasResource:
		return nil, syntaxf("a policy template has ?principal, ?resource or both in its scope")
	}
	t.open = t.filled.without(t.HasPrincipal, t.HasResource)
	return t, nil
}

// Unconstrained names the clause of the scope that lets anything pass, principal or resource; empty: none does.
func (t *Template) Unconstrained() string {
	switch {
	case unconstrained(t.filled.tree.Principal):
		return "principal"
	case unconstrained(t.filled.tree.Resource):
		return "resource"
	}
	return ""
}

// Effect is that of the policies that are linked.
func (t *Template) Effect() Effect { return t.filled.Effect }

// Same says what of effect, principal and resource two templates differ in; empty: in nothing of these.
func (t *Template) Same(other *Template) (differs string) {
	switch {
	case t.HasPrincipal != other.HasPrincipal:
		return "principal"
	case t.HasResource != other.HasResource:
		return "resource"
	}
	p, q := t.linked(), other.linked()
	return p.Same(q)
}

// linked is the template with the same stand-ins as any other.
func (t *Template) linked() *Policy {
	var principal, resource *UID
	if t.HasPrincipal {
		u := NewUID("Slot", principalSlot)
		principal = &u
	}
	if t.HasResource {
		u := NewUID("Slot", resourceSlot)
		resource = &u
	}
	p, err := t.Link(principal, resource)
	if err != nil { // it has been linked with a stand-in before
		return t.filled
	}
	return p
}

// Link makes the policy that a template is with entities in its slots: for each slot one, and none without a slot. Errors are
// SyntaxErrors.
func (t *Template) Link(principal, resource *UID) (*Policy, error) {
	for _, s := range []struct {
		name string
		has  bool
		with *UID
	}{{"principal", t.HasPrincipal, principal}, {"resource", t.HasResource, resource}} {
		switch {
		case s.has && s.with == nil:
			return nil, syntaxf("the template needs a %s", s.name)
		case !s.has && s.with != nil:
			return nil, syntaxf("the template has no slot for a %s", s.name)
		case s.with != nil && !IsType(string(s.with.Type)):
			return nil, syntaxf("%q is no entity type", s.with.Type)
		}
	}
	p, err := t.fill(func(slot string) (string, error) {
		if slot == principalSlot {
			return literal(*principal), nil
		}
		return literal(*resource), nil
	})
	if err != nil {
		return nil, err
	}
	if principal != nil && (p.Principal == nil || *p.Principal != *principal) || resource != nil && (p.Resource == nil || *p.Resource != *resource) {
		return nil, syntaxf("the entity does not fit into the slot")
	}
	return p, nil
}

func (t *Template) fill(with func(slot string) (string, error)) (*Policy, error) {
	text, err := rewrite(t.text, with)
	if err != nil {
		return nil, err
	}
	return parse(text)
}

// literal is how Cedar writes the name of an entity. Whatever the id is, it stays one literal.
func literal(u UID) string {
	var b strings.Builder
	b.WriteString(string(u.Type))
	b.WriteString(`::"`)
	for _, r := range string(u.ID) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// rewrite copies the text of a policy with each slot replaced, and with line breaks inside of texts written as escapes, which
// cedar-go demands and other Cedars do not. Slots are looked for outside of texts and comments only.
func rewrite(text string, slot func(name string) (string, error)) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := endOfText(text, i)
			b.WriteString(strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(text[i:end]))
			i = end
		case c == '/' && strings.HasPrefix(text[i:], "//"):
			end := len(text)
			if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
				end = i + n
			}
			b.WriteString(text[i:end])
			i = end
		case c == '?':
			end := i + 1
			for end < len(text) && (text[end] == '_' || text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z' || text[end] >= '0' && text[end] <= '9') {
				end++
			}
			with, err := slot(text[i:end])
			if err != nil {
				return "", err
			}
			b.WriteString(with)
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), nil
}

// endOfText is where the text ends that begins with the quote at i.
func endOfText(text string, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
