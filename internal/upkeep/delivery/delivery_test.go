package delivery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/upkeep"
	"cognate.dev/cognate/internal/upkeep/delivery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	group  = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/shop"
	bucket = "arn:aws:s3:::shop-logs"
	flow   = "arn:aws:firehose:us-east-1:000000000000:deliverystream/shop"
)

// world is a courier and what came of its records.
type world struct {
	*delivery.Courier
	out bytes.Buffer // read it when the courier is closed

	mu              sync.Mutex
	delivered, lost map[string]int
	failures        []error
}

func carrying(t *testing.T, routes []delivery.Config, wanted ...upkeep.LogDelivery) *world {
	t.Helper()
	if err := delivery.Check(routes); err != nil {
		t.Fatal(err)
	}
	w := &world{delivered: map[string]int{}, lost: map[string]int{}}
	c, err := delivery.New(delivery.Parts{
		Routes: routes, Stdout: &w.out,
		Wanted: func(_ context.Context, poolID string) ([]upkeep.LogDelivery, error) {
			if poolID == "broken" {
				return nil, errors.New("the database is away")
			}
			return wanted, nil
		},
		Counted: func(source string, delivered bool, n int) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if delivered {
				w.delivered[source] += n
			} else {
				w.lost[source] += n
			}
		},
		Failed: func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.failures = append(w.failures, err)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Courier = c
	return w
}

func (w *world) end(t *testing.T) {
	t.Helper()
	if err := w.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

var at = time.Date(2026, 7, 4, 17, 25, 55, 123e6, time.UTC)

func event(id string) delivery.Record {
	return delivery.Record{PoolID: "us-east-1_Shop", Source: upkeep.AuthEvents, At: at, Message: delivery.Activity{EventID: id}}
}

func notice(text string) delivery.Record {
	return delivery.Record{PoolID: "us-east-1_Shop", Source: upkeep.Notifications, At: at, Message: delivery.Notification{Details: text}}
}

// TestRecordsHaveTheFormOfAWS fails when a program that reads Cognito's exported logs cannot read ours.
func TestRecordsHaveTheFormOfAWS(t *testing.T) {
	t.Parallel()
	w := carrying(t, nil, upkeep.LogDelivery{Source: upkeep.AuthEvents, LogGroup: group}, upkeep.LogDelivery{Source: upkeep.Notifications, LogGroup: group})
	w.Carry(delivery.Record{PoolID: "us-east-1_Shop", Source: upkeep.AuthEvents, At: at, Message: delivery.Activity{
		Version: "1", EventID: "e", EventType: "SignIn", UserSub: "s", UserName: "dana", UserPoolID: "us-east-1_Shop", ClientID: "c",
		CreationDate: delivery.Date(at), EventResponse: "Pass", RiskDecision: "PASS", Challenges: []string{}, Compromised: "false", HasContextData: "true",
	}})
	w.Carry(notice("no such mailbox"))
	w.end(t)
	var got []map[string]any
	for lines := json.NewDecoder(&w.out); ; {
		var one map[string]any
		if err := lines.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, one)
	}
	pool := map[string]any{"userPoolId": "us-east-1_Shop"}
	want := []map[string]any{
		{"eventTimestamp": "1783185955123", "eventSource": "USER_ACTIVITY", "logLevel": "INFO", "logSourceId": pool, "message": map[string]any{
			"version": "1", "eventId": "e", "eventType": "SignIn", "userSub": "s", "userName": "dana", "userPoolId": "us-east-1_Shop", "clientId": "c",
			"creationDate": "Sat Jul 04 17:25:55 UTC 2026", "eventResponse": "Pass", "riskLevel": "", "riskDecision": "PASS", "challenges": []any{},
			"deviceName": "", "ipAddress": "", "requestId": "", "idpName": "", "compromisedCredentialDetected": "false", "city": "", "country": "",
			"eventFeedbackValue": "", "eventFeedbackDate": "", "eventFeedbackProvider": "", "hasContextData": "true",
		}},
		{"eventTimestamp": "1783185955123", "eventSource": "USER_NOTIFICATION", "logLevel": "ERROR", "logSourceId": pool,
			"message": map[string]any{"details": "no such mailbox"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// collector is an HTTP endpoint that remembers what was posted. Refuse, if there is one, answers first.
func collector(t *testing.T, refuse func(n int) int) (url string, posted *[]string) {
	t.Helper()
	var mu sync.Mutex
	var n int
	posted = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		n++
		if refuse != nil {
			if status := refuse(n); status != 0 {
				w.WriteHeader(status)
				return
			}
		}
		if r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Authorization") != "Bearer key" {
			t.Errorf("headers: %v", r.Header)
		}
		*posted = append(*posted, string(body))
	}))
	t.Cleanup(server.Close)
	return server.URL, posted
}

// TestRecordsGoWhereTheirARNLeads fails when records land with somebody whom the operator did not choose, or in two places.
func TestRecordsGoWhereTheirARNLeads(t *testing.T) {
	t.Parallel()
	url, posted := collector(t, nil)
	path := filepath.Join(t.TempDir(), "log.ndjson")
	routes := []delivery.Config{
		{ARN: "arn:aws:s3:::*", File: delivery.FileConfig{Path: path}},
		{ARN: "arn:aws:firehose:*", HTTP: delivery.HTTPConfig{URL: url, Token: "key"}},
		{ARN: "arn:aws:firehose:*", Stdout: true}, // the one before it wins
		{ARN: "*:log-group:quiet", Discard: true},
		{ARN: "*:log-group:kept", File: delivery.FileConfig{Path: path}},
	}
	for _, c := range []struct {
		to                upkeep.LogDelivery
		out, file, posted int // lines
	}{
		{upkeep.LogDelivery{Bucket: bucket}, 0, 1, 0},
		{upkeep.LogDelivery{Stream: flow}, 0, 0, 1},
		{upkeep.LogDelivery{LogGroup: group}, 1, 0, 0},
		{upkeep.LogDelivery{LogGroup: "arn:aws:logs:us-east-1:1:log-group:quiet"}, 0, 0, 0},
		{upkeep.LogDelivery{LogGroup: "arn:aws:logs:us-east-1:1:log-group:kept"}, 0, 1, 0},
	} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		*posted = nil
		c.to.Source = upkeep.AuthEvents
		w := carrying(t, routes, c.to)
		w.Carry(event("e"))
		w.Carry(notice("nobody asked for these"))
		w.end(t)
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for where, n := range map[string][2]int{
			"stdout": {strings.Count(w.out.String(), "\n"), c.out}, "file": {bytes.Count(kept, []byte("\n")), c.file},
			"collector": {strings.Count(strings.Join(*posted, ""), "\n"), c.posted},
		} {
			if n[0] != n[1] {
				t.Errorf("%s: %s has %d records, not %d", c.to.Target(), where, n[0], n[1])
			}
		}
		if w.delivered[upkeep.AuthEvents] != 1 || len(w.lost) > 0 || w.delivered[upkeep.Notifications] != 0 {
			t.Errorf("%s: delivered %v, lost %v", c.to.Target(), w.delivered, w.lost)
		}
	}
}

