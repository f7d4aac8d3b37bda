package admin

import (
	"context"
	"net/http"

	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/fault"
)

// Path is what everything of the Admin API is below, by HTTP.
const Path = "/admin/"

// maxBody bounds a request. gRPC has a bound of its own.
const maxBody = 16 << 20

// Handler serves the Admin API by HTTP, as Cerbos' gateway translates it.
func (s *Server) Handler() (http.Handler, error) {
	gateway := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{}}),
		runtime.WithRoutingErrorHandler(func(ctx context.Context, m *runtime.ServeMux, out runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
			if code == http.StatusMethodNotAllowed { // in Cerbos' words
				runtime.HTTPError(ctx, m, out, w, r, status.Error(codes.Unimplemented, "Method Not Allowed"))
				return
			}
			runtime.DefaultRoutingErrorHandler(ctx, m, out, w, r, code)
		}))
	if err := svcv1.RegisterCerbosAdminServiceHandlerServer(context.Background(), gateway, s); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(Path, gateway)
	mux.HandleFunc("GET "+Path+"auditlog/list/{kind}", s.auditLog)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		mux.ServeHTTP(w, r)
	}), nil
}

// Admit refuses, with a fault of kind Denied and subject Password, who does not show the password.
func (s *Server) Admit(r *http.Request) error {
	if err := s.authenticate(r.Context(), r.Header.Get("Authorization")); err != nil {
		return fault.Newf(fault.Denied, fault.Password, "Show the username and the password of the Admin API.").Because(err)
	}
	return nil
}
