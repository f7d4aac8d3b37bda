package pdp_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/front/pdp"
)

// overRPC serves gRPC on a port of its own, as production does, and gives a connection to it.
func overRPC(t testing.TB, s *pdp.Server, cfg pdp.Config) *grpc.ClientConn {
	t.Helper()
	r := pdp.NewRPC(cfg, func() *pdp.Server { return s }, nil, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(l) }()
	conn := connect(t, l.Addr().String())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		r.Shutdown(ctx)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return conn
}

func connect(t testing.TB, addr string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func idOnlyRPC(id, owner string, actions ...string) *requestv1.CheckResourcesRequest {
	return &requestv1.CheckResourcesRequest{
		Principal: &enginev1.Principal{Id: id},
		Resources: []*requestv1.CheckResourcesRequest_ResourceEntry{{
			Actions:  actions,
			Resource: &enginev1.Resource{Kind: "contact", Id: "1", Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue(owner)}},
		}},
	}
}

func TestBothTransportsGiveTheSameAnswers(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	client := svcv1.NewCerbosServiceClient(overRPC(t, s.Server, pdp.Config{}))
	principal := &enginev1.Principal{Id: "alice"}
	attr := map[string]*structpb.Value{"owner": structpb.NewStringValue("bob")}
	batch := &requestv1.CheckResourceBatchRequest{RequestId: "r", Principal: principal, Resources: []*requestv1.CheckResourceBatchRequest_BatchEntry{
		{Actions: []string{"read", "delete"}, Resource: &enginev1.Resource{Kind: "contact", Id: "1", Attr: attr}},
	}}
	set := &requestv1.CheckResourceSetRequest{RequestId: "r", Principal: principal, Actions: []string{"read", "delete"}, IncludeMeta: true,
		Resource: &requestv1.ResourceSet{Kind: "contact", Instances: map[string]*requestv1.AttributesMap{"1": {Attr: attr}, "2": {}}}}
	plan := &requestv1.PlanResourcesRequest{RequestId: "r", Principal: principal, Actions: []string{"delete"}, IncludeMeta: true,
		Resource: &enginev1.PlanResourcesInput_Resource{Kind: "contact"}}
	for _, c := range []struct {
		path string
		req  proto.Message
		ask  func() (proto.Message, error)
	}{
		{"/api/check/resources", idOnlyRPC("alice", "bob", "read", "delete"), func() (proto.Message, error) {
			return client.CheckResources(t.Context(), idOnlyRPC("alice", "bob", "read", "delete"))
		}},
		{"/api/check_resource_batch", batch, func() (proto.Message, error) { return client.CheckResourceBatch(t.Context(), batch) }},
		{"/api/check", set, func() (proto.Message, error) { return client.CheckResourceSet(t.Context(), set) }},
		{"/api/plan/resources", plan, func() (proto.Message, error) { return client.PlanResources(t.Context(), plan) }},
	} {
		got, err := c.ask()
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		body, err := protojson.Marshal(c.req)
		if err != nil {
			t.Fatal(err)
		}
		w := s.do(http.MethodPost, c.path, string(body))
		want := got.ProtoReflect().New().Interface()
		if err := protojson.Unmarshal(w.Body.Bytes(), want); err != nil || w.Code != http.StatusOK {
			t.Errorf("%s: %d %s (%v)", c.path, w.Code, w.Body, err)
			continue
		}
		for _, m := range []proto.Message{got, want} { // differs from call to call
			if fd := m.ProtoReflect().Descriptor().Fields().ByName("cerbos_call_id"); fd != nil {
				m.ProtoReflect().Clear(fd)
			}
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-http +grpc):\n%s", c.path, diff)
		}
	}
}

