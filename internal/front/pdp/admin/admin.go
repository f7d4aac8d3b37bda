// Package admin is Cerbos' Admin API over HTTP and gRPC: it lists, changes and inspects policies and schemas, and reads
// the decision log, for whoever knows the one password. It owns credentials and wording. It leaves the policies to
// policy/stored, the log to decision, and serving gRPC to front/pdp.
package admin

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"

	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	schemav1 "github.com/cerbos/cerbos/api/genpb/cerbos/schema/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"golang.org/x/crypto/bcrypt"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/stored"
)

// Policies are what can be read, wherever it is kept.
type Policies interface {
	All(ctx context.Context) ([]*policyv1.Policy, error)
	Schemas(ctx context.Context) ([]stored.Schema, error)
}

// Parts is what the API speaks for.
type Parts struct {
	Policies Policies
	Stored   *stored.Policies // nil: the policies cannot be changed here
	Reload   func(context.Context) error
	Log      *slog.Logger
	// Audit records changes of policies and schemas; nil: nobody does.
	Audit *audit.Log
	// Decisions is the decision log; nil when there is none that can be asked.
	Decisions Decisions
}

// Server answers the Admin API. Safe for concurrent use.
type Server struct {
	svcv1.UnimplementedCerbosAdminServiceServer
	username string
	hash     []byte
	busy     chan struct{} // bounds how many passwords are tried at once: each takes a while by design
	parts    Parts
}

// New makes a server of a username and a bcrypt hash.
func New(cfg policy.AdminConfig, parts Parts) (*Server, error) {
	hash := []byte(cfg.PasswordHash)
	if raw, err := base64.StdEncoding.DecodeString(cfg.PasswordHash); err == nil {
		hash = raw
	}
	for len(hash) > 0 && hash[len(hash)-1] == '\n' { // as `htpasswd | base64` leaves it
		hash = hash[:len(hash)-1]
	}
	if _, err := bcrypt.Cost(hash); err != nil {
		return nil, errors.New("policy.admin.password_hash: this is no bcrypt hash, nor one in base64")
	}
	return &Server{username: cfg.Username, hash: hash, busy: make(chan struct{}, 2), parts: parts}, nil
}

// AddOrUpdatePolicy is svcv1.CerbosAdminServiceServer's, as the methods below.
func (s *Server) AddOrUpdatePolicy(ctx context.Context, req *requestv1.AddOrUpdatePolicyRequest) (*responsev1.AddOrUpdatePolicyResponse, error) {
	var ids []string
	for _, p := range req.GetPolicies() {
		ids = append(ids, stored.ID(p))
	}
	err := s.record(ctx, "AddOrUpdatePolicy", ids, func(ctx context.Context) error {
		if err := s.admitToChange(ctx, req); err != nil {
			return err
		}
		if err := s.parts.Stored.Put(ctx, req.GetPolicies()...); err != nil {
			return s.failed(ctx, err, "Failed to add/update policies")
		}
		s.reload(ctx)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &responsev1.AddOrUpdatePolicyResponse{Success: &emptypb.Empty{}}, nil
}

// reload takes a change into use before its author is answered. What does not compile stands in the log, the metrics
// and the readiness.
func (s *Server) reload(ctx context.Context) { _ = s.parts.Reload(context.WithoutCancel(ctx)) }

func (s *Server) ListPolicies(ctx context.Context, req *requestv1.ListPoliciesRequest) (*responsev1.ListPoliciesResponse, error) {
	if err := s.admit(ctx, req); err != nil {
		return nil, err
	}
	found, err := s.find(ctx, req)
	if err != nil {
		return nil, err
	}
	res := &responsev1.ListPoliciesResponse{}
	for _, p := range found {
		res.PolicyIds = append(res.PolicyIds, stored.ID(p))
	}
	slices.Sort(res.PolicyIds)
	return res, nil
}

// filter is what lists and inspections are narrowed by.
type filter interface {
	GetPolicyId() []string
	GetNameRegexp() string
	GetScopeRegexp() string
	GetVersionRegexp() string
	GetIncludeDisabled() bool
}

func (s *Server) find(ctx context.Context, f filter) (found []*policyv1.Policy, err error) {
	all, err := s.parts.Policies.All(ctx)
	if err != nil {
		return nil, s.failed(ctx, err, "could not get policy ids")
	}
	forms := make([]*regexp.Regexp, 3)
	for i, text := range []string{f.GetNameRegexp(), f.GetScopeRegexp(), f.GetVersionRegexp()} {
		if forms[i], err = regexp.Compile(text); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "invalid regular expression: %v", err)
		}
	}
	for _, p := range all {
		name, scope, version := coordinates(p)
		if (f.GetIncludeDisabled() || !p.GetDisabled()) && forms[0].MatchString(name) && forms[1].MatchString(scope) &&
			forms[2].MatchString(version) && (len(f.GetPolicyId()) == 0 || slices.Contains(f.GetPolicyId(), stored.ID(p))) {
			found = append(found, p)
		}
	}
	return found, nil
}

