package keywrap_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/kit/keywrap"
	"cognate.dev/cognate/internal/kit/sigv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const keyARN = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000001"

// kms is a server that keeps what it encrypts in memory, checks signatures and speaks KMS's protocol.
func kms(t *testing.T) string {
	t.Helper()
	var mu sync.Mutex
	kept := map[string]string{} // ciphertext: key, context and plaintext
	v := &sigv4.Verifier{Now: time.Now, Services: []string{"kms"}, Keys: func(_ context.Context, id, _ string) (sigv4.Key, error) {
		if id != "AKIAKMS" {
			return sigv4.Key{}, sigv4.ErrUnknownKey
		}
		return sigv4.Key{Secret: "kms-secret"}, nil
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		refuse := func(name string) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":"`+name+`","message":"no"}`)
		}
		who, err := v.Verify(r, body)
		if err != nil || who.Region != "eu-west-1" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			refuse("AccessDeniedException")
			return
		}
		var in struct {
			KeyId, Plaintext, CiphertextBlob string
			EncryptionContext                map[string]string
		}
		if err := json.Unmarshal(body, &in); err != nil || in.KeyId != keyARN {
			refuse("NotFoundException")
			return
		}
		about, _ := json.Marshal(in.EncryptionContext)
		mu.Lock()
		defer mu.Unlock()
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.Encrypt":
			raw := make([]byte, 48)
			_, _ = rand.Read(raw)
			blob := base64.StdEncoding.EncodeToString(raw)
			kept[blob] = string(about) + in.Plaintext
			_, _ = io.WriteString(w, `{"CiphertextBlob":"`+blob+`","KeyId":"`+keyARN+`","EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}`)
		case "TrentService.Decrypt":
			plain, ok := strings.CutPrefix(kept[in.CiphertextBlob], string(about))
			if !ok || plain == "" {
				refuse("InvalidCiphertextException")
				return
			}
			_, _ = io.WriteString(w, `{"KeyId":"`+keyARN+`","Plaintext":"`+plain+`","EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}`)
		default:
			refuse("UnknownOperationException")
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// vault is a server that speaks the transit engine's protocol.
func vault(t *testing.T, token *string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("X-Vault-Token") != *token || r.Header.Get("X-Vault-Namespace") != "team" || r.Header.Get("X-Vault-Request") != "true" {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"errors":["permission denied"]}`)
			return
		}
		var in struct{ Plaintext, Ciphertext string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		switch r.URL.Path {
		case "/v1/keys/transit/encrypt/cognate":
			_, _ = io.WriteString(w, `{"request_id":"a","data":{"ciphertext":"vault:v1:`+in.Plaintext+`","key_version":1}}`)
		case "/v1/keys/transit/decrypt/cognate":
			plain, ok := strings.CutPrefix(in.Ciphertext, "vault:v1:")
			if !ok {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"errors":["invalid ciphertext: no prefix"]}`)
				return
			}
			_, _ = io.WriteString(w, `{"request_id":"a","data":{"plaintext":"`+plain+`"}}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"errors":["no handler for route"]}`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhatIsWrappedIsUnwrappedByTheSameKeyOnly(t *testing.T) {
	t.Parallel()
	token, file := "s.first", filepath.Join(t.TempDir(), "token")
	put := func() {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put()
	byKMS := keywrap.Config{KMS: keywrap.KMS{Key: keyARN, Endpoint: kms(t), AccessKeyID: "AKIAKMS", SecretAccessKey: "kms-secret"}}
	byVault := keywrap.Config{Vault: keywrap.Vault{Address: vault(t, &token) + "/", Mount: "keys/transit", Key: "cognate", Namespace: "team", Token: "file:" + file}}
	const secret = "k1 AAAA=\nmac BBBB=\n"
	for name, c := range map[string]keywrap.Config{"kms": byKMS, "vault": byVault} {
		if err := c.Check(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := c.Wrap(t.Context(), []byte(secret))
		if err != nil || !keywrap.Wrapped(text) || strings.Contains(text, "AAAA") {
			t.Fatalf("%s: %q, %v", name, text, err)
		}
		if plain, err := c.Unwrap(t.Context(), text); err != nil || string(plain) != secret {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
		if _, err := c.Unwrap(t.Context(), "wrapped aws-kms:AAAA"); err == nil {
			t.Errorf("%s opened what nobody wrapped", name)
		}
	}
	text, err := byKMS.Wrap(t.Context(), []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	wrong := byKMS
	wrong.KMS.SecretAccessKey = "guessed"
	if _, err := wrong.Unwrap(t.Context(), text); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
		t.Errorf("with a wrong secret: %v", err)
	}
	if _, err := byVault.Unwrap(t.Context(), text); err == nil || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("by another service: %v", err)
	}
	token = "s.renewed" // Vault Agent puts a new one into the file
	if _, err := byVault.Wrap(t.Context(), []byte(secret)); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("with an old token: %v", err)
	}
	put()
	if _, err := byVault.Wrap(t.Context(), []byte(secret)); err != nil {
		t.Errorf("with the new token: %v", err)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]keywrap.Config{
		"both":        {KMS: keywrap.KMS{Key: keyARN}, Vault: keywrap.Vault{Address: "https://v"}},
		"no region":   {KMS: keywrap.KMS{Key: "alias/cognate"}},
		"no key":      {KMS: keywrap.KMS{Region: "eu-west-1"}},
		"plain":       {KMS: keywrap.KMS{Key: keyARN, Endpoint: "http://kms.example.com"}},
		"no token":    {Vault: keywrap.Vault{Address: "https://v", Key: "k"}},
		"no address":  {Vault: keywrap.Vault{Key: "k", Token: "t"}},
		"plain vault": {Vault: keywrap.Vault{Address: "http://vault.example.com", Key: "k", Token: "t"}},
	} {
		if c.Check() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if err := (keywrap.Config{}).Check(); err != nil {
		t.Error(err)
	}
}
