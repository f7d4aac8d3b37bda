package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"google.golang.org/protobuf/proto"
)

// changing measures how long it takes until both servers can decide with a thousand and with ten thousand policies, until
// they decide by one file that was changed, and how much memory that takes. They watch the same folder, one at a time.
func changing(b *bench) (all []result, err error) {
	for _, n := range []int{1_000, 10_000} {
		policies := filepath.Join(b.dir, fmt.Sprint("units", n))
		if err := writeUnits(policies, n/len(unit)); err != nil {
			return nil, err
		}
		b.say("%d policies: Cerbos", n)
		theirs, err := launchCerbos(b, policies)
		if err != nil {
			return nil, err
		}
		them, err := b.change(theirs, policies)
		if err = errors.Join(err, theirs.stop()); err != nil {
			return nil, err
		}
		b.say("%d policies: ours", n)
		data := filepath.Join(b.dir, fmt.Sprint("changing", n))
		if err := os.Mkdir(data, 0o700); err != nil {
			return nil, err
		}
		ours, err := launch(b.binary, filepath.Join(data, "data"), policies, "COGNATE_ENRICH_OFF=true")
		if err != nil {
			return nil, err
		}
		us, err := b.change(ours, policies)
		if err = errors.Join(err, ours.stop()); err != nil {
			return nil, err
		}
		of := func(what string, our, their float64) {
			all = append(all, ceiling(fmt.Sprintf("%d policies: %s (%.2f beside %.2f)", n, what, our, their), our/their, "× Cerbos'", 0.5))
		}
		of("seconds until ready", ours.ReadyIn.Seconds(), theirs.ReadyIn.Seconds())
		of("processor seconds until ready", us.start.Seconds(), them.start.Seconds())
		of("seconds until a change is in use", us.took.Seconds(), them.took.Seconds())
		of("processor seconds of a change", us.cpu.Seconds(), them.cpu.Seconds())
		of("MiB resident after the changes", us.memory, them.memory)
		of("MiB resident at most", us.most, them.most)
	}
	return all, nil
}

// changed is what a change of one policy cost: medians.
type changed struct {
	start        time.Duration // processor time of the start
	took, cpu    time.Duration
	memory, most float64 // MiB
}

// change rewrites one file of the folder a few times, and waits for each until the server decides by it.
func (b *bench) change(s *server, policies string) (c changed, err error) {
	conn, err := dialRPC(s.grpc)
	if err != nil {
		return c, err
	}
	defer conn.Close()
	s.settle()
	file := filepath.Join(policies, "leave_old_0.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return c, err
	}
	c.start = s.cpu()
	var took, cpu []time.Duration
	for turn := range 2 * b.turns {
		denied, effect := turn%2 == 0, effectv1.Effect_EFFECT_ALLOW
		now := string(text)
		if denied {
			now, effect = strings.ReplaceAll(now, "EFFECT_ALLOW", "EFFECT_DENY"), effectv1.Effect_EFFECT_DENY
		}
		used, begun := s.cpu(), time.Now()
		if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
			return c, err
		}
		if err := decides(conn, effect); err != nil {
			return c, err
		}
		took = append(took, time.Since(begun))
		s.settle()
		cpu = append(cpu, s.cpu()-used)
	}
	slices.Sort(took)
	slices.Sort(cpu)
	c.took, c.cpu, c.memory, c.most = took[len(took)/2], cpu[len(cpu)/2], s.memory("VmRSS"), s.memory("VmHWM")
	return c, nil
}

// decides waits until a view is decided so.
func decides(conn rpcConn, want effectv1.Effect) error {
	raw, err := proto.Marshal(&requestv1.CheckResourcesRequest{Principal: &enginev1.Principal{Id: "x", Roles: []string{"user"}},
		Resources: []*requestv1.CheckResourcesRequest_ResourceEntry{{Actions: []string{"view:public"},
			Resource: &enginev1.Resource{Kind: "leave_request_0", PolicyVersion: "20210210", Id: "1"}}}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for {
		got, err := conn.call(ctx, raw)
		if err != nil {
			return err
		}
		var answer responsev1.CheckResourcesResponse
		if err := proto.Unmarshal(got, &answer); err != nil {
			return err
		}
		if answer.GetResults()[0].GetActions()["view:public"] == want {
			return nil
		}
		time.Sleep(2 * time.Millisecond)
	}
}