func (s *Server) GetPolicy(ctx context.Context, req *requestv1.GetPolicyRequest) (*responsev1.GetPolicyResponse, error) {
	if err := s.admit(ctx, req); err != nil {
		return nil, err
	}
	all, err := s.parts.Policies.All(ctx)
	if err != nil {
		return nil, s.failed(ctx, err, "could not get policy")
	}
	res := &responsev1.GetPolicyResponse{}
	for _, p := range all {
		id := stored.ID(p)
		if !slices.Contains(req.GetId(), id) {
			continue
		}
		if p.GetMetadata() == nil {
			p.Metadata = &policyv1.Metadata{}
		}
		p.Metadata.StoreIdentifier = id
		p.Metadata.StoreIdentifer = id //nolint:staticcheck // older clients read this spelling
		res.Policies = append(res.Policies, p)
	}
	return res, nil
}

func (s *Server) DeletePolicy(ctx context.Context, req *requestv1.DeletePolicyRequest) (*responsev1.DeletePolicyResponse, error) {
	n, err := s.alter(ctx, req, stored.Delete, "Failed to delete policies")
	return &responsev1.DeletePolicyResponse{DeletedPolicies: n}, err
}

func (s *Server) DisablePolicy(ctx context.Context, req *requestv1.DisablePolicyRequest) (*responsev1.DisablePolicyResponse, error) {
	n, err := s.alter(ctx, req, stored.Disable, "Failed to disable policies")
	return &responsev1.DisablePolicyResponse{DisabledPolicies: n}, err
}

func (s *Server) EnablePolicy(ctx context.Context, req *requestv1.EnablePolicyRequest) (*responsev1.EnablePolicyResponse, error) {
	n, err := s.alter(ctx, req, stored.Enable, "Failed to enable policies")
	return &responsev1.EnablePolicyResponse{EnabledPolicies: n}, err
}

func (s *Server) alter(ctx context.Context, req message, change stored.Change, text string) (n uint32, err error) {
	ids := req.(interface{ GetId() []string }).GetId() //nolint:forcetypeassert // all three have it
	err = s.record(ctx, alterations[change], ids, func(ctx context.Context) (err error) {
		n, err = s.alterNow(ctx, req, ids, change, text)
		return err
	})
	return n, err
}

func (s *Server) alterNow(ctx context.Context, req message, ids []string, change stored.Change, text string) (uint32, error) {
	if err := s.admitToChange(ctx, req); err != nil {
		return 0, err
	}
	n, err := s.parts.Stored.Alter(ctx, change, ids...)
	var needed *stored.Needed
	if errors.As(err, &needed) {
		return 0, refused(needed, change, text)
	}
	if err != nil {
		return 0, s.failed(ctx, err, text)
	}
	s.reload(ctx)
	return n, nil
}

// refused says, in the details, which policies stand in the way.
func refused(needed *stored.Needed, change stored.Change, text string) error {
	list := map[string]*responsev1.IntegrityErrors{}
	at := func(id string) *responsev1.IntegrityErrors {
		if list[id] == nil {
			list[id] = &responsev1.IntegrityErrors{}
		}
		return list[id]
	}
	for id, by := range needed.By {
		at(id).RequiredByOtherPolicies = &responsev1.IntegrityErrors_RequiredByOtherPolicies{Dependents: by}
	}
	for id, below := range needed.Descendants {
		at(id).BreaksScopeChain = &responsev1.IntegrityErrors_BreaksScopeChain{Descendants: below}
	}
	st := status.New(codes.InvalidArgument, text)
	var err error
	if change == stored.Delete {
		st, err = st.WithDetails(&responsev1.DeletePolicyErrorDetails{Errors: list})
	} else {
		st, err = st.WithDetails(&responsev1.DisablePolicyErrorDetails{Errors: list})
	}
	if err != nil {
		return status.Error(codes.InvalidArgument, text)
	}
	return st.Err()
}

