package pdp_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"cognate.dev/cognate/internal/front/pdp"
)

func TestTheSchemaDescribesWhatIsServed(t *testing.T) {
	t.Parallel()
	s := newScene(t, pdp.Config{})
	w := s.do(http.MethodGet, "/schema/swagger.json", "")
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct{ Properties map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != http.StatusOK {
		t.Fatal(w.Code, err)
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			if got := s.do(strings.ToUpper(method), path, "{}"); got.Code == http.StatusNotFound || got.Code == http.StatusNotImplemented {
				t.Errorf("%s %s is described but answers %d", method, path, got.Code)
			}
		}
	}
	for _, path := range []string{"/api/check/resources", "/api/check", "/api/check_resource_batch", "/api/plan/resources", "/api/server_info",
		"/_cerbos/health", "/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/subject", "/access/v1/search/resource",
		"/access/v1/search/action", "/.well-known/authzen-configuration"} {
		if doc.Paths[path] == nil {
			t.Errorf("%s is served but not described", path)
		}
	}
	for name, m := range map[string]proto.Message{
		"Principal": &enginev1.Principal{}, "Resource": &enginev1.Resource{}, "PlanResource": &enginev1.PlanResourcesInput_Resource{},
		"JWT": &requestv1.AuxData_JWT{}, "AuxData": &requestv1.AuxData{}, "RequestContext": (&requestv1.CheckResourcesRequest{}).GetRequestContext(),
		"CheckResourcesRequest": &requestv1.CheckResourcesRequest{}, "CheckResourcesResponse": &responsev1.CheckResourcesResponse{},
		"ResourceEntry": &requestv1.CheckResourcesRequest_ResourceEntry{}, "ResultEntry": &responsev1.CheckResourcesResponse_ResultEntry{},
		"OutputEntry": &enginev1.OutputEntry{}, "PlanResourcesFilter": &enginev1.PlanResourcesFilter{},
		"PlanResourcesRequest": &requestv1.PlanResourcesRequest{}, "PlanResourcesResponse": &responsev1.PlanResourcesResponse{},
		"ResourceSet": &requestv1.ResourceSet{}, "CheckResourceSetRequest": &requestv1.CheckResourceSetRequest{},
		"CheckResourceSetResponse": &responsev1.CheckResourceSetResponse{}, "CheckResourceBatchRequest": &requestv1.CheckResourceBatchRequest{},
		"CheckResourceBatchResponse": &responsev1.CheckResourceBatchResponse{}, "ServerInfoResponse": &responsev1.ServerInfoResponse{},
	} {
		var want []string
		fields := m.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			want = append(want, fields.Get(i).JSONName())
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(doc.Components.Schemas[name].Properties))); diff != "" {
			t.Errorf("%s (-message +schema):\n%s", name, diff)
		}
	}
	for _, ref := range strings.Split(w.Body.String(), `"#/components/schemas/`)[1:] {
		if name, _, _ := strings.Cut(ref, `"`); len(doc.Components.Schemas[name].Properties) == 0 {
			t.Errorf("%s is not described", name)
		}
	}
}
