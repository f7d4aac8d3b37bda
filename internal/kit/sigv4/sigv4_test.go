package sigv4_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/kit/sigv4"
)

const (
	keyID   = "AKIAIOSFODNN7EXAMPLE"
	secret  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	token   = "session-token-of-alice"
	service = "cognito-idp"
	region  = "eu-west-1"
)

func noon() time.Time { return time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC) }

// verifier knows one key, with and without a session token.
func verifier(now time.Time) *sigv4.Verifier {
	return &sigv4.Verifier{
		Now: func() time.Time { return now },
		Keys: func(_ context.Context, id, tok string) (sigv4.Key, error) {
			switch {
			case id != keyID:
				return sigv4.Key{}, sigv4.ErrUnknownKey
			case tok == "old":
				return sigv4.Key{}, sigv4.ErrExpiredToken
			case tok != "" && tok != token:
				return sigv4.Key{}, sigv4.ErrUnknownKey
			}
			return sigv4.Key{Secret: secret, Principal: "alice"}, nil
		},
	}
}

// request is what a client of the AWS JSON protocol sends, not yet signed.
func request(t testing.TB, target, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:9229/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	return r
}

func hash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func sign(t testing.TB, r *http.Request, body, sessionToken string, at time.Time) {
	t.Helper()
	creds := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: sessionToken}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hash(body), service, region, at); err != nil {
		t.Fatal(err)
	}
}

// wire writes a request and reads it back as a server does.
func wire(t testing.TB, r *http.Request) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func receive(raw []byte) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

func mustReceive(t testing.TB, raw []byte) (*http.Request, []byte) {
	t.Helper()
	r, body, err := receive(raw)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

func TestSignatureOfTheAWSSDKVerifies(t *testing.T) {
	t.Parallel()
	for _, tok := range []string{"", token} {
		r := request(t, "X.ListUsers", `{"a":1}`)
		sign(t, r, `{"a":1}`, tok, noon())
		got, body := mustReceive(t, wire(t, r))
		id, err := verifier(noon().Add(time.Minute)).Verify(got, body)
		if err != nil {
			t.Fatalf("token %q: %v", tok, err)
		}
		want := sigv4.Identity{SignedAt: noon(), Principal: "alice", Scope: sigv4.Scope{
			AccessKeyID: keyID, Date: "20260203", Region: region, Service: service, Token: tok}}
		if id != want {
			t.Errorf("identity\n got %+v\nwant %+v", id, want)
		}
	}
}

func presign(t testing.TB, r *http.Request, body string, seconds string, at time.Time) *http.Request {
	t.Helper()
	q := r.URL.Query()
	q.Set("X-Amz-Expires", seconds)
	r.URL.RawQuery = q.Encode()
	creds := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token}
	uri, headers, err := v4.NewSigner().PresignHTTP(t.Context(), creds, r, hash(body), service, region, at)
	if err != nil {
		t.Fatal(err)
	}
	out, err := http.NewRequest(r.Method, uri, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range headers {
		if name != "Host" && name != "Content-Length" {
			out.Header[name] = values
		}
	}
	return out
}

func TestPresignedRequestOfTheAWSSDKVerifiesUntilItExpires(t *testing.T) {
	t.Parallel()
	raw := wire(t, presign(t, request(t, "X.ListUsers", "{}"), "{}", "600", noon()))
	for after, want := range map[time.Duration]string{
		0:                               "",
		10 * time.Minute:                "",
		10*time.Minute + 1*time.Second:  sigv4.InvalidSignature,
		-5*time.Minute - 1*time.Second:  sigv4.InvalidSignature,
		-4 * time.Minute:                "",
		365 * 24 * time.Hour:            sigv4.InvalidSignature,
		9*time.Minute + 59*time.Second:  "",
		-5*time.Minute + 30*time.Second: "",
	} {
		r, body := mustReceive(t, raw)
		if _, err := verifier(noon().Add(after)).Verify(r, body); name(err) != want {
			t.Errorf("after %v: %v, want %q", after, err, want)
		}
	}
}

func TestPresignedForMoreThanAWeekIsRefused(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[string]string{"604800": "", "604801": sigv4.IncompleteSignature,
		"0": sigv4.IncompleteSignature, "-5": sigv4.IncompleteSignature, "1e3": sigv4.IncompleteSignature} {
		r, body := mustReceive(t, wire(t, presign(t, request(t, "X.ListUsers", "{}"), "{}", seconds, noon())))
		if _, err := verifier(noon()).Verify(r, body); name(err) != want {
			t.Errorf("%s seconds: %v, want %q", seconds, err, want)
		}
	}
}

// name gives AWS's name of an error, empty for none.
func name(err error) string {
	var e *sigv4.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Name
	}
	return err.Error()
}

