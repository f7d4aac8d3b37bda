package pdp

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	authorizationv1 "github.com/cerbos/cerbos/api/genpb/authzen/authorization/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // clients may compress
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"cognate.dev/cognate/internal/telemetry"
)

// RPC is the gRPC side: Cerbos' service, health and reflection. It is an http.Handler too, for calls that come to the
// HTTP port by HTTP/2. Safe for concurrent use.
type RPC struct {
	direct, viaHTTP *grpc.Server // two, since one cannot end gracefully while an HTTP server feeds it
	service         *service
}

// NewRPC makes the gRPC side. Current gives the server that answers now; admin and calls may be nil. The options are for
// the port of its own. Drain and Shutdown it when done.
func NewRPC(cfg Config, current func() *Server, admin svcv1.CerbosAdminServiceServer, calls *telemetry.Calls, options ...grpc.ServerOption) *RPC {
	s := &service{current: current, admin: admin, calls: calls, ending: make(chan struct{})}
	return &RPC{direct: s.build(cfg, options...), viaHTTP: s.build(cfg), service: s}
}

func (s *service) build(cfg Config, options ...grpc.ServerOption) *grpc.Server {
	g := grpc.NewServer(append([]grpc.ServerOption{
		grpc.ForceServerCodecV2(codec{}),
		grpc.MaxRecvMsgSize(int(cfg.maxBody())),
		grpc.MaxConcurrentStreams(1024),
		grpc.MaxHeaderListSize(64 << 10),
		grpc.ConnectionTimeout(10 * time.Second), // until a client has said that it speaks HTTP/2
		// The age is Cerbos'; it spreads clients over nodes. A client that is gone, or reads no answers, is not waited for.
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 10 * time.Minute, MaxConnectionAgeGrace: time.Minute,
			Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.UnknownServiceHandler(unknownService),
		grpc.UnaryInterceptor(s.watchAdmin),
	}, options...)...)
	if s.admin != nil {
		svcv1.RegisterCerbosAdminServiceServer(g, s.admin)
	}
	svcv1.RegisterCerbosServiceServer(g, s)
	authorizationv1.RegisterAuthorizationServiceServer(g, &authzenRPC{service: s})
	grpc_health_v1.RegisterHealthServer(g, &health{service: s})
	reflection.Register(g)
	return g
}

// Serve answers on a port until Shutdown.
func (r *RPC) Serve(l net.Listener) error { return r.direct.Serve(l) }

// ServeHTTP is http.Handler's, for requests of which IsRPC is true.
func (r *RPC) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.viaHTTP.ServeHTTP(w, req) }

// Drain ends what would never end by itself: watches of the health service.
func (r *RPC) Drain() { r.service.drain.Do(func() { close(r.service.ending) }) }

// Shutdown lets running calls finish until ctx is done, and ends them then. The HTTP server that feeds ServeHTTP must
// have ended before.
func (r *RPC) Shutdown(ctx context.Context) {
	r.Drain()
	r.viaHTTP.Stop()
	done := make(chan struct{})
	go func() {
		r.direct.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		r.direct.Stop()
		<-done
	}
}

// IsRPC reports whether an HTTP request is a gRPC call.
func IsRPC(r *http.Request) bool {
	return r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// service is Cerbos' service over gRPC.
type service struct {
	svcv1.UnimplementedCerbosServiceServer
	current func() *Server
	admin   svcv1.CerbosAdminServiceServer // nil: disabled
	calls   *telemetry.Calls
	ending  chan struct{} // closed when no watch may go on
	drain   sync.Once
}

// CheckResources is svcv1.CerbosServiceServer's, as the methods below.
func (s *service) CheckResources(ctx context.Context, req *requestv1.CheckResourcesRequest) (*responsev1.CheckResourcesResponse, error) {
	return rpc(ctx, s, "CheckResources", req, (*ask).checkResources)
}

func (s *service) CheckResourceSet(ctx context.Context, req *requestv1.CheckResourceSetRequest) (*responsev1.CheckResourceSetResponse, error) {
	return rpc(ctx, s, "CheckResourceSet", req, (*ask).checkResourceSet)
}

func (s *service) CheckResourceBatch(ctx context.Context, req *requestv1.CheckResourceBatchRequest) (*responsev1.CheckResourceBatchResponse, error) {
	return rpc(ctx, s, "CheckResourceBatch", req, (*ask).checkResourceBatch)
}

func (s *service) PlanResources(ctx context.Context, req *requestv1.PlanResourcesRequest) (*responsev1.PlanResourcesResponse, error) {
	return rpc(ctx, s, "PlanResources", req, (*ask).planResources)
}

func (s *service) ServerInfo(ctx context.Context, req *requestv1.ServerInfoRequest) (*responsev1.ServerInfoResponse, error) {
	return rpc(ctx, s, "ServerInfo", req, func(a *ask, _ *requestv1.ServerInfoRequest) (*responsev1.ServerInfoResponse, error) {
		return a.server.parts.Info, nil
	})
}

// rpc asks, and turns an error into a status, once.
func rpc[Q, A any](ctx context.Context, s *service, name string, req Q, do func(*ask, Q) (A, error)) (answer A, err error) {
	run := func(ctx context.Context) int {
		server := s.current()
		a := &ask{server: server, ctx: ctx, began: server.parts.Now()}
		a.event.Method = name
		answer, err = do(a, req)
		code := http.StatusOK
		cause := err
		if err != nil {
			r := translate(err)
			code, err = r.code.http(), status.FromProto(r.message()).Err()
		}
		a.tellRPC()
		a.end(code, cause)
		return code
	}
	if s.calls == nil {
		run(ctx)
		return answer, err
	}
	if s.calls.Watch(ctx, called(ctx, name), run) {
		return answer, status.Error(codes.Internal, "Internal error")
	}
	return answer, err
}

func called(ctx context.Context, method string) telemetry.Call {
	return telemetry.Call{Method: method, Remote: remote(ctx), Header: func(name string) string {
		return strings.Join(metadata.ValueFromIncomingContext(ctx, name), ",")
	}}
}

// watchAdmin logs and counts calls of the Admin API, and keeps a panic from ending the server.
func (s *service) watchAdmin(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
	if s.calls == nil || info.Server != s.admin {
		return handle(ctx, req)
	}
	name := "Admin" + info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:]
	panicked := s.calls.Watch(ctx, called(ctx, name), func(ctx context.Context) int {
		answer, err = handle(ctx, req)
		return code(status.Code(err)).http()
	})
	if panicked {
		return nil, status.Error(codes.Internal, "Internal error")
	}
	return answer, err
}

// tellRPC sends with the answer what HTTP sends in headers.
func (a *ask) tellRPC() {
	headers := metadata.MD{"cerbos-version": {a.server.parts.Info.GetVersion()}}
	if len(a.event.Trace) > 0 {
		headers["x-cognate-enrichment"] = []string{a.event.Trace.String()}
	}
	_ = grpc.SetHeader(a.ctx, headers) // it fails only when the caller is gone
}

func remote(ctx context.Context) string {
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		return p.Addr.String()
	}
	return ""
}

// unknownService answers calls to what is not here, in Cerbos' words.
func unknownService(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	switch name, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/"); name {
	case svcv1.CerbosAdminService_ServiceDesc.ServiceName:
		return status.Error(codes.Unimplemented, adminOff)
	case svcv1.CerbosPlaygroundService_ServiceDesc.ServiceName:
		return status.Error(codes.Unimplemented, playgroundOff)
	}
	return status.Error(codes.Unimplemented, "Unknown service")
}

var _ svcv1.CerbosServiceServer = (*service)(nil)
