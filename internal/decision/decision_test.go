package decision_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"
	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// attr makes attributes of JSON.
func attr(t *testing.T, text string) map[string]*structpb.Value {
	t.Helper()
	s := &structpb.Struct{}
	if err := protojson.Unmarshal([]byte(text), s); err != nil {
		t.Fatal(err)
	}
	return s.GetFields()
}

func entry(t *testing.T, kind string, effect effectv1.Effect) *decision.Entry {
	t.Helper()
	return &decision.Entry{CallId: "c-" + kind, Timestamp: timestamppb.New(time.UnixMilli(1_700_000_000_000)), Method: &auditv1.DecisionLogEntry_CheckResources_{
		CheckResources: &auditv1.DecisionLogEntry_CheckResources{
			Inputs: []*enginev1.CheckInput{{Actions: []string{"read"},
				Principal: &enginev1.Principal{Id: "alice", Roles: []string{"user"}, Attr: attr(t, `{"cognito":{"attributes":{"email":"a@example.com","custom:level":3}},"team":"x"}`)},
				Resource:  &enginev1.Resource{Kind: kind, Id: "1", Attr: attr(t, `{"salary":10,"owner":"bob"}`)},
				AuxData:   &enginev1.AuxData{Jwt: attr(t, `{"sub":"alice","email":"a@example.com"}`)},
			}},
			Outputs: []*enginev1.CheckOutput{{Actions: map[string]*enginev1.CheckOutput_ActionEffect{"read": {Effect: effect}}}},
		},
	}}
}

func plan(kind enginev1.PlanResourcesFilter_Kind) *decision.Entry {
	return &decision.Entry{CallId: "plan", Timestamp: timestamppb.Now(), Method: &auditv1.DecisionLogEntry_PlanResources_{PlanResources: &auditv1.DecisionLogEntry_PlanResources{
		Input:  &enginev1.PlanResourcesInput{Resource: &enginev1.PlanResourcesInput_Resource{Kind: "contact"}},
		Output: &enginev1.PlanResourcesOutput{Filter: &enginev1.PlanResourcesFilter{Kind: kind}},
	}}}
}

// memory is a sink, which may fail first.
type memory struct {
	mu    sync.Mutex
	list  []*decision.Entry
	fails int
}

func (m *memory) Write(_ context.Context, entries []*decision.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fails > 0 {
		m.fails--
		return errors.New("not now")
	}
	m.list = append(m.list, entries...)
	return nil
}

func (*memory) Close() error { return nil }

