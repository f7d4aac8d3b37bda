package pdp

import (
	"errors"
	"regexp"

	"buf.build/go/protovalidate"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// validate applies the rules that the messages carry, in Cerbos' words.
func validate(m proto.Message) error {
	if req, ok := m.(*requestv1.CheckResourcesRequest); ok && sound(req) {
		return nil
	}
	err := protovalidate.Validate(m)
	var broken *protovalidate.ValidationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &broken):
		return refuse(invalidArgument, broken.Error()).with(broken.ToProto())
	}
	return refuse(internal, "Request validation failed").because(err)
}

// sound is a quick yes: what it accepts, the rules accept. They are interpreted, and compile their patterns anew for
// every message, which costs more than the decision itself; a request that is not sound still goes through them.
func sound(req *requestv1.CheckResourcesRequest) bool {
	p := req.GetPrincipal()
	ok := p != nil && req.GetAuxData() == nil && req.GetRequestContext() == nil &&
		p.GetId() != "" && named(p.GetRoles()) && soundPlace(p.GetPolicyVersion(), p.GetScope()) && soundKeys(p.GetAttr()) &&
		len(req.GetResources()) > 0
	for _, entry := range req.GetResources() {
		ok = ok && named(entry.GetActions()) && soundResource(entry.GetResource())
	}
	return ok
}

func soundResource(r *enginev1.Resource) bool {
	return r != nil && r.GetKind() != "" && r.GetId() != "" && soundPlace(r.GetPolicyVersion(), r.GetScope()) && soundKeys(r.GetAttr())
}

// named: at least one, none empty, none twice. Lists are short; a long one is left to the rules.
func named(list []string) bool {
	if len(list) == 0 || len(list) > 64 {
		return false
	}
	for i, a := range list {
		if a == "" {
			return false
		}
		for _, b := range list[:i] {
			if a == b {
				return false
			}
		}
	}
	return true
}

var (
	versionForm = regexp.MustCompile(`^\w*$`)
	scopeForm   = regexp.MustCompile(`^(\.|[0-9a-zA-Z][\w\-]*(\.\w[\w\-]*)*)$`)
)

func soundPlace(version, scope string) bool {
	return (version == "" || versionForm.MatchString(version)) && (scope == "" || scopeForm.MatchString(scope))
}

func soundKeys(attr map[string]*structpb.Value) bool {
	_, empty := attr[""]
	return !empty
}
