package event

import (
	"bytes"
	"encoding/json"
)

// GroupOverride is what a function says about groups. An object replaces the groups as a whole, so that {} removes
// them; one whose members are all null says nothing, because that is how a Go handler writes one it never touched.
type GroupOverride struct {
	Groups
	Silent bool `json:"-"`
}

// UnmarshalJSON tells {} from an object of nulls, and refuses members that do not exist.
func (g *GroupOverride) UnmarshalJSON(raw []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	g.Silent = len(members) > 0
	for _, v := range members {
		if !bytes.Equal(v, []byte("null")) {
			g.Silent = false
		}
	}
	return Strict(raw, &g.Groups)
}
