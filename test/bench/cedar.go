package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	cedargo "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/policy/cedar"
	"cognate.dev/cognate/internal/store"
)

// besideCedar measures decisions of a policy store, as its operations ask the room, beside the Cedar engine alone, which looks at
// every policy: in the bench's own process, in turns, by CPU. Most policies are about other users, as those of an application
// that shares documents are; ten are about groups.
func besideCedar(b *bench) (all []result, err error) {
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: secret.MACKeyID, Secret: [32]byte{2}})
	if err != nil {
		return nil, err
	}
	db, err := store.Open(context.Background(), "sqlite::memory:", store.Options{Sealer: keys})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	room := permission.New(permission.Parts{Stores: db, Rows: db, Aliases: db, Repeats: db, Keys: keys, Now: clock.System})
	for _, n := range []int{10, 1000, 10_000} {
		b.say("%d policies", n)
		got, err := cedarSides(b, room, n)
		if err != nil {
			return all, err
		}
		all = append(all, got)
	}
	return all, nil
}

// cedarSides fills a policy store with n policies, and compares.
func cedarSides(b *bench, room *permission.Permissions, n int) (result, error) {
	ctx := context.Background()
	made, err := room.CreateStore(ctx, "", permission.StoreSpec{Mode: permission.Off})
	if err != nil {
		return result{}, err
	}
	engine := cedargo.NewPolicySet()
	for i := range n {
		text := fmt.Sprintf(`permit (principal == App::User::"user%d", action in [App::Action::"read", App::Action::"write"], resource == App::Document::"%d");`, i, i)
		if i < 10 {
			text = fmt.Sprintf(`permit (principal in App::Group::"group%d", action == App::Action::"read", resource) when { resource.public && context.ip.isInRange(ip("10.0.0.0/8")) };`, i)
		}
		if _, err := room.CreatePolicy(ctx, "", made.ID, permission.PolicySpec{Statement: &text}); err != nil {
			return result{}, err
		}
		var p cedargo.Policy
		if err := p.UnmarshalCedar([]byte(text)); err != nil {
			return result{}, err
		}
		engine.Add(cedargo.PolicyID(fmt.Sprint(i)), &p)
	}
	ip, err := cedar.Extension(cedar.IP, "10.1.2.3")
	if err != nil {
		return result{}, err
	}
	principal, action, resource := cedar.NewUID("App::User", "somebody"), cedar.NewUID("App::Action", "read"), cedar.NewUID("App::Document", "d")
	entities := cedar.Entities{
		principal: {UID: principal, Parents: cedar.NewParents(cedar.NewUID("App::Group", "group3"))},
		resource:  {UID: resource, Attributes: cedar.NewRecord(cedar.Fields{"public": cedar.Bool(true)})},
	}
	fields := cedar.Fields{"ip": ip}
	ask := permission.Ask{Store: made.ID, Entities: entities, Questions: []permission.Question{{Principal: &principal, Action: &action, Resource: &resource, Context: fields}}}
	ours := func() error {
		answer, err := room.Decide(ctx, ask)
		if err == nil && !answer.Decisions[0].Allowed {
			err = errors.New("the policy store denies")
		}
		return err
	}
	theirs := func() error {
		decision, _ := cedargo.Authorize(engine, entities, types.Request{Principal: principal, Action: action, Resource: resource, Context: cedar.NewRecord(fields)})
		if decision != cedargo.Allow {
			return errors.New("the engine denies")
		}
		return nil
	}
	var alone, whole effort
	for range b.turns {
		for _, side := range []struct {
			do  func() error
			sum *effort
		}{{theirs, &alone}, {ours, &whole}} {
			own, ops := ownCPU(), 0
			for end := time.Now().Add(b.seconds / time.Duration(2*b.turns)); time.Now().Before(end); ops += 10 {
				for range 10 {
					if err := side.do(); err != nil {
						return result{}, err
					}
				}
			}
			side.sum.add(ops, ownCPU()-own)
		}
	}
	each := whole.each()
	r := compared(fmt.Sprintf("a decision of a policy store, %d policies", n), "the engine alone, every policy",
		comparison{rate: float64(time.Second) / float64(each), limit: float64(time.Second) / float64(alone.each()),
			ratios: []float64{float64(alone.each()) / float64(each)}, limitCPU: alone.each(), serverCPU: each}, 0.5)
	return r, nil
}
