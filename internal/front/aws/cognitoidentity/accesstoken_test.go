package cognitoidentity_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

const (
	facebook = "graph.facebook.com"
	amazon   = "www.amazon.com"
)

// checker answers about tokens as Facebook and Amazon do; asked is what was asked.
func checker(t *testing.T) (base string, asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	facebookTokens := map[string][2]string{
		"EAAmine": {`{"id":"1001"}`, `{"id":"7"}`}, "EAAtheirs": {`{"id":"6666"}`, `{"id":"7"}`}, "1001|secret": {`{"id":"1001"}`, ""},
		"EAAnumber": {`{"id":1001}`, `{"id":8}`}, "EAAnobody": {`{"id":"1001"}`, `{}`}, "EAAhtml": {`<html>`, ``},
	}
	amazonTokens := map[string]string{
		"Atza|mine":    `{"iss":"https://www.amazon.com","user_id":"amzn1.account.A","aud":"amzn1.application-oa2-client.a","app_id":"amzn1.application.a","exp":3597,"iat":1}`,
		"Atza|theirs":  `{"iss":"https://www.amazon.com","user_id":"amzn1.account.A","aud":"amzn1.application-oa2-client.evil","app_id":"amzn1.application.evil","exp":3597}`,
		"Atza|old":     `{"user_id":"amzn1.account.A","aud":"amzn1.application-oa2-client.a","exp":0}`,
		"Atza|endless": `{"user_id":"amzn1.account.A","aud":"amzn1.application-oa2-client.a"}`,
		"Atza|nobody":  `{"aud":"amzn1.application-oa2-client.a","exp":10}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.URL.Path)
		mu.Unlock()
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		answer := ""
		switch r.URL.Path {
		case "/app":
			answer = facebookTokens[token][0]
		case "/me":
			answer = facebookTokens[token][1]
		case "/auth/o2/tokeninfo":
			token = r.URL.Query().Get("access_token")
			answer = amazonTokens[token]
		}
		switch {
		case strings.HasSuffix(token, "busy"):
			w.WriteHeader(http.StatusServiceUnavailable)
		case answer == "":
			w.WriteHeader(http.StatusBadRequest)
			answer = `{"error":"invalid_token"}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

// TestAccessTokensCountForTheAppsThatTheyWereMadeFor fails when a token that somebody gave another app makes that app them.
func TestAccessTokensCountForTheAppsThatTheyWereMadeFor(t *testing.T) {
	t.Parallel()
	base, asked := checker(t)
	w := newWorld(t, withRoles, func(o *options) { o.bases = map[string]string{facebook: base, amazon: base + "/"} })
	pool := w.identityPool(func(in *sdk.CreateIdentityPoolInput) {
		in.SupportedLoginProviders = map[string]string{facebook: "1001", amazon: "amzn1.application-oa2-client.a;amzn1.application-oa2-client.b"}
	})
	w.setRoles(pool, map[string]types.RoleMapping{amazon: rule("app_id", "amzn1.application.a")})
	const denied, badApp = "NotAuthorizedException", "Invalid login token. Incorrect token audience."
	const bad, none = "Invalid login token. Couldn't verify signed token.", "Invalid login token. Not a valid OpenId Connect identity token."
	for _, c := range []struct{ provider, token, exception, text string }{
		{facebook, "EAAtheirs", denied, badApp},
		{facebook, "EAAunknown", denied, bad},
		{facebook, "1001|secret", denied, bad}, // of an app, and of nobody
		{facebook, "EAAnobody", denied, none},
		{facebook, "EAA mine", denied, bad},
		{facebook, "EAAmine\r\nX-Evil: 1", denied, bad},
		{facebook, strings.Repeat("E", 5000), denied, bad},
		{facebook, "Atza|mine", denied, bad},
		{facebook, "EAAhtml", "ExternalServiceException", ""},
		{facebook, "EAAbusy", "ExternalServiceException", ""},
		{amazon, "Atza|theirs", denied, badApp},
		{amazon, "Atza|unknown", denied, bad},
		{amazon, "Atza|old", denied, ""},
		{amazon, "Atza|endless", "ExternalServiceException", ""},
		{amazon, "Atza|nobody", denied, none},
		{amazon, "EAAmine", denied, bad},
		{amazon, "Atza|busy", "ExternalServiceException", ""},
	} {
		_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{c.provider: c.token}})
		w.refused(c.provider+" "+c.token[:min(len(c.token), 20)], err, c.exception, c.text)
	}
	for _, path := range asked() {
		if path != "/app" && path != "/me" && path != "/auth/o2/tokeninfo" {
			t.Errorf("a token made the server ask %s", path)
		}
	}
	logins := map[string]string{facebook: "EAAmine"}
	ann := w.id(pool, logins)
	c := w.credentials(ann, logins)
	who, err := w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "role and amr", []any{who.Role, who.Identity.AMR}, []any{memberRole, []string{"authenticated", facebook, facebook + ":7"}})
	if other := w.id(pool, map[string]string{facebook: "EAAnumber"}); *other == *ann {
		t.Error("7 is 8")
	}
	logins = map[string]string{amazon: "Atza|mine"}
	c = w.credentials(w.id(pool, logins), logins)
	who, err = w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "role by rule, and amr", []any{who.Role, who.Identity.AMR}, []any{adminRole, []string{"authenticated", amazon, amazon + ":amzn1.account.A"}})
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: w.identityPool(), Logins: logins})
	w.refused("a pool that does not take it", err, denied, "Token is not from a supported provider of this identity pool.")
}
