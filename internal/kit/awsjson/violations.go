package awsjson

import (
	"strconv"
	"strings"
)

// maxViolations bounds an answer: a request that breaks more constraints than this is told about the first ones only.
const maxViolations = 32

// maxEcho bounds in bytes how much of a refused value is repeated to its sender.
const maxEcho = 1024

// Violations collects broken constraints in AWS's words. The zero value is ready. Checks that pass allocate nothing.
type Violations struct {
	path []string
	text []string
}

// Err gives nil when nothing was broken, else a *ValidationError that names each violation:
// "2 validation errors detected: Value … at 'a' failed to satisfy constraint: …; Value at 'b' failed …".
func (v *Violations) Err() error {
	n := len(v.text)
	switch n {
	case 0:
		return nil
	case 1:
		return &ValidationError{Message: "1 validation error detected: " + v.text[0]}
	}
	return &ValidationError{Message: strconv.Itoa(n) + " validation errors detected: " + strings.Join(v.text, "; ")}
}

// Enter goes into a structure member; Leave comes back.
func (v *Violations) Enter(member string) { v.path = append(v.path, member) }

// Leave undoes the latest Enter, Index or Key.
func (v *Violations) Leave() { v.path = v.path[:len(v.path)-1] }

// Index goes into the i-th element, counted from 0, of a list member. AWS counts from 1: "userAttributes.1.member".
func (v *Violations) Index(member string, i int) {
	v.path = append(v.path, member+"."+strconv.Itoa(i+1)+".member")
}

// Key goes into a value of a map member.
func (v *Violations) Key(member, key string) {
	v.path = append(v.path, member+"."+clip(key)+".member")
}

// Full reports that no further violation will be kept, so that a check of a long list may stop.
func (v *Violations) Full() bool { return len(v.text) >= maxViolations }

// Required records a member that is missing.
func (v *Violations) Required(member string, missing bool) {
	if missing {
		v.add("Value null", member, "Member must not be null")
	}
}

// add records one violation; shown is "Value 'x'", "Value null" or, for secrets, "Value".
func (v *Violations) add(shown, member, constraint string) {
	if v.Full() {
		return
	}
	path := member
	if len(v.path) > 0 {
		path = strings.Join(v.path, ".") + "." + member
	}
	v.text = append(v.text, shown+" at '"+path+"' failed to satisfy constraint: "+constraint)
}

func show(value string, sensitive bool) string {
	if sensitive {
		return "Value"
	}
	return "Value '" + clip(value) + "'"
}

func clip(value string) string {
	if len(value) > maxEcho {
		return strings.ToValidUTF8(value[:maxEcho], "") + "..."
	}
	return value
}
