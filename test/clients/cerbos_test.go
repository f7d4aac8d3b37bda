package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"testing"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/test/started"
)

func TestCerbosJavaScriptClientsWorkUnchanged(t *testing.T) {
	t.Parallel()
	needNode(t)
	s := serve(t)
	ctx, cancel := context.WithTimeout(context.Background(), started.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "calls.mjs", s.pdp, s.grpc, s.accessToken(t))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var got map[string]map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := map[string]any{
		"admin": true, "stranger": false, "mine": true, "other": false, "roles": []any{"owner"}, "callID": 26.0,
		"plan": "KIND_CONDITIONAL", "always": "KIND_ALWAYS_ALLOWED", "version": "0.55.0", "health": "SERVING", "token": true,
		"forged":  map[string]any{"code": 3.0, "details": "invalid auxData"},
		"unknown": map[string]any{"code": 3.0, "details": "validation error: principal.roles: value is required"},
	}
	for _, transport := range []string{"http", "grpc"} {
		if diff := cmp.Diff(want, got[transport]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", transport, diff)
		}
	}
}

var plainText = grpc.WithTransportCredentials(insecure.NewCredentials())

// The client that Cerbos generates for Go is what its SDK for Go is a cover of.
func TestCerbosGeneratedGoClientWorksOnBothPorts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, addr := range []string{s.grpc, s.pdp[len("http://"):]} {
		conn, err := grpc.NewClient(addr, plainText)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		got, err := svcv1.NewCerbosServiceClient(conn).CheckResources(t.Context(), &requestv1.CheckResourcesRequest{
			Principal: &enginev1.Principal{Id: "bob"},
			Resources: []*requestv1.CheckResourcesRequest_ResourceEntry{{Actions: []string{"delete"},
				Resource: &enginev1.Resource{Kind: "contact", Id: "1", Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue("bob")}}}},
		})
		if err != nil || got.GetResults()[0].GetActions()["delete"].String() != "EFFECT_ALLOW" {
			t.Errorf("%s: %v, %v", addr, got, err)
		}
	}
}

func TestASubjectSearchFindsTheUsersOfThePools(t *testing.T) {
	t.Parallel()
	s := serve(t, "COGNATE_DECISIONS_AUTHZEN_SEARCH_IDS=username")
	found, token := []string{}, ""
	for range 10 {
		page, err := json.Marshal(map[string]any{"limit": 1, "token": token})
		if err != nil {
			t.Fatal(err)
		}
		status, body := post(t, s.pdp+"/access/v1/search/subject",
			`{"subject":{"type":"user"},"action":{"name":"delete"},"resource":{"type":"contact","id":"1","properties":{"owner":"bob"}},"page":`+string(page)+`}`)
		var got struct {
			Page    struct{ Next_token string } //nolint:revive // the wire's name
			Results []struct{ ID string }
		}
		if err := json.Unmarshal(body, &got); err != nil || status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		for _, r := range got.Results {
			found = append(found, r.ID)
		}
		if token = got.Page.Next_token; token == "" {
			break
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, []string{"alice", "bob"}) { // an administrator and the owner
		t.Errorf("found %v", found)
	}
}