func TestClockSkewIsFiveMinutesBothWays(t *testing.T) {
	t.Parallel()
	r := request(t, "X.ListUsers", "{}")
	sign(t, r, "{}", "", noon())
	raw := wire(t, r)
	for after, want := range map[time.Duration]string{
		5 * time.Minute:  "",
		-5 * time.Minute: "",
		5*time.Minute + time.Second: "InvalidSignatureException: Signature expired: 20260203T120000Z is now earlier than " +
			"20260203T120001Z (20260203T120501Z - 5 min.)",
		-5*time.Minute - time.Second: "InvalidSignatureException: Signature not yet current: 20260203T120000Z is still later than " +
			"20260203T115959Z (20260203T115459Z + 5 min.)",
	} {
		got, body := mustReceive(t, raw)
		_, err := verifier(noon().Add(after)).Verify(got, body)
		if text(err) != want {
			t.Errorf("after %v:\n got %s\nwant %s", after, text(err), want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestWiderSkewIsAnOption(t *testing.T) {
	t.Parallel()
	r := request(t, "X.ListUsers", "{}")
	sign(t, r, "{}", "", noon())
	got, body := mustReceive(t, wire(t, r))
	v := verifier(noon().Add(14 * time.Minute))
	v.Skew = 15 * time.Minute
	if _, err := v.Verify(got, body); err != nil {
		t.Error(err)
	}
}

func TestEveryCaseOfCanonicalQueryAgreesWithTheAWSSDK(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/", "/a/b", "/a%20b/c", "/a/../b", "//x", "/ü/é",
		"/?b=2&a=1", "/?a=2&a=1", "/?a", "/?a=&b", "/?q=a+b", "/?q=a%20b", "/?q=%C3%A9", "/?x=~-_.!*'()", "/?k%5B%5D=1&k%2F=2"} {
		r, err := http.NewRequest(http.MethodGet, "http://idp.example.com"+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Meta", "  a   b  ")
		sign(t, r, "", "", noon())
		got, body := mustReceive(t, wire(t, r))
		if _, err := verifier(noon()).Verify(got, body); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestTokenThatIsUnknownOrExpiredIsNamed(t *testing.T) {
	t.Parallel()
	for tok, want := range map[string]string{
		"old":   "ExpiredTokenException: The security token included in the request is expired",
		"other": "UnrecognizedClientException: The security token included in the request is invalid.",
	} {
		r := request(t, "X.ListUsers", "{}")
		sign(t, r, "{}", tok, noon())
		got, body := mustReceive(t, wire(t, r))
		if _, err := verifier(noon()).Verify(got, body); text(err) != want {
			t.Errorf("%s: %v", tok, err)
		}
	}
}

func TestFaultOfTheKeyStoreIsNotBlamedOnTheCaller(t *testing.T) {
	t.Parallel()
	down := errors.New("database is down")
	v := verifier(noon())
	v.Keys = func(context.Context, string, string) (sigv4.Key, error) { return sigv4.Key{}, down }
	r := request(t, "X.ListUsers", "{}")
	sign(t, r, "{}", "", noon())
	got, body := mustReceive(t, wire(t, r))
	if _, err := v.Verify(got, body); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}

func TestUnsignedPayloadNeedsTheOption(t *testing.T) {
	t.Parallel()
	r := request(t, "X.ListUsers", "{}")
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	creds := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, "UNSIGNED-PAYLOAD", service, region, noon()); err != nil {
		t.Fatal(err)
	}
	raw := wire(t, r)
	for allowed, want := range map[bool]string{true: "", false: sigv4.InvalidSignature} {
		got, body := mustReceive(t, raw)
		v := verifier(noon())
		v.UnsignedPayload = allowed
		if _, err := v.Verify(got, body); name(err) != want {
			t.Errorf("allowed %v: %v", allowed, err)
		}
	}
}

func TestScopeForAnotherServiceIsRefused(t *testing.T) {
	t.Parallel()
	r := request(t, "X.ListUsers", "{}")
	sign(t, r, "{}", "", noon())
	got, body := mustReceive(t, wire(t, r))
	v := verifier(noon())
	v.Services = []string{"cognito-identity"}
	if _, err := v.Verify(got, body); name(err) != sigv4.InvalidSignature {
		t.Error(err)
	}
}

func TestParseScopeReadsWithoutVerifying(t *testing.T) {
	t.Parallel()
	r := request(t, "X.ListUsers", "{}")
	sign(t, r, "another body", "", noon())
	got, _ := mustReceive(t, wire(t, r))
	scope, err := sigv4.ParseScope(got)
	if err != nil || scope.Region != region || scope.AccessKeyID != keyID {
		t.Errorf("%+v %v", scope, err)
	}
	_, err = sigv4.ParseScope(&http.Request{Header: http.Header{}, URL: &url.URL{}})
	if name(err) != sigv4.MissingAuthenticationToken {
		t.Errorf("no header: %v", err)
	}
}
