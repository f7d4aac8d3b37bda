package route

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"cognate.dev/cognate/internal/gateway/spec"
)

// Table finds which of some routes takes a request. A literal segment comes before a variable one, a variable one before a
// greedy one, a method before ANY; what comes earlier in the path counts more.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
type Table[R any] struct {
	// PathFirst says that the path alone chooses, as in REST APIs: where a more special template does not know the method,
	// no other is tried.
	PathFirst bool

	root     node[R]
	fallback *R
}

// Match is a route and what its variables stand for, decoded.
type Match[R any] struct {
	Route  R
	Params map[string]string // nil: it has none
}

type node[R any] struct {
	literal  map[string]*node[R]
	variable *node[R]
	greedy   *node[R]
	methods  map[string]leaf[R]
}

type leaf[R any] struct {
	route R
	names []string // of the variables, in order
}

var variableForm = regexp.MustCompile(`^\{([0-9A-Za-z._:$-]+)(\+?)\}$`)

// Add puts a route in. A template is "/orders/{id}", "/files/{proxy+}" or spec.Default.
func (t *Table[R]) Add(method, template string, route R) error {
	if template == spec.Default {
		if t.fallback != nil {
			return errors.New("there are two for everything else")
		}
		t.fallback = &route
		return nil
	}
	segments, err := split(template)
	if err != nil {
		return err
	}
	n, names := &t.root, []string(nil)
	for i, s := range segments {
		v := variableForm.FindStringSubmatch(s)
		switch {
		case v == nil && strings.ContainsAny(s, "{}"):
			return fmt.Errorf("%q is neither text nor a variable such as {id}", s)
		case v == nil:
			n = n.child(s)
			continue
		case v[2] == "+" && i < len(segments)-1:
			return fmt.Errorf("%s takes the rest of a path and must be its end", s)
		case v[2] == "+":
			n = into(&n.greedy)
		default:
			n = into(&n.variable)
		}
		names = append(names, v[1])
	}
	if _, twice := n.methods[method]; twice {
		return errors.New("another route takes the same requests")
	}
	if n.methods == nil {
		n.methods = map[string]leaf[R]{}
	}
	n.methods[method] = leaf[R]{route, names}
	return nil
}

// split takes a template apart; its literal segments are decoded text, as paths are when they are matched.
func split(template string) ([]string, error) {
	bare := strings.NewReplacer("{", "", "}", "", "+", "", "$", "", ":", "").Replace(template)
	if _, err := Parse(bare, false); err != nil {
		return nil, fmt.Errorf("%q is no path", template)
	}
	if template == "/" {
		return nil, nil
	}
	return strings.Split(template[1:], "/"), nil
}

func (n *node[R]) child(literal string) *node[R] {
	if n.literal == nil {
		n.literal = map[string]*node[R]{}
	}
	c := n.literal[literal]
	if c == nil {
		c = &node[R]{}
		n.literal[literal] = c
	}
	return c
}

func into[R any](at **node[R]) *node[R] {
	if *at == nil {
		*at = &node[R]{}
	}
	return *at
}

// Find gives the route of a request; ok is false when there is none.
func (t *Table[R]) Find(method string, p Path) (m Match[R], ok bool) {
	var values []string
	found, _ := t.root.find(method, p.Segments, &values, t.PathFirst)
	switch {
	case found != nil:
		m.Route = found.route
	case t.fallback != nil:
		m.Route = *t.fallback
		return m, true
	default:
		return m, false
	}
	if len(found.names) > 0 {
		m.Params = make(map[string]string, len(found.names))
		for i, name := range found.names {
			m.Params[name] = values[i]
		}
	}
	return m, true
}

// find looks below a node. It keeps the values of variables on the way, and takes back those of ways that led nowhere. Ends
// says that there is no way but this one, for the path alone chooses.
func (n *node[R]) find(method string, rest []string, values *[]string, pathFirst bool) (found *leaf[R], ends bool) {
	if len(rest) == 0 {
		return n.leaf(method), pathFirst && n.methods != nil
	}
	if c := n.literal[rest[0]]; c != nil {
		if found, ends = c.find(method, rest[1:], values, pathFirst); found != nil || ends {
			return found, ends
		}
	}
	mark := len(*values)
	if n.variable != nil && rest[0] != "" {
		*values = append(*values, rest[0])
		if found, ends = n.variable.find(method, rest[1:], values, pathFirst); found != nil || ends {
			return found, ends
		}
		*values = (*values)[:mark]
	}
	if n.greedy != nil && (rest[0] != "" || len(rest) > 1) {
		if found = n.greedy.leaf(method); found != nil {
			*values = append(*values, strings.Join(rest, "/"))
		}
		return found, pathFirst
	}
	return nil, false
}

func (n *node[R]) leaf(method string) *leaf[R] {
	if l, ok := n.methods[method]; ok {
		return &l
	}
	if l, ok := n.methods[spec.Any]; ok {
		return &l
	}
	return nil
}
