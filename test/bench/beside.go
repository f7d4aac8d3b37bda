package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// besideCerbos measures the decision point beside Cerbos' own server: the same policies (a hundred units of eight), the
// same requests, in turns. With "full" requests, the caller sends what policies need, and enrichment is off; with "id"
// requests the caller of ours sends an id alone, and the person is cached, while Cerbos still gets everything.
func besideCerbos(b *bench) (all []result, err error) {
	policies := filepath.Join(b.dir, "units")
	if err := writeUnits(policies, units); err != nil {
		return nil, err
	}
	theirs, err := launchCerbos(b, policies)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, theirs.stop()) }()
	w, err := b.world(smallWorld)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(b.dir, "plain"), 0o700); err != nil {
		return nil, err
	}
	plain, err := launch(b.binary, filepath.Join(b.dir, "plain", "data"), policies, "COGNATE_ENRICH_OFF=true")
	if err == nil { // the first start makes a database and keys; Cerbos has none
		if err = plain.stop(); err == nil {
			plain, err = launch(b.binary, filepath.Join(b.dir, "plain", "data"), policies, "COGNATE_ENRICH_OFF=true")
		}
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plain.stop()) }()
	enriching, err := launch(b.binary, w.data, policies)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, enriching.stop()) }()
	for _, s := range []*server{theirs, plain, enriching} {
		s.settle()
	}
	for _, c := range []struct {
		name        string
		ours        *server
		idOnly, rpc bool
		connections int
		faster      float64 // how many times, at least
	}{
		{"HTTP, 1 connection, full", plain, false, false, 1, 2},
		{"HTTP, 16 connections, full", plain, false, false, 16, 2},
		{"gRPC, 1 connection, full", plain, false, true, 1, 2},
		{"gRPC, 16 connections, full", plain, false, true, 16, 2},
		{"HTTP, 16 connections, id", enriching, true, false, 16, 1.6},
		{"gRPC, 16 connections, id", enriching, true, true, 16, 1.6},
	} {
		b.say("beside Cerbos: %s", c.name)
		full, err := unitRequests(w, false)
		if err != nil {
			return nil, err
		}
		short, err := unitRequests(w, c.idOnly)
		if err != nil {
			return nil, err
		}
		if err := sameDecision(theirs, c.ours, full[0], short[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		a, err := ask(theirs, c.rpc, c.connections, full)
		if err != nil {
			return nil, err
		}
		o, err := ask(c.ours, c.rpc, c.connections, short)
		if err != nil {
			a.close()
			return nil, err
		}
		got, err := b.duel(theirs, a, c.ours, o)
		a.close()
		o.close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		all = append(all, compared("beside Cerbos: "+c.name, "Cerbos", got.comparison, c.faster),
			ceiling("p99: "+c.name, got.tail, "× Cerbos'", 0.5))
	}
	return append(all, ceiling("memory beside Cerbos", plain.memory("VmRSS")/theirs.memory("VmRSS"), "× Cerbos'", 0.5),
		ceiling("ready beside Cerbos, 800 policies", plain.ReadyIn.Seconds()/theirs.ReadyIn.Seconds(), "× Cerbos'", 0.5)), nil
}

// unitRequests are questions about the units, one after the other, by users who are in the group.
func unitRequests(w *world, idOnly bool) ([]*requestv1.CheckResourcesRequest, error) {
	list := make([]*requestv1.CheckResourcesRequest, actors)
	for i := range list {
		id := w.member(i)
		principal := object{"id": id}
		if !idOnly {
			maps.Copy(principal, object{"roles": []string{"user"}, "attr": object{"department": "sales", "geography": "GB", "team": "design", "level": 3}})
		}
		raw, err := json.Marshal(object{"requestId": "bench", "principal": principal, "resources": []object{{
			"actions": []string{"view:public", "approve", "create", "defer"},
			"resource": object{"kind": fmt.Sprintf("leave_request_%d", i%units), "id": fmt.Sprintf("XX%d", i), "scope": "acme.hr",
				"attr": object{"owner": id, "status": "PENDING_APPROVAL", "geography": "GB", "team": "design", "days": 4}},
		}}})
		r := &requestv1.CheckResourcesRequest{}
		if err == nil {
			err = protojson.Unmarshal(raw, r)
		}
		if err != nil {
			return nil, err
		}
		list[i] = r
	}
	return list, nil
}

// sameDecision makes sure that both servers decide alike, and allow something: a denial would be quick.
func sameDecision(theirs, ours *server, full, short *requestv1.CheckResourcesRequest) error {
	var said []*responsev1.CheckResourcesResponse
	for s, req := range map[*server]*requestv1.CheckResourcesRequest{theirs: full, ours: short} {
		conn, err := dialRPC(s.grpc)
		if err != nil {
			return err
		}
		raw, err := proto.Marshal(req)
		if err == nil {
			raw, err = conn.call(context.Background(), raw)
		}
		conn.Close()
		res := &responsev1.CheckResourcesResponse{}
		if err == nil {
			err = proto.Unmarshal(raw, res)
		}
		if err != nil {
			return err
		}
		said = append(said, res)
	}
	a, b := said[0].GetResults()[0].GetActions(), said[1].GetResults()[0].GetActions()
	if !maps.Equal(a, b) || a["view:public"] != effectv1.Effect_EFFECT_ALLOW || a["defer"] != effectv1.Effect_EFFECT_DENY {
		return fmt.Errorf("the servers do not decide alike: %v, %v", a, b)
	}
	return nil
}
