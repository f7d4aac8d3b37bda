package awsjson_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/awsjson"
)

type greetRequest struct {
	Name *string `json:"Name,omitzero"`
}

func (r *greetRequest) Validate(v *awsjson.Violations) { v.Required("name", r.Name == nil) }

type greetAnswer struct {
	Text  *string   `json:"Text,omitzero"`
	Names []string  `json:"Names,omitzero"`
	Other *struct{} `json:"Other,omitzero"`
}

func greet() awsjson.Operation[greetRequest, greetAnswer] {
	return awsjson.Operation[greetRequest, greetAnswer]{Spec: awsjson.Spec{
		Service: "greeter", Target: "Greeter", Name: "Greet", Protocol: "1.1", Errors: []string{"RudeException"}}}
}

func call(t *testing.T, fn func(context.Context, *greetRequest) (*greetAnswer, error), body string) (string, error) {
	t.Helper()
	table := awsjson.NewTable()
	awsjson.Handle(table, greet(), fn)
	row, ok := table.Lookup("Greeter.Greet")
	if !ok || !row.Served() {
		t.Fatal("the operation is not in the table")
	}
	var out bytes.Buffer
	err := row.Call(t.Context(), []byte(body), &out)
	return out.String(), err
}

func TestCallAnswersCompactly(t *testing.T) {
	t.Parallel()
	got, err := call(t, func(_ context.Context, in *greetRequest) (*greetAnswer, error) {
		return &greetAnswer{Text: p("<b>" + *in.Name + "</b> & \u2028"), Names: []string{}}, nil
	}, `{"Name":"alice"}`)
	if want := `{"Text":"<b>alice</b> & \u2028","Names":[]}`; err != nil || got != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
}

func TestNoAnswerIsTheEmptyObject(t *testing.T) {
	t.Parallel()
	got, err := call(t, func(context.Context, *greetRequest) (*greetAnswer, error) { return nil, nil }, `{"Name":"a"}`)
	if err != nil || got != "{}" {
		t.Errorf("%s %v", got, err)
	}
}

func TestHandlerSeesOnlyValidRequests(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{}`, `{"Name":null}`, `{"Name":1}`, `[`} {
		got, err := call(t, func(context.Context, *greetRequest) (*greetAnswer, error) {
			t.Errorf("%s reached the handler", body)
			return nil, nil
		}, body)
		if err == nil || got != "" {
			t.Errorf("%s: %s %v", body, got, err)
		}
	}
}

func TestErrorOfAHandlerComesBackAsItIs(t *testing.T) {
	t.Parallel()
	rude := errors.New("rude")
	got, err := call(t, func(context.Context, *greetRequest) (*greetAnswer, error) { return &greetAnswer{}, rude }, `{"Name":"a"}`)
	if err != rude || got != "" {
		t.Errorf("%s %v", got, err)
	}
}

func TestDeclaredOperationIsKnownButNotServed(t *testing.T) {
	t.Parallel()
	table := awsjson.NewTable()
	table.Declare(greet().Spec)
	row, ok := table.Lookup("Greeter.Greet")
	if !ok || row.Served() {
		t.Error("declared means known and not served")
	}
	awsjson.Handle(table, greet(), func(context.Context, *greetRequest) (*greetAnswer, error) { return nil, nil })
	table.Declare(greet().Spec)
	if row, _ := table.Lookup("Greeter.Greet"); !row.Served() {
		t.Error("declaring again took the handler away")
	}
	if _, ok := table.Lookup("Greeter.Leave"); ok || len(table.Rows()) != 1 {
		t.Error("an operation that nobody declared is known")
	}
}

func TestSecondHandlerIsAMistake(t *testing.T) {
	t.Parallel()
	table := awsjson.NewTable()
	fn := func(context.Context, *greetRequest) (*greetAnswer, error) { return nil, nil }
	awsjson.Handle(table, greet(), fn)
	defer func() {
		if recover() == nil {
			t.Error("the second handler replaced the first in silence")
		}
	}()
	awsjson.Handle(table, greet(), fn)
}

func TestFailureNamesItselfWhereClientsLook(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	awsjson.WriteFailure(w, "application/x-amz-json-1.1", &awsjson.Failure{
		Status: 400, Name: "RudeException", Message: "no <b>\r\nSet-Cookie: a=b\u00e9", Members: map[string]any{"reasonCode": "X"}})
	if w.Code != 400 || w.Header().Get("X-Amzn-Errortype") != "RudeException:" ||
		w.Header().Get("X-Amzn-Errormessage") != "no <b>  Set-Cookie: a=b?" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if want := `{"__type":"RudeException","message":"no <b>\r\nSet-Cookie: a=bé","reasonCode":"X"}`; w.Body.String() != want {
		t.Errorf("%s\nwant %s", w.Body, want)
	}
}

func TestLongMessageStaysOutOfTheHeader(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	awsjson.WriteFailure(w, "application/x-amz-json-1.1", &awsjson.Failure{Status: 400, Name: "X", Message: strings.Repeat("a", 1<<20)})
	if n := len(w.Header().Get("X-Amzn-Errormessage")); n > 1024 {
		t.Errorf("a header of %d bytes", n)
	}
}

func TestTimeIsSecondsWithMilliseconds(t *testing.T) {
	t.Parallel()
	for ms, want := range map[int64]string{0: "0", 1548000000000: "1548000000", 1548000000123: "1548000000.123", 1548000000120: "1548000000.12",
		1548000000003: "1548000000.003", -1500: "-1.5", 253402300799999: "253402300799.999"} {
		got, err := json.Marshal(awsjson.At(time.UnixMilli(ms)))
		if err != nil || string(got) != want {
			t.Errorf("%d: %s %v, want %s", ms, got, err, want)
		}
	}
	got, err := json.Marshal(awsjson.AtDateTime(time.Date(2026, 2, 3, 5, 0, 0, 123456789, time.FixedZone("", 3600))))
	if err != nil || string(got) != `"2026-02-03T04:00:00.123456Z"` {
		t.Errorf("%s %v", got, err)
	}
}

func BenchmarkCall(b *testing.B) {
	table := awsjson.NewTable()
	answer := &greetAnswer{Text: p("hello")}
	awsjson.Handle(table, greet(), func(context.Context, *greetRequest) (*greetAnswer, error) { return answer, nil })
	body := []byte(`{"Name":"alice","Other":{"a":[1,2,3]}}`)
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		row, _ := table.Lookup("Greeter.Greet")
		if err := row.Call(b.Context(), body, &out); err != nil {
			b.Fatal(err)
		}
	}
}
