package token_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestTheTutorialsCookieHasRoomForTheTokens: an application that keeps both tokens and their claims in one cookie, as the tutorial
// of python-cognito-cerbos does, has room for about 70 bytes of claims more than AWS's before browsers drop the cookie.
func TestTheTutorialsCookieHasRoomForTheTokens(t *testing.T) {
	t.Parallel()
	const room, signature = 70, 342 // an RS256 signature of 2048 bit in base64url
	const id36 = "5f2b1c9e-1111-4222-8333-444455556666"
	const issuer = "https://issuer.example.com/eu-west-1_Pool00001" // as long as ours, so that only the claims are compared
	w := newWorld(t)
	w.group("readers", "")
	set := w.signIn()
	// What AWS puts into the tokens of a sign-in by SRP, with values as long as ours, and all attributes of the user.
	common := `"sub":"` + id36 + `","cognito:groups":["readers"],"iss":"` + issuer + `","origin_jti":"` + id36 + `","event_id":"` + id36 +
		`","auth_time":1772366400,"exp":1772370000,"iat":1772366400,"jti":"` + id36 + `",`
	aws := map[string]string{
		"access": `{` + common + `"client_id":"client1","token_use":"access","scope":"aws.cognito.signin.user.admin","username":"alice"}`,
		"id": `{` + common + `"aud":"client1","token_use":"id","cognito:username":"alice","email_verified":true,"email":"alice@example.com",` +
			`"address":{"formatted":"1 Example Street"},"custom:level":"7","name":"Alice <Example>","phone_number":"+15555550100","phone_number_verified":false,"updated_at":1772366400}`,
	}
	more := 0
	for use, token := range map[string]string{"access": set.Access, "id": set.ID} {
		if !json.Valid([]byte(aws[use])) {
			t.Fatalf("the claims of AWS are no JSON: %s", aws[use])
		}
		parts := strings.Split(token, ".")
		if len(parts[2]) != signature {
			t.Errorf("the signature of the %s token has %d characters", use, len(parts[2]))
		}
		more += len(decode(t, token, 1)) - len(aws[use])
		if len(decode(t, token, 0)) > len(`{"kid":"0123456789012345678901234567890123456789012=","alg":"RS256"}`) {
			t.Errorf("the header of the %s token is longer than AWS's: %s", use, decode(t, token, 0))
		}
	}
	if more > room {
		t.Errorf("the claims are %d bytes longer than AWS's", more)
	}
	if claims := string(decode(t, set.ID, 1)); strings.Contains(claims, "at_hash") {
		t.Errorf("an ID token of a sign-in by SRP has at_hash, which pycognito 2024.2.0 cannot read: %s", claims)
	}
}
