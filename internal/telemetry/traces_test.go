package telemetry_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"

	"cognate.dev/cognate/internal/telemetry"
)

func TestTracesContinueTheCallersAndReachTheCollector(t *testing.T) {
	t.Parallel()
	got := make(chan *collector.ExportTraceServiceRequest, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var export collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &export); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		got <- &export
	}))
	defer server.Close()
	var log lines
	tel := start(t, telemetry.Config{Output: &log, Version: "1.2.3", Traces: telemetry.Traces{Endpoint: server.URL}})
	h := tel.Watch("aws", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "SignUp")
		_, end := tel.Span(r.Context(), "hook")
		end(errors.New("hunter2"))
		w.WriteHeader(http.StatusInternalServerError)
	}))
	r := httptest.NewRequest(http.MethodPost, "/?code=123456", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	h.ServeHTTP(httptest.NewRecorder(), r)
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	export := <-got
	raw, err := proto.Marshal(export)
	if err != nil {
		t.Fatal(err)
	}
	spans := export.ResourceSpans[0].ScopeSpans[0].Spans
	if len(spans) != 2 || spans[1].Name != "aws SignUp" || spans[0].Name != "hook" {
		t.Fatalf("spans %v", spans)
	}
	for _, span := range spans {
		if !bytes.HasPrefix(span.TraceId, []byte{0x0a, 0xf7, 0x65, 0x19}) || span.Status.Code != 2 {
			t.Errorf("%s: trace %x, status %v", span.Name, span.TraceId, span.Status)
		}
	}
	if bytes.Contains(raw, []byte("hunter2")) || bytes.Contains(raw, []byte("123456")) {
		t.Error("the trace carries a secret")
	}
	if id := log.events(t)[0]["trace_id"]; id != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("trace_id %v", id)
	}
}

func TestTracingIsOffUnlessConfigured(t *testing.T) {
	t.Parallel()
	var log lines
	tel := start(t, telemetry.Config{Output: &log})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	tel.Watch("x", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, end := tel.Span(r.Context(), "hook")
		end(nil)
	})).ServeHTTP(httptest.NewRecorder(), r)
	if _, there := log.events(t)[0]["trace_id"]; there {
		t.Error("a trace id without tracing")
	}
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestBadTracingSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []telemetry.Traces{{Endpoint: "127.0.0.1:4318"}, {Endpoint: "ftp://x"}, {Endpoint: "http://"}, {Ratio: 2}, {Ratio: -1}} {
		if c.Check() == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if _, err := telemetry.New(t.Context(), telemetry.Config{Traces: telemetry.Traces{Endpoint: "ftp://x"}}); err == nil || !strings.Contains(err.Error(), "ftp://x") {
		t.Errorf("got %v", err)
	}
}
