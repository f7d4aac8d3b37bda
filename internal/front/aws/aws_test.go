package aws_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/gen/cognitoidentity"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	avp "cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
)

var update = flag.Bool("update", false, "write the answers of testdata anew")

func noon() time.Time { return time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC) }

func p[T any](v T) *T { return &v }

// errOfStore is what a broken room returns; none of it may reach a caller.
var errOfStore = errors.New("pq: password authentication failed for user cognate")

// table has a few real operations whose outcome the request chooses.
func table() *awsjson.Table {
	t := aws.NewTable()
	awsjson.Handle(t, idp.DescribeUserPool, func(ctx context.Context, in *idp.DescribeUserPoolRequest) (*idp.DescribeUserPoolResponse, error) {
		c := aws.CallFrom(ctx)
		return &idp.DescribeUserPoolResponse{UserPool: &idp.UserPoolType{
			Id: in.UserPoolId, Name: p(c.Service + "." + c.Operation), Arn: p(c.Region + "/" + c.AccessKeyID + "/" + c.RemoteAddr),
			Status: p(c.UserAgent), CreationDate: awsjson.At(noon().Add(120 * time.Millisecond)), SchemaAttributes: []idp.SchemaAttributeType{}}}, nil
	})
	awsjson.Handle(t, idp.SignUp, func(ctx context.Context, in *idp.SignUpRequest) (*idp.SignUpResponse, error) {
		return nil, map[string]error{
			"exists":      fault.New(fault.Exists, fault.Username, "User already exists").Because(errOfStore),
			"reset":       fault.New(fault.ResetRequired, "", "Password reset required for the user"),
			"policy":      fault.New(fault.Invalid, fault.Password, "Password did not conform with policy: Password not long enough"),
			"wrapped":     fmt.Errorf("sign up: %w", fault.NoPool("eu-west-1_A")),
			"broken":      fmt.Errorf("sign up: %w", errOfStore),
			"internal":    fault.New(fault.Internal, "", "secret text").Because(errOfStore),
			"unavailable": fault.New(fault.Unavailable, "", "The mail server is down.").Because(errOfStore),
			"reason": aws.Detail(fault.Invalidf("1 < 2 & 3"),
				map[string]any{"reasonCode": "X"}),
		}[*in.Username]
	})
	awsjson.Handle(t, idp.GlobalSignOut, func(context.Context, *idp.GlobalSignOutRequest) (*idp.GlobalSignOutResponse, error) {
		panic(errOfStore)
	})
	awsjson.Handle(t, idp.DeleteUser, func(context.Context, *idp.DeleteUserRequest) (*awsjson.Empty, error) { return nil, nil })
	awsjson.Handle(t, cognitoidentity.GetId, func(ctx context.Context, in *cognitoidentity.GetIdInput) (*cognitoidentity.GetIdResponse, error) {
		return &cognitoidentity.GetIdResponse{IdentityId: p(aws.CallFrom(ctx).Region)}, nil
	})
	awsjson.Handle(t, avp.GetPolicyStore, func(_ context.Context, in *avp.GetPolicyStoreInput) (*avp.GetPolicyStoreOutput, error) {
		if *in.PolicyStoreId == "missing" {
			return nil, fault.Missingf("No such policy store.")
		}
		return &avp.GetPolicyStoreOutput{CreatedDate: awsjson.AtDateTime(noon())}, nil
	})
	awsjson.Handle(t, avp.IsAuthorized, func(_ context.Context, in *avp.IsAuthorizedInput) (*avp.IsAuthorizedOutput, error) {
		if in.Context == nil {
			return nil, fault.Invalidf("No context.")
		}
		return &avp.IsAuthorizedOutput{Decision: in.Context.ContextMap["who"].Record["name"].String}, nil
	})
	return t
}

// front is a development server whose ids and clock stand still.
func front(observe aws.Observer) *aws.Front {
	return aws.New(aws.Config{Auth: aws.AcceptAny(), Observe: observe, Region: "eu-north-1", MaxBody: 4096, Now: noon,
		RequestID: func() string { return "00000000-0000-4000-8000-000000000001" }}, table())
}

// TestAnswers sends each request of testdata, raw, and compares status, headers and body with what stands below it.
// "{long N}" in a request is N letters. Every answer must also be JSON, carry the request id and let a browser read it.
func TestAnswers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			request, want, ok := strings.Cut(string(data), "\n-- answer --\n")
			if !ok {
				t.Fatal("no line -- answer --")
			}
			w := httptest.NewRecorder()
			front(nil).ServeHTTP(w, parse(t, request))
			got := print(w)
			if *update {
				if err := os.WriteFile(path, []byte(request+"\n-- answer --\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if w.Header().Get("X-Amzn-Requestid") == "" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("headers: %v", w.Header())
			}
			if strings.Contains(w.Body.String()+fmt.Sprint(w.Header()), "pq:") {
				t.Error("the private cause is in the answer")
			}
		})
	}
}

