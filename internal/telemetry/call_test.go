package telemetry_test

import (
	"context"
	"testing"

	"cognate.dev/cognate/internal/telemetry"
)

func TestEachCallIsOneEventAndOneCount(t *testing.T) {
	t.Parallel()
	out := &lines{}
	tel := start(t, telemetry.Config{Log: telemetry.DefaultLog(), Output: out})
	calls := tel.Calls("grpc")
	call := telemetry.Call{Method: "/cerbos.svc.v1.CerbosService/CheckResources", Remote: "127.0.0.1:9"}
	if calls.Watch(t.Context(), call, func(ctx context.Context) int {
		telemetry.Operation(ctx, "CheckResources")
		return 400
	}) {
		t.Error("said to have panicked")
	}
	if !calls.Watch(t.Context(), call, func(context.Context) int { panic("out of cheese") }) {
		t.Error("a panic was not reported")
	}
	events := out.events(t)
	if len(events) != 2 || events[0]["operation"] != "CheckResources" || events[0]["status"] != 400.0 || events[0]["remote"] != "127.0.0.1" ||
		events[1]["status"] != 500.0 || events[1]["cause"] != "panic: out of cheese" || events[1]["path"] != call.Method {
		t.Errorf("events %v", events)
	}
	has(t, scrape(t, tel), `cognate_http_requests_total{front="grpc",operation="CheckResources",status="400"} 1`)
}