// TestACollectorThatIsStartedAnewLosesNothing fails when a record is gone because it was tried once, or comes out of order.
func TestACollectorThatIsStartedAnewLosesNothing(t *testing.T) {
	t.Parallel()
	url, posted := collector(t, func(n int) int {
		if n <= 2 {
			return http.StatusServiceUnavailable
		}
		return 0
	})
	w := carrying(t, []delivery.Config{{ARN: "*", HTTP: delivery.HTTPConfig{URL: url, Token: "key"}}}, upkeep.LogDelivery{Source: upkeep.AuthEvents, Stream: flow})
	for i := range 5 {
		w.Carry(event(fmt.Sprint("event-", i)))
	}
	w.end(t)
	all := strings.Join(*posted, "")
	for i, last := 0, -1; i < 5; i++ {
		at := strings.Index(all, fmt.Sprintf(`"event-%d"`, i))
		if at <= last {
			t.Fatalf("event %d is missing or out of order:\n%s", i, all)
		}
		last = at
	}
	if w.delivered[upkeep.AuthEvents] != 5 || w.lost[upkeep.AuthEvents] != 0 {
		t.Errorf("delivered %v, lost %v", w.delivered, w.lost)
	}
}

// TestACollectorThatHangsHoldsNobodyUpAndLossIsCounted fails when a sign-in waits for a log, memory grows without end, or
// loss is silent.
func TestACollectorThatHangsHoldsNobodyUpAndLossIsCounted(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(hang)
	w := carrying(t, []delivery.Config{{ARN: "*firehose*", HTTP: delivery.HTTPConfig{URL: server.URL}}},
		upkeep.LogDelivery{Source: upkeep.AuthEvents, Stream: flow}, upkeep.LogDelivery{Source: upkeep.Notifications, LogGroup: group})
	const many = 20000
	for range many { // returns, although the collector takes nothing
		w.Carry(event("e"))
	}
	w.mu.Lock()
	early := w.lost[upkeep.AuthEvents]
	w.mu.Unlock()
	if early < many-3*4096 {
		t.Errorf("%d of %d records are in memory", many-early, many)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // no time is left
	if err := w.Close(ctx); err != nil {
		t.Error(err)
	}
	w.Carry(event("too late"))
	if w.delivered[upkeep.AuthEvents] != 0 || w.lost[upkeep.AuthEvents] != many+1 {
		t.Errorf("of %d records %d were delivered and %d lost", many+1, w.delivered[upkeep.AuthEvents], w.lost[upkeep.AuthEvents])
	}
	if len(w.failures) == 0 {
		t.Error("nobody hears why")
	}
}

// TestSettingsThatCannotBeReadLoseRecordsLoudly fails when a database that is away silences a log.
func TestSettingsThatCannotBeReadLoseRecordsLoudly(t *testing.T) {
	t.Parallel()
	w := carrying(t, nil)
	r := event("e")
	r.PoolID = "broken"
	w.Carry(r)
	w.Carry(event("of a pool without log delivery"))
	w.end(t)
	if w.lost[upkeep.AuthEvents] != 1 || len(w.failures) != 1 || w.out.Len() > 0 {
		t.Errorf("lost %v, %v, wrote %q", w.lost, w.failures, w.out.String())
	}
	(*delivery.Courier)(nil).Carry(r) // where nobody serves nothing is carried
}

// TestMistakesInRoutesAreRefused fails when an entry that leads nowhere, or in the clear to somebody else, is accepted.
func TestMistakesInRoutesAreRefused(t *testing.T) {
	t.Parallel()
	file := delivery.FileConfig{Path: "x"}
	for says, list := range map[string][]delivery.Config{
		"arn is missing":   {{Stdout: true}},
		"give one of":      {{ARN: "*"}},
		"give one":         {{ARN: "*", Stdout: true, File: file}},
		"not be negative":  {{ARN: "*", File: delivery.FileConfig{Path: "x", Keep: -1}}},
		"is not encrypted": {{ARN: "*", HTTP: delivery.HTTPConfig{URL: "http://example.com"}}},
		"differ":           {{ARN: "a", File: file}, {ARN: "b", File: delivery.FileConfig{Path: "x", Keep: 2}}},
	} {
		if err := delivery.Check(list); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	missing := delivery.Config{ARN: "*", File: delivery.FileConfig{Path: filepath.Join(t.TempDir(), "no", "folder")}}
	if _, err := delivery.New(delivery.Parts{Routes: []delivery.Config{{ARN: "a", Stdout: true}, missing}, Stdout: io.Discard}); err == nil {
		t.Error("a file in no folder was opened")
	}
}
