package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

// check is POST /api/check/resources for a principal known by id alone, whose attributes the server has cached. The
// limit is the engine alone, in this process, with the same policies and the input that the server makes of the
// request. One action on one resource is the hardest case: the way in and out weighs most. The second is a page of
// ten resources with four actions each.
func check(b *bench) ([]result, error) {
	return b.served(smallWorld, func(w *world, s *server) ([]result, error) {
		one, err := b.checks(w, s, 1, []string{"delete"})
		if err != nil {
			return nil, err
		}
		page, err := b.checks(w, s, 10, []string{"list", "read", "update", "delete"})
		if err != nil {
			return nil, err
		}
		return []result{
			compared("check, 1 resource, 1 action", "policy engine alone", one, 0.15),
			compared("check, 10 resources, 4 actions", "policy engine alone", page, 0),
		}, nil
	})
}

func (b *bench) checks(w *world, s *server, resources int, actions []string) (comparison, error) {
	var list [][]byte
	for i := range actors {
		req, err := s.decision(question(w.member(i), resources, actions))
		if err != nil {
			return comparison{}, err
		}
		list = append(list, req)
	}
	if err := rightDecision(s, list[0]); err != nil {
		return comparison{}, err
	}
	limit, err := engineLimit(b, w, resources, actions)
	if err != nil {
		return comparison{}, err
	}
	return b.compare(s, s.pdp, list, limit)
}

// member is the i-th user that is in the group.
func (w *world) member(i int) string { return w.users[10*i].ID }

// question asks about contacts of which the principal owns every other one.
func question(principal string, resources int, actions []string) object {
	var list []object
	for n := range resources {
		list = append(list, object{"actions": actions,
			"resource": object{"kind": "contact", "id": fmt.Sprintf("c%d", n), "attr": object{"owner": owner(principal, n)}}})
	}
	return object{"principal": object{"id": principal}, "resources": list}
}

func owner(principal string, n int) string {
	if n%2 == 0 {
		return principal
	}
	return "somebody-else"
}

// rightDecision makes sure that the server knew the principal: a denial would be quick, too. The first resource is the
// principal's own, and every question asks whether it may delete that.
func rightDecision(s *server, request []byte) error {
	c, err := dial(s.pdp)
	if err != nil {
		return err
	}
	defer c.net.Close()
	got, err := c.object("check", request)
	if err != nil {
		return err
	}
	results, _ := got["results"].([]any)
	if len(results) == 0 {
		return errors.New("a decision without results")
	}
	first, _ := results[0].(map[string]any)
	if effect := object(first).text("actions", "delete"); effect != "EFFECT_ALLOW" {
		return fmt.Errorf("an owner may not delete: %v", got)
	}
	return nil
}

// engineLimit is the engine with ready-made inputs.
func engineLimit(b *bench, w *world, resources int, actions []string) (side, error) {
	compiler, err := cerbos.New(policy.Default())
	if err != nil {
		return side{}, err
	}
	engine, err := compiler.Compile(context.Background(), os.DirFS(b.policies))
	if err != nil {
		return side{}, err
	}
	inputs := make([][]*enginev1.CheckInput, actors)
	for i := range inputs {
		if inputs[i], err = engineInputs(w, i, resources, actions); err != nil {
			return side{}, err
		}
	}
	out, err := engine.Check(context.Background(), inputs[0])
	if err != nil || out[0].GetActions()["delete"].GetEffect() != effectv1.Effect_EFFECT_ALLOW {
		return side{}, fmt.Errorf("the engine alone denies what it should allow: %v, %w", out, err)
	}
	var turn atomic.Int64
	return everyCore(func(int) error {
		out, err := engine.Check(context.Background(), inputs[int(turn.Add(1))%actors])
		if err == nil && len(out) != resources {
			err = errors.New("the engine left a resource out")
		}
		return err
	}), nil
}

func engineInputs(w *world, i, resources int, actions []string) ([]*enginev1.CheckInput, error) {
	u := w.users[10*i]
	attributes := map[string]any{}
	for name, value := range u.Attributes {
		attributes[name] = value
	}
	known, err := structpb.NewValue(map[string]any{
		"sub": u.ID, "username": u.Username, "pool": u.PoolID, "enabled": true, "status": string(u.Status),
		"groups": []any{"user"}, "attributes": attributes, "mfa": map[string]any{"enabled": false},
	})
	if err != nil {
		return nil, err
	}
	principal := &enginev1.Principal{Id: u.ID, Roles: []string{"user"}, Attr: map[string]*structpb.Value{"cognito": known}}
	var inputs []*enginev1.CheckInput
	for n := range resources {
		inputs = append(inputs, &enginev1.CheckInput{RequestId: "bench", Principal: principal, Actions: actions,
			Resource: &enginev1.Resource{Kind: "contact", Id: fmt.Sprintf("c%d", n),
				Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue(owner(u.ID, n))}}})
	}
	return inputs, nil
}
