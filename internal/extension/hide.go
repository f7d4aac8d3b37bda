package extension

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/extension/sandbox"
)

// shortest is the length of a secret below which it is not looked for: it would be found everywhere.
const shortest = 4

// hide takes secrets out of what a script printed or threw, as they are and as JSON and base64 write them. It keeps them from
// slipping into logs; who may write scripts can still get at them. The output stays: it is the script's to give.
func hide(o *sandbox.Outcome, secrets map[string]string) {
	r := masker(secrets)
	o.Stdout, o.Stderr, o.Caught = r.Replace(o.Stdout), r.Replace(o.Stderr), r.Replace(o.Caught)
}

// hideOutput takes secrets out of an output that is shown to people. One that is no JSON without them becomes a text.
func hideOutput(output json.RawMessage, secrets map[string]string) json.RawMessage {
	text := masker(secrets).Replace(string(output))
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // texts always encode
	return quoted
}

func masker(secrets map[string]string) *strings.Replacer {
	var pairs []string
	ids := slices.Collect(maps.Keys(secrets))
	// the longest first: one secret may begin with another
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(secrets[b]), len(secrets[a])), cmp.Compare(a, b)) })
	for _, id := range ids {
		value := secrets[id]
		if len(value) < shortest {
			continue
		}
		written, _ := json.Marshal(value) // texts always encode
		for _, form := range []string{value, string(written[1 : len(written)-1]), base64.StdEncoding.EncodeToString([]byte(value))} {
			pairs = append(pairs, form, "[secret "+id+"]")
		}
	}
	return strings.NewReplacer(pairs...)
}
