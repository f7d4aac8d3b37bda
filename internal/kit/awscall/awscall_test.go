package awscall_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/kit/awscall"
	"cognate.dev/cognate/internal/kit/sigv4"
)

func client(t *testing.T, handler http.HandlerFunc) *awscall.Client {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	keys, err := awscall.Keys(t.Context(), "AKIDEXAMPLE", "secret", "")
	if err != nil {
		t.Fatal(err)
	}
	c := awscall.New(awscall.Service{Endpoint: s.URL, Region: "eu-west-1", Name: "cognito-idp", Target: "Service"}, keys)
	t.Cleanup(c.Close)
	return c
}

// TestACallIsSignedWhenItMustBe fails when a signature does not stand up to a check, or goes where none is wanted.
func TestACallIsSignedWhenItMustBe(t *testing.T) {
	t.Parallel()
	verifier := &sigv4.Verifier{Keys: func(context.Context, string, string) (sigv4.Key, error) { return sigv4.Key{Secret: "secret"}, nil }}
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, err := verifier.Verify(r, body)
		answer := `{"Signed":true,"Target":"` + r.Header.Get("X-Amz-Target") + `","In":` + string(body) + `}`
		if err != nil {
			answer = `{"Signed":false}`
		}
		_, _ = io.WriteString(w, answer)
	})
	var got struct {
		Signed bool
		Target string
		In     map[string]string
	}
	if err := c.Signed(t.Context(), "Operation", map[string]string{"a": "b"}, &got); err != nil || !got.Signed || got.Target != "Service.Operation" || got.In["a"] != "b" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := c.Unsigned(t.Context(), "Operation", map[string]string{}, &got); err != nil || got.Signed {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestExceptionsKeepTheirNames fails when a caller cannot tell one exception from another, or what to try again.
func TestExceptionsKeepTheirNames(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status        int
		header, body  string
		name, message string
		busy          bool
	}{
		{400, "", `{"__type":"UserNotFoundException","message":"none"}`, "UserNotFoundException", "none", false},
		{400, "", `{"__type":"com.amazonaws#LimitException","Message":"m"}`, "LimitException", "m", false},
		{400, "TooManyRequestsException:http://x/", `{"message":"m"}`, "TooManyRequestsException", "m", true},
		{500, "", `{"__type":"InternalErrorException"}`, "InternalErrorException", "", true},
		{503, "", `<html>`, "HTTP 503", "", true},
		{302, "", ``, "HTTP 302", "", false},
	} {
		c := client(t, func(w http.ResponseWriter, _ *http.Request) {
			if tc.header != "" {
				w.Header().Set("X-Amzn-ErrorType", tc.header)
			}
			w.Header().Set("Location", "/elsewhere") // is not followed
			w.WriteHeader(tc.status)
			_, _ = io.WriteString(w, tc.body)
		})
		err := c.Signed(t.Context(), "Operation", nil, nil)
		if !awscall.Is(err, tc.name) || awscall.Busy(err) != tc.busy || !strings.Contains(err.Error(), tc.message) {
			t.Errorf("%s: %v, busy %v", tc.name, err, awscall.Busy(err))
		}
	}
}

func TestPasswordsDoNotGoOverOpenLines(t *testing.T) {
	t.Parallel()
	for endpoint, ok := range map[string]bool{
		"https://id.example.com": true, "http://127.0.0.1:9229": true, "http://localhost": true, "http://[::1]:9229": true,
		"http://id.example.com": false, "ftp://127.0.0.1": false, "https://": false, "https://u:p@id.example.com": false, "id.example.com": false,
	} {
		if err := awscall.CheckEndpoint(endpoint, false); (err == nil) != ok {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	if err := awscall.CheckEndpoint("http://id.example.com", true); err != nil {
		t.Error(err)
	}
}
