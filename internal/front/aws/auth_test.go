package aws_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/front/aws"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/kit/sigv4"
)

const describe = "AWSCognitoIdentityProviderService.DescribeUserPool"

// strict is a server that knows one key.
func strict(lookup error) *aws.Front {
	v := &sigv4.Verifier{Now: noon, Keys: func(_ context.Context, id, token string) (sigv4.Key, error) {
		if id != "AKIDEXAMPLE" {
			return sigv4.Key{}, sigv4.ErrUnknownKey
		}
		return sigv4.Key{Secret: "secret"}, lookup
	}}
	return aws.New(aws.Config{Auth: aws.Verify(v), Now: noon}, table())
}

// signed is a request of the AWS SDK's signer for DescribeUserPool.
func signed(t testing.TB, key, secret, service, region string) *http.Request {
	t.Helper()
	body := `{"UserPoolId":"eu-west-1_Abc"}`
	r := httptest.NewRequest("POST", "http://127.0.0.1:9229/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", describe)
	sum := sha256.Sum256([]byte(body))
	creds := sdk.Credentials{AccessKeyID: key, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hex.EncodeToString(sum[:]), service, region, noon()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSignedOperationBelievesOnlyGoodSignatures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request *http.Request
		change  func(*http.Request)
		status  int
		body    string
	}{
		"good": {request: signed(t, "AKIDEXAMPLE", "secret", "cognito-idp", "ap-south-1"), status: 200, body: `"Arn":"ap-south-1/AKIDEXAMPLE/192.0.2.1"`},
		"wrong secret": {request: signed(t, "AKIDEXAMPLE", "guess", "cognito-idp", "ap-south-1"), status: 400,
			body: `{"__type":"InvalidSignatureException","message":"The request signature we calculated`},
		"unknown key": {request: signed(t, "AKIDOTHER", "secret", "cognito-idp", "ap-south-1"), status: 400,
			body: `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`},
		"other service": {request: signed(t, "AKIDEXAMPLE", "secret", "sts", "ap-south-1"), status: 400, body: `"InvalidSignatureException"`},
		"no region":     {request: signed(t, "AKIDEXAMPLE", "secret", "cognito-idp", "../x"), status: 400, body: `Exception"`},
		"other target": {request: signed(t, "AKIDEXAMPLE", "secret", "cognito-idp", "ap-south-1"), status: 400, body: `"InvalidSignatureException"`,
			change: func(r *http.Request) {
				r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.DeleteUserPool")
			}},
		"two targets": {request: signed(t, "AKIDEXAMPLE", "secret", "cognito-idp", "ap-south-1"), status: 400, body: `"UnknownOperationException"`,
			change: func(r *http.Request) {
				r.Header.Add("X-Amz-Target", describe)
				r.URL.RawQuery = "X-Amz-Target=" + describe
			}},
		"no signature": {request: signed(t, "AKIDEXAMPLE", "secret", "cognito-idp", "ap-south-1"), status: 400,
			body:   `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`,
			change: func(r *http.Request) { r.Header.Del("Authorization") }},
	} {
		if c.change != nil {
			c.change(c.request)
		}
		w := httptest.NewRecorder()
		strict(nil).ServeHTTP(w, c.request)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestBrokenKeyStoreIsInternal(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	strict(errors.New("pq: connection refused")).ServeHTTP(w, signed(t, "AKIDEXAMPLE", "secret", "cognito-idp", "eu-west-1"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "pq") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWithoutAuthenticatorNobodyIsBelieved(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	aws.New(aws.Config{}, table()).ServeHTTP(w, signed(t, "AKIDEXAMPLE", "secret", "cognito-idp", "eu-west-1"))
	if w.Code != 400 || !strings.Contains(w.Body.String(), "UnrecognizedClientException") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A presigned request names its operation in the query, where the signature covers it.
func TestPresignedRequestIsServed(t *testing.T) {
	t.Parallel()
	body := `{"UserPoolId":"eu-west-1_Abc"}`
	r := httptest.NewRequest("POST", "http://127.0.0.1:9229/?X-Amz-Expires=60", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", describe)
	sum := sha256.Sum256([]byte(body))
	uri, headers, err := v4.NewSigner().PresignHTTP(t.Context(), sdk.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"},
		r, hex.EncodeToString(sum[:]), "cognito-idp", "eu-west-1", noon())
	if err != nil {
		t.Fatal(err)
	}
	send := func(uri string) *httptest.ResponseRecorder {
		out := httptest.NewRequest("POST", uri, strings.NewReader(body))
		for name, values := range headers {
			out.Header[name] = values
		}
		w := httptest.NewRecorder()
		strict(nil).ServeHTTP(w, out)
		return w
	}
	if w := send(uri); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := send(strings.Replace(uri, "DescribeUserPool", "DeleteUserPool", 1)); w.Code != 400 ||
		!strings.Contains(w.Body.String(), "InvalidSignatureException") {
		t.Errorf("another operation under the same signature: %d %s", w.Code, w.Body)
	}
}

// An operation without signature takes the region from one that came along, and believes nothing else of it.
func TestSignatureOnAPublicOperationProvesNothing(t *testing.T) {
	t.Parallel()
	r := signed(t, "AKIDEXAMPLE", "guess", "cognito-idp", "ap-south-1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.GetId")
	r.Body = body(`{"IdentityPoolId":"ap-south-1:00000000"}`)
	var e aws.Event
	w := httptest.NewRecorder()
	aws.New(aws.Config{Observe: func(_ context.Context, got aws.Event) { e = got }}, table()).ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != `{"IdentityId":"ap-south-1"}` || e.AccessKeyID != "" {
		t.Errorf("%d %s %+v", w.Code, w.Body, e)
	}
}

func BenchmarkServe(b *testing.B) {
	tb := aws.NewTable()
	answer := &idp.SignUpResponse{UserSub: p("00000000-0000-4000-8000-000000000001"), UserConfirmed: p(false)}
	awsjson.Handle(tb, idp.SignUp, func(context.Context, *idp.SignUpRequest) (*idp.SignUpResponse, error) { return answer, nil })
	f := aws.New(aws.Config{}, tb)
	body := `{"ClientId":"1example23456789","Username":"alice","Password":"Correct-Horse1","UserAttributes":[{"Name":"email","Value":"alice@example.com"}]}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.SignUp")
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkServeSigned(b *testing.B) {
	f := strict(nil)
	r := signed(b, "AKIDEXAMPLE", "secret", "cognito-idp", "eu-west-1")
	b.ReportAllocs()
	for b.Loop() {
		r.Body = body(`{"UserPoolId":"eu-west-1_Abc"}`)
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

type reader struct{ *strings.Reader }

func (reader) Close() error { return nil }

func body(s string) reader { return reader{strings.NewReader(s)} }
