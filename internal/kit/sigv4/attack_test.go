package sigv4_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/kit/sigv4"
)

// meaning is what a server acts on in a request; two requests of one meaning are the same request.
type meaning struct {
	Method, Path, Host, Body string
	Query                    url.Values
	Headers                  map[string]string
}

func meaningOf(r *http.Request, body []byte) meaning {
	m := meaning{Method: r.Method, Path: r.URL.Path, Host: r.Host, Body: string(body), Query: r.URL.Query(), Headers: map[string]string{}}
	for name, values := range r.Header {
		switch name {
		case "User-Agent", "Accept-Encoding", "Authorization", "Content-Length", "X-Unsigned":
			continue // not signed, or the signature itself
		}
		m.Headers[name] = strings.Join(strings.Fields(strings.Join(values, ",")), " ")
	}
	return m
}

// Whoever carries a signed request may change one byte of it anywhere: it must be refused, or mean the same still.
func TestChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[ -~]{0,40}`)
		body := text.Draw(rt, "body")
		r, err := http.NewRequest(rapid.SampledFrom([]string{"GET", "POST", "PUT"}).Draw(rt, "method"),
			"http://idp.example.com/"+url.PathEscape(text.Draw(rt, "path")), strings.NewReader(body))
		if err != nil {
			rt.Fatal(err)
		}
		r.URL.RawQuery = url.Values{text.Draw(rt, "key"): {text.Draw(rt, "value"), "x"}}.Encode()
		r.Header.Set("X-Amz-Target", "Service.Operation")
		r.Header.Set("X-Custom", rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`).Draw(rt, "header"))
		if rapid.Bool().Draw(rt, "presign") {
			r = presign(t, r, body, "600", noon())
		} else {
			sign(t, r, body, rapid.SampledFrom([]string{"", token}).Draw(rt, "token"), noon())
		}
		raw := wire(t, r)

		honest, honestBody := mustReceive(t, raw)
		want := meaningOf(honest, honestBody)
		if _, err := verifier(noon()).Verify(honest, honestBody); err != nil {
			rt.Fatalf("the signed request itself: %v\n%s", err, raw)
		}

		changed := bytes.Clone(raw)
		at := rapid.IntRange(0, len(changed)-1).Draw(rt, "at")
		changed[at] ^= rapid.ByteRange(1, 127).Draw(rt, "flip")
		got, gotBody, err := receive(changed)
		if err != nil {
			return
		}
		if _, err := verifier(noon()).Verify(got, gotBody); err != nil {
			return
		}
		m := meaningOf(got, gotBody)
		for name := range m.Headers { // a header that became another, unsigned one says nothing
			if _, ok := want.Headers[name]; !ok {
				delete(m.Headers, name)
			}
		}
		if !reflect.DeepEqual(m, want) {
			rt.Fatalf("a changed request was believed:\n%s\nwas\n%s", changed, raw)
		}
	})
}

func TestChangedPartIsRefused(t *testing.T) {
	t.Parallel()
	for part, change := range map[string]func(r *http.Request, body *[]byte){
		"method":      func(r *http.Request, _ *[]byte) { r.Method = "PUT" },
		"path":        func(r *http.Request, _ *[]byte) { r.URL.Path = "/other" },
		"query":       func(r *http.Request, _ *[]byte) { r.URL.RawQuery = "a=1" },
		"host":        func(r *http.Request, _ *[]byte) { r.Host = "evil.example.com" },
		"target":      func(r *http.Request, _ *[]byte) { r.Header.Set("X-Amz-Target", "X.DeleteUserPool") },
		"two targets": func(r *http.Request, _ *[]byte) { r.Header.Add("X-Amz-Target", "X.DeleteUserPool") },
		"no target":   func(r *http.Request, _ *[]byte) { r.Header.Del("X-Amz-Target") },
		"body":        func(_ *http.Request, body *[]byte) { *body = []byte(`{"a":2}`) },
		"empty body":  func(_ *http.Request, body *[]byte) { *body = nil },
		"date":        func(r *http.Request, _ *[]byte) { r.Header.Set("X-Amz-Date", "20260203T120001Z") },
		"token":       func(r *http.Request, _ *[]byte) { r.Header.Set("X-Amz-Security-Token", token) },
		"type":        func(r *http.Request, _ *[]byte) { r.Header.Set("Content-Type", "text/plain") },
		"region":      edit("eu-west-1", "us-east-1"),
		"service":     edit("cognito-idp", "cognito-identity"),
		"day":         edit("20260203/", "20260204/"),
		"upper case": func(r *http.Request, _ *[]byte) {
			auth := r.Header.Get("Authorization")
			head, sig, _ := strings.Cut(auth, "Signature=")
			r.Header.Set("Authorization", head+"Signature="+strings.ToUpper(sig))
		},
		"no signature": edit("Signature=", "Signature=0 "),
		"unsign target": func(r *http.Request, _ *[]byte) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), ";x-amz-target", "", 1))
		},
	} {
		r := request(t, "X.ListUsers", `{"a":1}`)
		sign(t, r, `{"a":1}`, "", noon())
		got, body := mustReceive(t, wire(t, r))
		change(got, &body)
		if id, err := verifier(noon()).Verify(got, body); err == nil || id.Principal != nil {
			t.Errorf("%s: believed", part)
		}
	}
}

