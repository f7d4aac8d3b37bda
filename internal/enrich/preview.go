package enrich

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/kit/cache"
)

// Seen is one thing that policies see, and where it comes from.
type Seen struct {
	Field   string          // as policies write it: P.attr.cognito.enabled
	Value   *structpb.Value // nil: a secret
	Source  string
	Outcome cache.Outcome
	Age     time.Duration
}

// Preview is what policies will see of a principal and, if there is one, a resource.
type Preview struct {
	Principal *enginev1.Principal // secret fields are masked, as in Resource
	Resource  *enginev1.Resource
	Fields    []Seen
	Trace     Trace
	Denied    bool // everything is denied: a source has nobody of that id, or nothing
}

// Preview looks a principal and a resource, which may be nil, up as a decision would. Like Enrich it gives what it has
// when there is an error.
func (e *Enricher) Preview(ctx context.Context, p *enginev1.Principal, r *enginev1.Resource) (*Preview, error) {
	out := &Preview{Principal: p, Resource: r}
	trace, got, err := e.enrich(ctx, p, nil, true)
	out.Trace, out.Denied = trace, trace.Denied()
	out.Fields = got.seen("P.attr", trace)
	if r != nil && err == nil {
		var each []*gains
		var denied []bool
		denied, each, trace, err = e.enrichAll(ctx, []*enginev1.Resource{r}, true)
		out.Fields = append(out.Fields, each[0].seen("R.attr", trace)...)
		out.Trace, out.Denied = append(out.Trace, trace...), out.Denied || len(denied) > 0 && denied[0]
	}
	out.Principal, out.Resource = e.Masked(p, r)
	return out, err
}

// seen lists every leaf of what was said, with who said it.
func (g *gains) seen(root string, trace Trace) (list []Seen) {
	var names []string
	for _, x := range g.list {
		if !slices.Contains(names, x.name) {
			names = append(names, x.name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		said := g.of(name)
		leaves(field.Path{name}, g.attr[name], func(path field.Path, v *structpb.Value) {
			i := slices.IndexFunc(said, func(x gain) bool { return at(map[string]*structpb.Value{name: x.value}, path) != nil })
			if i < 0 {
				return
			}
			one, step := said[i], trace[said[i].step]
			if one.stage.isSecret(path) {
				v = nil
			}
			list = append(list, Seen{Field: expression(root, path), Value: v, Source: one.stage.Name, Outcome: step.Outcome, Age: step.Age})
		})
	}
	return list
}

// leaves calls each for everything in a value that is no object with members.
func leaves(path field.Path, v *structpb.Value, each func(field.Path, *structpb.Value)) {
	members := v.GetStructValue().GetFields()
	if len(members) == 0 {
		each(path, v)
		return
	}
	for _, name := range sortedKeys(members) {
		leaves(append(slices.Clone(path), name), members[name], each)
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expression is a path as policies write it.
func expression(root string, path field.Path) string {
	for _, name := range path {
		if plainName.MatchString(name) {
			root += "." + name
		} else {
			root += "[" + strconv.Quote(name) + "]"
		}
	}
	return root
}

// secrets are the paths in attr that are not for logs.
func (s *stage) secrets() []field.Path {
	paths := s.fields.Secrets()
	if s.Attribute != wholeAttr {
		for i := range paths {
			paths[i] = append(field.Path{s.Attribute}, paths[i]...)
		}
	}
	return paths
}

func (s *stage) isSecret(path field.Path) bool {
	return slices.ContainsFunc(s.secrets(), func(secret field.Path) bool {
		return len(secret) <= len(path) && slices.Equal(secret, path[:len(secret)])
	})
}

// Mask stands where the value of a secret field was.
const Mask = "(secret)"

// Masked gives copies in which secret fields are masked, for logs. Both may be nil; what holds no secret is not copied.
func (e *Enricher) Masked(p *enginev1.Principal, r *enginev1.Resource) (*enginev1.Principal, *enginev1.Resource) {
	for _, s := range e.principals {
		for _, path := range s.secrets() {
			if at(p.GetAttr(), path) != nil {
				p = proto.CloneOf(p)
				mask(p.Attr, path)
			}
		}
	}
	for _, s := range e.resources {
		for _, path := range s.secrets() {
			if s.chosen.kindFits(r.GetKind()) && at(r.GetAttr(), path) != nil {
				r = proto.CloneOf(r)
				mask(r.Attr, path)
			}
		}
	}
	return p, r
}

func mask(attr map[string]*structpb.Value, path field.Path) {
	for _, name := range path[:len(path)-1] {
		attr = attr[name].GetStructValue().GetFields()
	}
	attr[path[len(path)-1]] = structpb.NewStringValue(Mask)
}
