package enrich

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/structpb"
)

// gain is what one source says for one name in attr.
type gain struct {
	stage *stage
	step  int // in the trace
	name  string
	value *structpb.Value
}

// gains are what all sources said so far of one principal or resource.
type gains struct {
	attr map[string]*structpb.Value
	list []gain
	keep bool // also of names that only one source fills
}

// add puts what a source says into attr.
func (g *gains) add(s *stage, step int, who *Subject, shared map[string]bool) {
	if s.Attribute != wholeAttr {
		g.put(gain{s, step, s.Attribute, who.Attributes}, shared)
		return
	}
	for name, v := range who.Attributes.GetStructValue().GetFields() {
		g.put(gain{s, step, name, v}, shared)
	}
}

func (g *gains) put(one gain, shared map[string]bool) {
	if shared[one.name] || g.keep {
		g.list = append(g.list, one)
	}
	if !shared[one.name] {
		g.attr[one.name] = one.value
		return
	}
	var merged *structpb.Value
	for _, x := range g.of(one.name) {
		merged = merge(merged, x.value)
	}
	g.attr[one.name] = merged
}

// of lists what was said for a name, the highest precedence first; of two equal ones, the earlier source.
func (g *gains) of(name string) []gain {
	var list []gain
	for _, x := range g.list {
		if x.name == name {
			list = append(list, x)
		}
	}
	slices.SortStableFunc(list, func(a, b gain) int { return b.stage.Precedence - a.stage.Precedence })
	return list
}

// merge fills the gaps of one value with another; objects are merged member by member, everything else is one piece.
// Neither is changed: they belong to caches.
func merge(wins, fills *structpb.Value) *structpb.Value {
	if wins == nil {
		return fills
	}
	a, b := wins.GetStructValue(), fills.GetStructValue()
	if a == nil || b == nil {
		return wins
	}
	fields := maps.Clone(a.GetFields())
	if fields == nil {
		fields = map[string]*structpb.Value{}
	}
	for name, v := range b.GetFields() {
		fields[name] = merge(fields[name], v)
	}
	return structpb.NewStructValue(&structpb.Struct{Fields: fields})
}