// kept runs entries through a log and gives the ids of those that arrive.
func kept(t *testing.T, cfg decision.Config, m *memory, entries ...*decision.Entry) string {
	t.Helper()
	l := decision.New(cfg, func(err error) { t.Error(err) }, m)
	for _, e := range entries {
		l.Record(e)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	var ids []string
	for _, e := range m.list {
		ids = append(ids, e.GetCallId())
	}
	return strings.Join(ids, " ")
}

const allow, deny = effectv1.Effect_EFFECT_ALLOW, effectv1.Effect_EFFECT_DENY

func TestFiltersNeverLeaveOutADenial(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg  decision.Config
		want string
	}{
		"all":          {decision.Config{}, "c-a c-b plan plan"},
		"denials":      {decision.Config{IgnoreAllowAll: true}, "c-b plan plan"},
		"no plans":     {decision.Config{IgnorePlans: true}, "c-a c-b"},
		"no kind":      {decision.Config{IgnoreKinds: []string{"b", "contact"}}, "c-a"},
		"nearly never": {decision.Config{Sample: 1e-18}, "c-b plan"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := kept(t, c.cfg, &memory{}, entry(t, "a", allow), entry(t, "b", deny),
				plan(enginev1.PlanResourcesFilter_KIND_ALWAYS_ALLOWED), plan(enginev1.PlanResourcesFilter_KIND_ALWAYS_DENIED))
			if got != c.want {
				t.Errorf("kept %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhatIsMaskedIsNotWrittenAndStaysAsItWasForOthers(t *testing.T) {
	t.Parallel()
	m, e := &memory{}, entry(t, "a", allow)
	before := proto.CloneOf(e)
	kept(t, decision.Config{Mask: []string{"principal.attr.cognito.attributes.email", "resource.attr.salary", "auxData.jwt.email", "principal.attr.none"}}, m, e)
	raw, err := protojson.Marshal(m.list[0])
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if strings.Contains(text, "example.com") || strings.Contains(text, `"salary":10`) || strings.Count(text, decision.Masked) != 3 {
		t.Errorf("written: %s", text)
	}
	if !strings.Contains(text, "custom:level") || !strings.Contains(text, "owner") {
		t.Errorf("too much is masked: %s", text)
	}
	if !proto.Equal(e, before) {
		t.Error("masking changed the entry, and with it what caches hold")
	}
	for _, bad := range []string{"attr.x", "", "principals.attr.x"} {
		if (decision.Config{Mask: []string{bad}}).Check() == nil {
			t.Errorf("%q masks nothing, and was accepted", bad)
		}
	}
}

func TestASinkThatIsAwayForAMomentLosesNothing(t *testing.T) {
	t.Parallel()
	if got := kept(t, decision.Config{}, &memory{fails: 1}, entry(t, "a", allow)); got != "c-a" {
		t.Errorf("kept %q", got)
	}
}

func TestAFileIsSetAsideAndOnlyItsOwnerReadsIt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "decisions.log")
	s, err := decision.NewFile(decision.FileConfig{Path: path, MaxSize: 1, Keep: 2}, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	var many []*decision.Entry
	for range 1000 {
		many = append(many, entry(t, "contact", allow))
	}
	for range 9 {
		if err := s.Write(t.Context(), many); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	aside, err := filepath.Glob(path + ".*")
	if err != nil || len(aside) != 2 {
		t.Errorf("set aside: %v, %v", aside, err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	var line map[string]any
	if err := json.Unmarshal(first, &line); err != nil || line["log.kind"] != "decision" || line["callId"] != "c-contact" {
		t.Errorf("%s, %v", first, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestACollectorGetsLogRecords(t *testing.T) {
	t.Parallel()
	var got collogs.ExportLogsServiceRequest
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		raw, err := io.ReadAll(r.Body)
		if err == nil {
			err = proto.Unmarshal(raw, &got)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	s := decision.NewOTLP(server.URL)
	if err := s.Write(t.Context(), []*decision.Entry{entry(t, "a", deny)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	server.Close()
	records := got.GetResourceLogs()[0].GetScopeLogs()[0].GetLogRecords()
	if path != "/v1/logs" || len(records) != 1 || !strings.Contains(records[0].GetBody().GetStringValue(), "EFFECT_DENY") {
		t.Errorf("%s %v", path, records)
	}
	if err := s.Write(t.Context(), []*decision.Entry{entry(t, "a", deny)}); err == nil {
		t.Error("a collector that is gone must be an error, or decisions are lost in silence")
	}
}

func TestADatabaseIsAsked(t *testing.T) {
	t.Parallel()
	s := storetest.Memory(t)
	d := decision.NewDatabase(s, func(at time.Time) string { return at.Format(time.RFC3339Nano) })
	if err := d.Write(t.Context(), []*decision.Entry{entry(t, "contact", deny)}); err != nil {
		t.Fatal(err)
	}
	found, err := s.Decisions(t.Context(), decision.Query{Principal: "alice", Kind: "contact", Limit: 5})
	if err != nil || len(found) != 1 || !found[0].Denied || found[0].CallID != "c-contact" {
		t.Fatalf("%+v, %v", found, err)
	}
	if e, err := found[0].Parse(); err != nil || e.GetCheckResources().GetInputs()[0].GetResource().GetId() != "1" {
		t.Errorf("%v, %v", e, err)
	}
}
