package pdp

import (
	"context"
	"slices"
	"time"

	authorizationv1 "github.com/cerbos/cerbos/api/genpb/authzen/authorization/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// health is the gRPC health service: it follows the policies.
// https://github.com/grpc/grpc/blob/master/doc/health-checking.md
type health struct {
	grpc_health_v1.UnimplementedHealthServer
	service *service
}

// services are those whose health can be asked for; the empty one is the server as a whole.
var services = []string{"", svcv1.CerbosService_ServiceDesc.ServiceName, authorizationv1.AuthorizationService_ServiceDesc.ServiceName}

func known(service string) bool { return slices.Contains(services, service) }

func (h *health) now() grpc_health_v1.HealthCheckResponse_ServingStatus {
	if h.service.current().parts.Ready() {
		return grpc_health_v1.HealthCheckResponse_SERVING
	}
	return grpc_health_v1.HealthCheckResponse_NOT_SERVING
}

// Check is grpc_health_v1.HealthServer's.
func (h *health) Check(_ context.Context, req *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if !known(req.GetService()) {
		return nil, status.Error(codes.NotFound, "unknown service")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: h.now()}, nil
}

// List is grpc_health_v1.HealthServer's.
func (h *health) List(context.Context, *grpc_health_v1.HealthListRequest) (*grpc_health_v1.HealthListResponse, error) {
	now := &grpc_health_v1.HealthCheckResponse{Status: h.now()}
	list := &grpc_health_v1.HealthListResponse{Statuses: map[string]*grpc_health_v1.HealthCheckResponse{}}
	for _, service := range services {
		list.Statuses[service] = now
	}
	return list, nil
}

// healthEvery is how soon a watcher hears of a change.
const healthEvery = 500 * time.Millisecond

// Watch is grpc_health_v1.HealthServer's. It tells of each change until the caller leaves or the server ends.
func (h *health) Watch(req *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	look := h.now
	if !known(req.GetService()) {
		look = func() grpc_health_v1.HealthCheckResponse_ServingStatus {
			return grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN
		}
	}
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	for last := grpc_health_v1.HealthCheckResponse_ServingStatus(-1); ; {
		if now := look(); now != last {
			last = now
			if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: now}); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-stream.Context().Done():
			return nil
		case <-h.service.ending:
			return status.Error(codes.Unavailable, "the server is ending")
		}
	}
}

var _ grpc_health_v1.HealthServer = (*health)(nil)