// parse reads a raw request. Lines that start with # before it are the case's explanation.
func parse(t *testing.T, text string) *http.Request {
	t.Helper()
	for strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
	}
	head, body, _ := strings.Cut(text, "\n\n")
	var n int
	if before, after, ok := strings.Cut(body, "{long "); ok {
		count, rest, _ := strings.Cut(after, "}")
		if _, err := fmt.Sscan(count, &n); err != nil {
			t.Fatal(err)
		}
		body = before + strings.Repeat("a", n) + rest
	}
	if !strings.Contains(head, "Content-Length:") && !strings.Contains(head, "Transfer-Encoding:") {
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	raw := strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.7:4711"
	return r
}

// print writes an answer: status, headers apart from those of every answer, body.
func print(w *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintln(&b, w.Code)
	for _, name := range slices.Sorted(maps.Keys(w.Header())) {
		switch name {
		case "X-Amzn-Requestid", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Content-Length":
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", name, w.Header().Get(name))
	}
	if w.Body.Len() > 0 {
		fmt.Fprintf(&b, "\n%s\n", w.Body)
	}
	return b.String()
}

func TestObserverHearsOfEveryRequestOnceAndLearnsTheCause(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]aws.Event{
		`{"ClientId":"c","Username":"broken","Password":"hunter-2"}`: {Status: 500, Exception: "InternalErrorException", Cause: errOfStore},
		`{"ClientId":"c","Username":"exists","Password":"hunter-2"}`: {Status: 400, Exception: "UsernameExistsException", Cause: errOfStore},
		`{"ClientId":"c","Username":"alice","Password":"hunter-2"}`:  {Status: 200},
		`{"ClientId":"c"}`: {Status: 400, Exception: "InvalidParameterException"},
	} {
		var events []aws.Event
		f := front(func(ctx context.Context, e aws.Event) {
			if aws.CallFrom(ctx).Operation != "SignUp" {
				t.Error("the context knows nothing of its call")
			}
			events = append(events, e)
		})
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")
		f.ServeHTTP(httptest.NewRecorder(), r)
		if len(events) != 1 {
			t.Fatalf("%s: %d events", body, len(events))
		}
		e := events[0]
		if e.Status != want.Status || e.Exception != want.Exception || !errors.Is(e.Cause, want.Cause) || (e.Cause == nil) != (want.Cause == nil) ||
			e.Operation != "SignUp" || e.Service != "cognito-idp" || e.RequestID == "" || e.RemoteAddr != "192.0.2.1" || e.Region != "eu-north-1" {
			t.Errorf("%s: %+v", body, e)
		}
		if strings.Contains(fmt.Sprintf("%+v", e), "hunter-2") {
			t.Errorf("the event tells a password: %+v", e)
		}
	}
}

func TestClientThatLeavesIsNotAFaultOfOurs(t *testing.T) {
	t.Parallel()
	tb := aws.NewTable()
	awsjson.Handle(tb, idp.GetUser, func(ctx context.Context, _ *idp.GetUserRequest) (*idp.GetUserResponse, error) {
		return nil, fmt.Errorf("find the user: %w", ctx.Err())
	})
	var got aws.Event
	f := aws.New(aws.Config{Observe: func(_ context.Context, e aws.Event) { got = e }}, tb)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader(`{"AccessToken":"a"}`))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.GetUser")
	f.ServeHTTP(httptest.NewRecorder(), r)
	if got.Status != 499 || len(got.RequestID) != 36 {
		t.Errorf("%+v", got)
	}
}

func TestBodyThatBreaksOffIsTheClientsFault(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader(`{"ClientId":`), brokenReader{}))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")
	w := httptest.NewRecorder()
	front(nil).ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "SerializationException") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestOriginsMayBeNarrowed(t *testing.T) {
	t.Parallel()
	f := aws.New(aws.Config{Origins: []string{"https://app.example.com"}}, aws.NewTable())
	for origin, want := range map[string]string{"https://app.example.com": "https://app.example.com", "https://evil.example.net": "", "": ""} {
		r := httptest.NewRequest("OPTIONS", "/", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%q may read: %q", origin, got)
		}
	}
}

// Whatever bytes come as target and body, the answer is JSON of the protocol and never of the 500s.
func FuzzServe(f *testing.F) {
	f.Add("AWSCognitoIdentityProviderService.SignUp", `{"ClientId":"c","Username":"alice","Password":"p p"}`)
	f.Add("VerifiedPermissions.IsAuthorized", `{"context":{"contextMap":{"who":{"record":{"name":{"string":"ALLOW"}}}}},"policyStoreId":"a"}`)
	f.Add("AWSCognitoIdentityProviderService.DescribeUserPool", `{"UserPoolId":{}}`)
	f.Add("x", "")
	fr := front(nil)
	f.Fuzz(func(t *testing.T, target, body string) {
		if strings.Contains(target, "GlobalSignOut") || strings.Contains(body, "broken") || strings.Contains(body, "internal") ||
			strings.Contains(body, "unavailable") {
			t.Skip("made to fail")
		}
		r := httptest.NewRequest("POST", "/", bytes.NewReader([]byte(body)))
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260203/eu-west-1/x/aws4_request, SignedHeaders=host, Signature=00")
		r.Header.Set("X-Amz-Date", "20260203T120000Z")
		r.Header["X-Amz-Target"] = []string{target}
		w := httptest.NewRecorder()
		fr.ServeHTTP(w, r)
		if w.Code >= 500 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/x-amz-json-1.") {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	})
}
