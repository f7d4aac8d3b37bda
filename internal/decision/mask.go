package decision

import (
	"strings"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// Masked stands where a value was.
const Masked = "***"

// mask gives the entry without what must not be written. The entry itself shares its attributes with caches.
func mask(e *Entry, paths []string) *Entry {
	if len(paths) == 0 {
		return e
	}
	e = proto.CloneOf(e)
	for _, path := range paths {
		parts := strings.Split(path, ".")
		for _, in := range e.GetCheckResources().GetInputs() {
			maskIn(parts, in.GetPrincipal().GetAttr(), in.GetResource().GetAttr(), in.GetAuxData())
		}
		if in := e.GetPlanResources().GetInput(); in != nil {
			maskIn(parts, in.GetPrincipal().GetAttr(), in.GetResource().GetAttr(), in.GetAuxData())
		}
	}
	return e
}

func maskIn(path []string, principal, resource map[string]*structpb.Value, aux *enginev1.AuxData) {
	var in map[string]*structpb.Value
	switch path[0] {
	case "principal":
		in = principal
	case "resource":
		in = resource
	case "auxData":
		maskClaims(path[1:], aux)
		return
	}
	if len(path) > 1 && path[1] == "attr" {
		maskValue(in, path[2:])
	}
}

func maskClaims(path []string, aux *enginev1.AuxData) {
	if aux == nil {
		return
	}
	switch {
	case len(path) == 0:
		maskValue(aux.GetJwt(), nil)
		for _, claims := range aux.GetJwts() {
			maskValue(claims.GetClaims(), nil)
		}
	case path[0] == "jwt":
		maskValue(aux.GetJwt(), path[1:])
	case path[0] == "jwts":
		for _, claims := range aux.GetJwts() {
			maskValue(claims.GetClaims(), path[1:])
		}
	}
}

// maskValue replaces what the path leads to; an empty one, everything.
func maskValue(in map[string]*structpb.Value, path []string) {
	for name, v := range in {
		if len(path) > 0 && name != path[0] {
			continue
		}
		if inner := v.GetStructValue(); inner != nil && len(path) > 1 {
			maskValue(inner.GetFields(), path[1:])
			continue
		}
		if len(path) <= 1 {
			in[name] = structpb.NewStringValue(Masked)
		}
	}
}