func (s *Server) AddOrUpdateSchema(ctx context.Context, req *requestv1.AddOrUpdateSchemaRequest) (*responsev1.AddOrUpdateSchemaResponse, error) {
	list, ids := make([]stored.Schema, len(req.GetSchemas())), make([]string, len(req.GetSchemas()))
	for i, one := range req.GetSchemas() {
		list[i], ids[i] = stored.Schema{ID: one.GetId(), Definition: one.GetDefinition()}, one.GetId()
	}
	err := s.record(ctx, "AddOrUpdateSchema", ids, func(ctx context.Context) error {
		if err := s.admitToChange(ctx, req); err != nil {
			return err
		}
		if err := s.parts.Stored.PutSchemas(ctx, list...); err != nil {
			return s.failed(ctx, err, "Failed to add/update the schema(s)")
		}
		s.reload(ctx)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &responsev1.AddOrUpdateSchemaResponse{}, nil
}

func (s *Server) ListSchemas(ctx context.Context, req *requestv1.ListSchemasRequest) (*responsev1.ListSchemasResponse, error) {
	if err := s.admit(ctx, req); err != nil {
		return nil, err
	}
	all, err := s.parts.Policies.Schemas(ctx)
	if err != nil {
		return nil, s.failed(ctx, err, "failed to list schema ids")
	}
	res := &responsev1.ListSchemasResponse{}
	for _, one := range all {
		res.SchemaIds = append(res.SchemaIds, one.ID)
	}
	slices.Sort(res.SchemaIds)
	return res, nil
}

func (s *Server) GetSchema(ctx context.Context, req *requestv1.GetSchemaRequest) (*responsev1.GetSchemaResponse, error) {
	if err := s.admit(ctx, req); err != nil {
		return nil, err
	}
	all, err := s.parts.Policies.Schemas(ctx)
	if err != nil {
		return nil, s.failed(ctx, err, "could not get the schemas")
	}
	res := &responsev1.GetSchemaResponse{}
	for _, id := range req.GetId() {
		i := slices.IndexFunc(all, func(one stored.Schema) bool { return one.ID == id })
		if i < 0 { // Cerbos', too, calls it internal
			return nil, status.Errorf(codes.Internal, "could not get the schema with id %s", id)
		}
		res.Schemas = append(res.Schemas, &schemav1.Schema{Id: id, Definition: all[i].Definition})
	}
	return res, nil
}

func (s *Server) DeleteSchema(ctx context.Context, req *requestv1.DeleteSchemaRequest) (*responsev1.DeleteSchemaResponse, error) {
	var n uint32
	err := s.record(ctx, "DeleteSchema", req.GetId(), func(ctx context.Context) (err error) {
		if err := s.admitToChange(ctx, req); err != nil {
			return err
		}
		if n, err = s.parts.Stored.DeleteSchemas(ctx, req.GetId()...); err != nil {
			return s.failed(ctx, err, "Failed to delete the schema(s)")
		}
		s.reload(ctx)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &responsev1.DeleteSchemaResponse{DeletedSchemas: n}, nil
}

// ReloadStore reads the policies anew, wherever they are.
func (s *Server) ReloadStore(ctx context.Context, req *requestv1.ReloadStoreRequest) (*responsev1.ReloadStoreResponse, error) {
	if err := s.admit(ctx, req); err != nil {
		return nil, err
	}
	if !req.GetWait() {
		go s.reload(ctx)
		return &responsev1.ReloadStoreResponse{}, nil
	}
	if err := s.parts.Reload(ctx); err != nil {
		return nil, status.Error(codes.Internal, "failed to reload store")
	}
	return &responsev1.ReloadStoreResponse{}, nil
}

// PurgeStoreRevisions has nothing to remove: only the latest revision of a policy is kept.
func (s *Server) PurgeStoreRevisions(ctx context.Context, req *requestv1.PurgeStoreRevisionsRequest) (*responsev1.PurgeStoreRevisionsResponse, error) {
	if err := s.admitToChange(ctx, req); err != nil {
		return nil, err
	}
	return &responsev1.PurgeStoreRevisionsResponse{}, nil
}

// failed words an error: a fault has words for the caller, anything else is for the log.
func (s *Server) failed(ctx context.Context, err error, text string) error {
	var f *fault.Fault
	if errors.As(err, &f) && f.Kind == fault.Invalid {
		return status.Error(codes.InvalidArgument, f.Text)
	}
	s.parts.Log.ErrorContext(ctx, "the Admin API failed", "error", fmt.Errorf("%s: %w", text, err))
	return status.Error(codes.Internal, text)
}

var _ svcv1.CerbosAdminServiceServer = (*Server)(nil)
