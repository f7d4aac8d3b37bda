package decision

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// otlp sends entries to a collector. https://opentelemetry.io/docs/specs/otlp/#otlphttp
type otlp struct {
	url    string
	client *http.Client
}

// NewOTLP sends to the collector of a URL; without a path, to where collectors take logs.
func NewOTLP(url string) Sink {
	if strings.Count(strings.TrimSuffix(url, "/"), "/") == 2 {
		url = strings.TrimSuffix(url, "/") + "/v1/logs"
	}
	return &otlp{url, &http.Client{Timeout: 10 * time.Second}}
}

// Write is Sink's, as Close.
func (o *otlp) Write(ctx context.Context, entries []*Entry) error {
	list := make([]*logs.LogRecord, len(entries))
	for i, e := range entries {
		raw, err := protojson.Marshal(e)
		if err != nil {
			return err
		}
		at := uint64(e.GetTimestamp().AsTime().UnixNano())
		list[i] = &logs.LogRecord{
			TimeUnixNano: at, ObservedTimeUnixNano: at, SeverityNumber: logs.SeverityNumber_SEVERITY_NUMBER_INFO, SeverityText: "INFO",
			Body:       text(string(raw)),
			Attributes: []*common.KeyValue{{Key: "log.kind", Value: text("decision")}, {Key: "cerbos.call_id", Value: text(e.GetCallId())}},
		}
	}
	body, err := proto.Marshal(&collogs.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{
		Resource:  &resource.Resource{Attributes: []*common.KeyValue{{Key: "service.name", Value: text("cognate")}}},
		ScopeLogs: []*logs.ScopeLogs{{Scope: &common.InstrumentationScope{Name: "cognate.audit"}, LogRecords: list}},
	}}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	res, err := o.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20)) // so that the connection can be used again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answers %s", res.Status)
	}
	return nil
}

func (o *otlp) Close() error {
	o.client.CloseIdleConnections()
	return nil
}

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}
