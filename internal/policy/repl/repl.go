// Package repl evaluates expressions as conditions of policies do, one line after the other, for a person who tries them
// out. It owns its commands and variables. It leaves the language to policy/cerbos: an expression is run as the output
// of a policy that is made for it, so that nothing can come out otherwise than on a server.
package repl

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing/fstest"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

const help = `  EXPRESSION          evaluate; _ is the last result
  :let NAME = EXPR    give a result a name
  :let P = {...}      set the principal; R the resource, G the globals
  :vars               show what is set
  :reset              forget everything
  :help, :quit
`

// session is what was said so far.
type session struct {
	principal *enginev1.Principal
	resource  *enginev1.Resource
	globals   map[string]any
	names     []string // of the variables, in the order they were made
	values    map[string]*structpb.Value
}

func (s *session) reset() {
	*s = session{
		principal: &enginev1.Principal{Id: "alice", Roles: []string{"user"}}, resource: &enginev1.Resource{Kind: "thing", Id: "1"},
		values: map[string]*structpb.Value{},
	}
}

// Run reads lines until the end or :quit. The prompt is written before each line, if there is one.
func Run(ctx context.Context, in io.Reader, out io.Writer, prompt string) error {
	s := &session{}
	s.reset()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for {
		fmt.Fprint(out, prompt)
		if !lines.Scan() || ctx.Err() != nil {
			return lines.Err()
		}
		line := strings.TrimSpace(lines.Text())
		if line == ":quit" || line == ":q" || line == ":exit" {
			return nil
		}
		if text, err := s.line(ctx, line); err != nil {
			fmt.Fprintf(out, "error: %v\n", err)
		} else if text != "" {
			fmt.Fprintln(out, text)
		}
	}
}

var letForm = regexp.MustCompile(`^:let\s+([A-Za-z]\w*)\s*=\s*(.+)$`)

func (s *session) line(ctx context.Context, line string) (string, error) {
	switch {
	case line == "":
		return "", nil
	case line == ":help" || line == ":h":
		return strings.TrimRight(help, "\n"), nil
	case line == ":reset":
		s.reset()
		return "", nil
	case line == ":vars":
		return s.vars()
	}
	name, expr := "_", line
	if strings.HasPrefix(line, ":") {
		m := letForm.FindStringSubmatch(line)
		if m == nil {
			return "", errors.New("this is no command: see :help")
		}
		name, expr = m[1], m[2]
	}
	v, err := s.eval(ctx, expr)
	if err != nil {
		return "", err
	}
	if err := s.set(name, v); err != nil {
		return "", err
	}
	return name + " = " + compact(v), nil
}

// set gives a result a name, or makes it a part of the request.
func (s *session) set(name string, v *structpb.Value) error {
	var part proto.Message
	switch name {
	case "P":
		part = &enginev1.Principal{}
	case "R":
		part = &enginev1.Resource{}
	case "G":
		if v.GetStructValue() == nil {
			return errors.New("globals are an object")
		}
		s.globals = v.GetStructValue().AsMap()
		return nil
	case "V", "C", "request", "variables", "constants", "globals", "runtime", "now":
		return fmt.Errorf("%s has a meaning of its own", name)
	default:
		if s.values[name] == nil {
			s.names = append(s.names, name)
		}
		s.values[name] = v
		return nil
	}
	if err := protojson.Unmarshal([]byte(compact(v)), part); err != nil {
		return err
	}
	switch p := part.(type) {
	case *enginev1.Principal:
		s.principal = p
	case *enginev1.Resource:
		s.resource = p
	}
	return nil
}

func (s *session) vars() (string, error) {
	var lines []string
	for _, part := range []struct {
		name string
		m    proto.Message
	}{{"P", s.principal}, {"R", s.resource}} {
		raw, err := protojson.Marshal(part.m)
		if err != nil {
			return "", err
		}
		lines = append(lines, part.name+" = "+string(raw))
	}
	if len(s.globals) > 0 {
		raw, err := json.Marshal(s.globals)
		if err != nil {
			return "", err
		}
		lines = append(lines, "G = "+string(raw))
	}
	for _, name := range s.names {
		lines = append(lines, name+" = "+compact(s.values[name]))
	}
	return strings.Join(lines, "\n"), nil
}

// eval runs an expression.
func (s *session) eval(ctx context.Context, expr string) (*structpb.Value, error) {
	for i := len(s.names) - 1; i >= 0; i-- {
		if name := s.names[i]; strings.Contains(expr, name) {
			expr = fmt.Sprintf("cel.bind(%s, %s, %s)", name, compact(s.values[name]), expr)
		}
	}
	doc, err := protojson.Marshal(&policyv1.Policy{ApiVersion: "api.cerbos.dev/v1", PolicyType: &policyv1.Policy_ResourcePolicy{ResourcePolicy: &policyv1.ResourcePolicy{
		Resource: "repl", Version: "default", Rules: []*policyv1.ResourceRule{{
			Actions: []string{"evaluate"}, Roles: []string{"*"}, Effect: effectv1.Effect_EFFECT_ALLOW,
			Output: &policyv1.Output{When: &policyv1.Output_When{RuleActivated: expr}},
		}},
	}}})
	if err != nil {
		return nil, err
	}
	engine, err := cerbos.New(policy.Config{Globals: s.globals})
	if err != nil {
		return nil, err
	}
	table, err := engine.Compile(ctx, fstest.MapFS{"repl.json": &fstest.MapFile{Data: doc}})
	if err != nil {
		_, what, _ := strings.Cut(err.Error(), "`: ") // not where: it is one line
		return nil, errors.New(strings.TrimSuffix(orAll(what, err), ": invalid expression"))
	}
	resource := proto.CloneOf(s.resource)
	resource.Kind = "repl"
	out, err := table.Check(ctx, []*enginev1.CheckInput{{Principal: s.principal, Resource: resource, Actions: []string{"evaluate"}}})
	if err != nil {
		return nil, err
	}
	outputs := out[0].GetOutputs()
	if len(outputs) == 0 {
		return nil, errors.New("there is no result")
	}
	if outputs[0].GetError() != "" {
		return nil, errors.New(outputs[0].GetError())
	}
	return outputs[0].GetVal(), nil
}

func orAll(what string, err error) string {
	if what == "" {
		return err.Error()
	}
	return what
}

// compact is a value as JSON, which is also how an expression writes it.
func compact(v *structpb.Value) string {
	raw, err := json.Marshal(v.AsInterface())
	if err != nil {
		return "null"
	}
	return string(raw)
}
