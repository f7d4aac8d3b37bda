package pdp

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
)

// plain writes the answer that nearly every request gets, effects and nothing else, as protojson has it: reflection
// takes as long over it as the engine over the decision. Where there is more to say, or what protojson would refuse, ok
// is false.
func plain(m *responsev1.CheckResourcesResponse) (body []byte, ok bool) {
	w := writer{out: make([]byte, 0, 256+192*len(m.GetResults())), ok: true}
	w.open('{')
	w.member("requestId", m.GetRequestId())
	if len(m.GetResults()) > 0 {
		w.name("results")
		w.open('[')
		for _, r := range m.GetResults() {
			w.next()
			w.result(r)
		}
		w.close(']')
	}
	w.member("cerbosCallId", m.GetCerbosCallId())
	w.close('}')
	return w.out, w.ok
}

// writer puts JSON together.
type writer struct {
	out  []byte
	some bool // whether what is open holds something already
	ok   bool
}

func (w *writer) result(r *responsev1.CheckResourcesResponse_ResultEntry) {
	w.ok = w.ok && r != nil && r.GetMeta() == nil && len(r.GetValidationErrors()) == 0 && len(r.GetOutputs()) == 0
	w.open('{')
	if x := r.GetResource(); x != nil {
		w.name("resource")
		w.open('{')
		w.member("id", x.GetId())
		w.member("kind", x.GetKind())
		w.member("policyVersion", x.GetPolicyVersion())
		w.member("scope", x.GetScope())
		w.close('}')
	}
	if len(r.GetActions()) > 0 {
		w.name("actions")
		w.open('{')
		for _, action := range slices.Sorted(maps.Keys(r.GetActions())) {
			w.name(action)
			effect, known := effectv1.Effect_name[int32(r.GetActions()[action])]
			w.ok = w.ok && known
			w.text(effect)
		}
		w.close('}')
	}
	w.close('}')
}

func (w *writer) open(bracket byte) { w.out, w.some = append(w.out, bracket), false }

// close ends what was opened; what surrounds it holds something then.
func (w *writer) close(bracket byte) { w.out, w.some = append(w.out, bracket), true }

func (w *writer) next() {
	if w.some {
		w.out = append(w.out, ',')
	}
}

func (w *writer) name(s string) {
	w.next()
	w.text(s)
	w.out = append(w.out, ':')
}

// member is a field of text, which is left out when it is empty.
func (w *writer) member(name, value string) {
	if value != "" {
		w.name(name)
		w.text(value)
	}
}

func (w *writer) text(s string) {
	w.some = true
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			w.ok = w.ok && utf8.ValidString(s)
			quoted, _ := json.Marshal(s) // a string always can be
			w.out = append(w.out, quoted...)
			return
		}
	}
	w.out = append(append(append(w.out, '"'), s...), '"')
}
