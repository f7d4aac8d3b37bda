package sigv4_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/sigv4"
)

// stating is a signed request that says which hash its body has.
func stating(t *testing.T, says, body string) *http.Request {
	t.Helper()
	r := request(t, "X.ListUsers", body)
	r.Header.Set("X-Amz-Content-Sha256", says)
	sign(t, r, says, "", noon())
	got, _ := mustReceive(t, wire(t, r))
	return got
}

// TestAHeadThatStatesTheHashOfItsBodyIsProven fails when somebody must have sent their body before they are known, although the signature
// says which it is; or when another body than the signed one counts.
func TestAHeadThatStatesTheHashOfItsBodyIsProven(t *testing.T) {
	t.Parallel()
	const body = `{"a":1}`
	r := request(t, "X.ListUsers", body)
	r.Header.Set("X-Amz-Content-Sha256", hash(body))
	sign(t, r, body, "", noon())
	got, _ := mustReceive(t, wire(t, r))
	id, payload, err := verifier(noon()).VerifyHead(got)
	if err != nil || !payload.Proven || id.Principal != "alice" || id.AccessKeyID != keyID {
		t.Fatalf("%+v, proven %v, %v", id, payload.Proven, err)
	}
	if err := payload.Check([]byte(body)); err != nil {
		t.Errorf("its own body: %v", err)
	}
	for _, other := range []string{"", `{"a":2}`, body + " "} {
		if err := payload.Check([]byte(other)); name(err) != sigv4.InvalidSignature {
			t.Errorf("the body %q: %v", other, err)
		}
	}
	got.Header.Set("X-Amz-Content-Sha256", hash("other"))
	if _, _, err := verifier(noon()).VerifyHead(got); name(err) != sigv4.InvalidSignature {
		t.Errorf("another hash than was signed: %v", err)
	}
}

// TestAHeadWithoutAHashProvesNothing fails when a signature counts that was not looked at.
func TestAHeadWithoutAHashProvesNothing(t *testing.T) {
	t.Parallel()
	const body = `{"a":1}`
	r := request(t, "X.ListUsers", body)
	sign(t, r, body, "", noon())
	got, _ := mustReceive(t, wire(t, r))
	_, payload, err := verifier(noon()).VerifyHead(got)
	if err != nil || payload.Proven {
		t.Fatalf("proven %v, %v", payload.Proven, err)
	}
	if err := payload.Check([]byte(body)); err != nil {
		t.Errorf("its own body: %v", err)
	}
	if err := payload.Check([]byte(`{"a":2}`)); name(err) != sigv4.InvalidSignature {
		t.Errorf("another body: %v", err)
	}
	if err := (sigv4.Payload{}).Check(nil); name(err) != sigv4.InvalidSignature {
		t.Errorf("a payload of no head: %v", err)
	}
	if err := sigv4.Believed().Check([]byte("x")); err != nil || !sigv4.Believed().Proven {
		t.Errorf("a believed one: %v", err)
	}
}

// TestABadHeadIsRefusedBeforeTheBody fails when the body must be read of somebody who could not have signed it.
func TestABadHeadIsRefusedBeforeTheBody(t *testing.T) {
	t.Parallel()
	const body = `{"a":1}`
	good := func() *http.Request {
		r := request(t, "X.ListUsers", body)
		sign(t, r, body, "", noon())
		got, _ := mustReceive(t, wire(t, r))
		return got
	}
	knows := verifier(noon())
	for what, c := range map[string]struct {
		v    *sigv4.Verifier
		r    *http.Request
		want string
	}{
		"no signature":  {knows, request(t, "X.ListUsers", body), sigv4.MissingAuthenticationToken},
		"an old one":    {verifier(noon().Add(time.Hour)), good(), sigv4.InvalidSignature},
		"a service":     {&sigv4.Verifier{Now: noon, Keys: knows.Keys, Services: []string{"sts"}}, good(), sigv4.InvalidSignature},
		"no such key":   {&sigv4.Verifier{Now: noon, Keys: func(context.Context, string, string) (sigv4.Key, error) { return sigv4.Key{}, sigv4.ErrUnknownKey }}, good(), sigv4.UnrecognizedClient},
		"no hash":       {knows, stating(t, "nonsense", body), sigv4.InvalidSignature},
		"an empty hash": {knows, stating(t, "", body), sigv4.InvalidSignature},
		"half a hash":   {knows, stating(t, strings.Repeat("0", 62), body), sigv4.InvalidSignature},
		"unsigned":      {knows, stating(t, "UNSIGNED-PAYLOAD", body), sigv4.InvalidSignature},
	} {
		if _, payload, err := c.v.VerifyHead(c.r); name(err) != c.want || payload.Proven {
			t.Errorf("%s: proven %v, %v, want %s", what, payload.Proven, err, c.want)
		}
	}
}
