package chaos

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// TestAWrappedMasterKeyIsReplacedWhileNodesServe is TestAMasterKeyIsReplacedWhileNodesServe where a service wraps the key file, and
// goes away in the middle: nodes go on with the keys that they have, and take the new one into use when the service is back.
func TestAWrappedMasterKeyIsReplacedWhileNodesServe(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	var refused atomic.Int32
	vault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Plaintext, Ciphertext string }
		if away.Load() || json.NewDecoder(r.Body).Decode(&in) != nil || r.Header.Get("X-Vault-Token") != "s.token" {
			refused.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{
			"ciphertext": "vault:v1:" + in.Plaintext, "plaintext": strings.TrimPrefix(in.Ciphertext, "vault:v1:"),
		}})
	}))
	t.Cleanup(vault.Close)
	r := newTwoKeys(t, "COGNATE_MASTER_KEY_WRAP_VAULT_ADDRESS="+vault.URL, "COGNATE_MASTER_KEY_WRAP_VAULT_KEY=cognate",
		"COGNATE_MASTER_KEY_WRAP_VAULT_TOKEN=s.token")
	must(t, os.WriteFile(r.files[0], []byte(r.cognate("keys", "new-master")), 0o600))
	r.copyKey()
	r.begin(0)
	r.begin(1)
	r.furnish(20)
	r.everything()
	old := sealing(r.cognate("keys", "master"))

	t.Log(r.cognate("keys", "rotate-master"))
	r.until("the new key waits for a node", func(status string) bool { return strings.Contains(status, " is new") && sealing(status) == old })
	before := refused.Load()
	away.Store(true)
	r.copyKey() // the second node cannot open it
	for refused.Load() == before {
		r.everything()
	}
	r.everything()
	away.Store(false)
	r.until("the new key seals", func(status string) bool { return sealing(status) != old })
	r.again(1)
	r.everything()
	r.again(0)
	r.until("everything is sealed anew", func(status string) bool {
		return !strings.Contains(status, "values in the database") && !strings.Contains(status, "nodes that seal with it")
	})
	r.everybody()
}

// sealing is the key that a status says seals.
func sealing(status string) string {
	for line := range strings.Lines(status) {
		if id, _, ok := strings.Cut(line, " seals, since"); ok {
			return id
		}
	}
	return ""
}