func TestOldCallsDecideAsTheNewOneDoes(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	client := svcv1.NewCerbosServiceClient(overRPC(t, s.Server, pdp.Config{}))
	mine := map[string]*structpb.Value{"owner": structpb.NewStringValue("alice")}
	out, err := client.CheckResourceSet(t.Context(), &requestv1.CheckResourceSetRequest{
		Principal: &enginev1.Principal{Id: "alice"}, Actions: []string{"delete"},
		Resource: &requestv1.ResourceSet{Kind: "contact", Instances: map[string]*requestv1.AttributesMap{"mine": {Attr: mine}, "other": {}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := out.GetResourceInstances(); got["mine"].GetActions()["delete"].String() != "EFFECT_ALLOW" || got["other"].GetActions()["delete"].String() != "EFFECT_DENY" {
		t.Errorf("%v", got)
	}
}

func TestRPCStatusesAreCerbos(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{MaxActions: 2}, enrich.SourceConfig{}, contacts(t))
	conn := overRPC(t, s.Server, pdp.Config{MaxBody: 1000})
	client := svcv1.NewCerbosServiceClient(conn)
	check := func(req *requestv1.CheckResourcesRequest) error {
		_, err := client.CheckResources(t.Context(), req)
		return err
	}
	for name, c := range map[string]struct {
		err  error
		code codes.Code
		text string
	}{
		"no such user, no roles": {check(idOnlyRPC("nobody", "x", "read")), codes.InvalidArgument, "validation error: principal.roles: value is required"},
		"too many actions":       {check(idOnlyRPC("alice", "x", "a", "b", "c")), codes.InvalidArgument, "number of actions (3) exceeds configured limit (2)"},
		"a source that fails":    {check(idOnlyRPC("unlucky", "x", "a")), codes.Unavailable, `The enrichment source "pool" could not answer; no decision is made without it.`},
		"too large":              {check(idOnlyRPC(string(make([]byte, 1000)), "x", "a")), codes.ResourceExhausted, "grpc: received message larger than max (1039 vs. 1000)"},
		"another service":        {conn.Invoke(t.Context(), "/x.Y/Z", &requestv1.ServerInfoRequest{}, &requestv1.ServerInfoRequest{}), codes.Unimplemented, "Unknown service"},
		"the admin service": {conn.Invoke(t.Context(), svcv1.CerbosAdminService_ListPolicies_FullMethodName, &requestv1.ServerInfoRequest{}, &requestv1.ServerInfoRequest{}),
			codes.Unimplemented, "Admin service is disabled by the configuration"},
	} {
		if got := status.Convert(c.err); got.Code() != c.code || got.Message() != c.text {
			t.Errorf("%s: %v %q, want %v %q", name, got.Code(), got.Message(), c.code, c.text)
		}
	}
	details := status.Convert(check(idOnlyRPC("nobody", "x", "read"))).Details()
	if len(details) != 1 {
		t.Errorf("a validation error has %d details: %v", len(details), details)
	}
	for _, d := range details {
		if _, ok := d.(*errdetails.BadRequest); ok {
			t.Errorf("details are %T", d)
		}
	}
}

func TestAnRPCSaysWhereItsAttributesCameFrom(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	client := svcv1.NewCerbosServiceClient(overRPC(t, s.Server, pdp.Config{}))
	var head metadata.MD
	if _, err := client.CheckResources(t.Context(), idOnlyRPC("alice", "x", "read"), grpc.Header(&head)); err != nil {
		t.Fatal(err)
	}
	if got := head.Get("x-cognate-enrichment"); !slices.Equal(got, []string{"pool;miss;age=0ms"}) || !slices.Equal(head.Get("cerbos-version"), []string{"0.55.0+test"}) {
		t.Errorf("%v", head)
	}
	if e := s.events[0]; e.Method != "CheckResources" || e.Status != 200 || e.Principal != "alice" || e.Allowed != 1 || len(e.CallID) != 26 {
		t.Errorf("event %+v", e)
	}
}

func TestRPCHealthFollowsThePolicies(t *testing.T) {
	t.Parallel()
	ready := true
	s := pdp.New(pdp.Config{}, pdp.Parts{Decider: contacts(t), Ready: func() bool { return ready }})
	client := grpc_health_v1.NewHealthClient(overRPC(t, s, pdp.Config{}))
	ask := func(service string) string {
		got, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil {
			return status.Code(err).String()
		}
		return got.GetStatus().String()
	}
	if a, b, c := ask(""), ask("cerbos.svc.v1.CerbosService"), ask("other"); a != "SERVING" || b != "SERVING" || c != "NotFound" {
		t.Error(a, b, c)
	}
	watch, err := client.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := watch.Recv(); err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Error(got, err)
	}
	// The watch is still open when the server ends: it must not hold that up.
}

func TestReflectionNamesTheServices(t *testing.T) {
	t.Parallel()
	s := pdp.New(pdp.Config{}, pdp.Parts{Decider: contacts(t)})
	stream, err := grpc_reflection_v1.NewServerReflectionClient(overRPC(t, s, pdp.Config{})).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	got, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range got.GetListServicesResponse().GetService() {
		names = append(names, s.GetName())
	}
	for _, want := range []string{"cerbos.svc.v1.CerbosService", "grpc.health.v1.Health"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not in %v", want, names)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err == nil {
		t.Error("the stream goes on")
	}
}

func TestRPCsAreAnsweredOnTheHTTPPortToo(t *testing.T) {
	t.Parallel()
	s := newServer(t, pdp.Config{}, enrich.SourceConfig{}, contacts(t))
	r := pdp.NewRPC(pdp.Config{}, func() *pdp.Server { return s.Server }, nil, nil)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if pdp.IsRPC(req) {
			r.ServeHTTP(w, req)
			return
		}
		s.ServeHTTP(w, req)
	}))
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetHTTP1(true)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	t.Cleanup(func() { r.Shutdown(context.Background()) })
	t.Cleanup(srv.Close)
	client := svcv1.NewCerbosServiceClient(connect(t, srv.Listener.Addr().String()))
	out, err := client.CheckResources(t.Context(), idOnlyRPC("admin", "x", "read", "delete"))
	if err != nil || len(out.GetResults()) != 1 {
		t.Fatal(out, err)
	}
	_, err = client.CheckResources(t.Context(), idOnlyRPC("nobody", "x", "read"))
	if got := status.Convert(err); got.Code() != codes.InvalidArgument || len(got.Details()) != 1 {
		t.Errorf("%v %v", got, got.Details())
	}
	res, err := srv.Client().Get(srv.URL + "/api/server_info")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
}
