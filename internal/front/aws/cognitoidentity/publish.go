package cognitoidentity

import (
	"net/http"
	"strconv"

	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/telemetry"
)

// heavy are the operations that sign tokens: a millisecond of a processor, where others take microseconds.
var heavy = map[string]bool{"GetOpenIdToken": true, "GetOpenIdTokenForDeveloperIdentity": true}

// Heavy reports whether an operation costs so much that a busy server may turn it away.
func Heavy(operation string) bool { return heavy[operation] }

// maxAge is how long a verifier may keep what it read; short, because a rotated key signs at once.
const maxAge = "public, max-age=60"

// Documents answers with what the issuer of identity tokens publishes, under a path; base is the URL of that path.
func Documents(tokens *identitypool.Tokens, path, base string) http.Handler {
	mux := http.NewServeMux()
	publish := func(operation, at string, write func(*http.Request) ([]byte, error)) {
		mux.HandleFunc("GET "+path+at, func(w http.ResponseWriter, r *http.Request) {
			telemetry.Operation(r.Context(), operation)
			body, err := write(r)
			if err != nil {
				telemetry.Fail(r.Context(), err)
				http.Error(w, `{"message":"Internal server error."}`, http.StatusInternalServerError)
				return
			}
			h := w.Header()
			h.Set("Content-Type", "application/json")
			h.Set("Cache-Control", maxAge)
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Content-Length", strconv.Itoa(len(body)))
			_, _ = w.Write(body)
		})
	}
	publish("Discovery", identitypool.DiscoveryPath, func(*http.Request) ([]byte, error) { return tokens.Discovery(base) })
	publish("Keys", identitypool.KeysPath, func(r *http.Request) ([]byte, error) { return tokens.KeySet(r.Context()) })
	return mux
}