func edit(from, to string) func(*http.Request, *[]byte) {
	return func(r *http.Request, _ *[]byte) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

func TestMalformedAuthorizationIsNamed(t *testing.T) {
	t.Parallel()
	const good = "Credential=AKID/20260203/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
	cases := map[string]string{
		"":                                   sigv4.IncompleteSignature,
		"Bearer abc":                         sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256":                   sigv4.IncompleteSignature,
		"AWS4-ECDSA-P256-SHA256 " + good:     sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 Credential=a/b":    sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 " + good + ", x":   sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 " + good + ", S=1": sigv4.UnrecognizedClient,
		"AWS4-HMAC-SHA256 " + good:           sigv4.UnrecognizedClient,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "AKID", "", 1):               sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "aws4_request", "aws4", 1):   sigv4.InvalidSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "host;", "", 1):              sigv4.InvalidSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "host;", "host;host;", 1):    sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "host;x", "x;host", 1):       sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "host;", "Host;", 1):         sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "host;", "host;missing;", 1): sigv4.InvalidSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "host;", "absent;host;", 1):  sigv4.InvalidSignature,
		"AWS4-HMAC-SHA256 " + strings.Replace(good, "20260203", "20260204", 1):   sigv4.InvalidSignature,
		"AWS4-HMAC-SHA256 " + good + ", " + good:                                 sigv4.IncompleteSignature,
		"AWS4-HMAC-SHA256 " + strings.Repeat("a", 9000):                          sigv4.IncompleteSignature,
	}
	for header, want := range cases {
		r := request(t, "", "")
		r.Header.Del("X-Amz-Target")
		r.Header.Set("Authorization", header)
		r.Header.Set("X-Amz-Date", "20260203T120000Z")
		got, body := mustReceive(t, wire(t, r))
		if _, err := verifier(noon()).Verify(got, body); name(err) != want {
			t.Errorf("%.120s\n got %v\nwant %s", header, err, want)
		}
	}
}

func TestTwoSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	r := request(t, "X.ListUsers", "{}")
	sign(t, r, "{}", "", noon())
	raw := wire(t, r)
	twice, body := mustReceive(t, raw)
	twice.Header.Add("Authorization", twice.Header.Get("Authorization"))
	both, _ := mustReceive(t, raw)
	both.URL.RawQuery = "X-Amz-Signature=1"
	for _, r := range []*http.Request{twice, both} {
		if _, err := verifier(noon()).Verify(r, body); name(err) != sigv4.IncompleteSignature {
			t.Error(err)
		}
	}
}

func TestMissingDateIsNamed(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "yesterday", "20260203T120000", "99990101T000000Z"} {
		r := request(t, "X.ListUsers", "{}")
		sign(t, r, "{}", "", noon())
		r.Header.Set("X-Amz-Date", value)
		got, body := mustReceive(t, wire(t, r))
		if _, err := verifier(noon()).Verify(got, body); !slices.Contains(
			[]string{sigv4.IncompleteSignature, sigv4.InvalidSignature}, name(err)) {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKID/20260203/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00",
		"20260203T120000Z", "", "/")
	f.Add("", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260203%2Fb%2Fc%2Faws4_request&X-Amz-Date=20260203T120000Z"+
		"&X-Amz-Expires=5&X-Amz-SignedHeaders=host&X-Amz-Signature=00", "/a b")
	f.Fuzz(func(t *testing.T, auth, date, query, path string) {
		r := &http.Request{Method: "POST", Host: "idp.example.com", URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}}
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		r.Header.Set("X-Amz-Date", date)
		if id, err := verifier(noon()).Verify(r, nil); err == nil {
			t.Errorf("believed without a secret: %+v", id)
		}
		scope, err := sigv4.ParseScope(r)
		if err == nil && (scope.AccessKeyID == "" || scope.Region == "" || scope.Service == "") {
			t.Errorf("half a scope: %+v", scope)
		}
	})
}

// A header that cannot be read may be somebody's token: what is wrong with it is said in AWS's words and order, the header only as its hash.
func TestUnreadableHeaderIsNotRepeated(t *testing.T) {
	t.Parallel()
	const (
		noPair  = "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): "
		whole   = "Credential=AKIDEXAMPLE/20260203/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00"
		missing = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
		hashed  = "(Hashed with SHA-256 and encoded with Base64) Authorization="
	)
	for header, want := range map[string]string{
		"Bearer abc":                       noPair + "'HASH'.",
		"eyJhbGciOiJub25lIn0":              noPair + "'HASH'.",
		"AWS4-HMAC-SHA256 " + whole + ",x": noPair + "'HASH'.",
		"Basic YTpi=":                      missing + hashed + "HASH",
		"AWS4-HMAC-SHA256":                 missing + hashed + "HASH",
		"AWS4-ECDSA-P256-SHA256 " + whole:  "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'.",
	} {
		r := request(t, "X.ListUsers", "")
		r.Header.Set("X-Amz-Date", "20260203T120000Z")
		r.Header.Set("Authorization", header)
		sum := sha256.Sum256([]byte(header))
		want = strings.Replace(want, "HASH", base64.StdEncoding.EncodeToString(sum[:]), 1)
		if _, err := verifier(noon()).Verify(r, nil); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", header, err, want)
		}
	}
}
