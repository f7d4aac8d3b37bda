package app

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/selfsigned"
)

// TestSAMLProvidersAreReadAtTheStart fails when metadata that nobody can use lets a server start, or a provider of the configuration is none
// of an identity pool.
func TestSAMLProvidersAreReadAtTheStart(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := selfsigned.Certificate(key, "idp.example.com", time.Unix(1_700_000_000, 0), 10)
	if err != nil {
		t.Fatal(err)
	}
	const md = `xmlns="urn:oasis:names:tc:SAML:2.0:metadata"`
	for text, says := range map[string]string{
		"<x/>": "saml_providers: staff: metadata",
		`<EntityDescriptor ` + md + ` entityID="https://idp.example.com"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
			`<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + base64.StdEncoding.EncodeToString(der) +
			`</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/>` +
			`</IDPSSODescriptor></EntityDescriptor>`: "",
	} {
		file := filepath.Join(t.TempDir(), "metadata.xml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(write(t, "audit: {mode: \"off\"}\nsaml_providers: [{name: staff, metadata: \"file:"+file+"\", audience: \"urn:app\", recipient: \"https://app.example.com/acs\"}]\n"), none)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Data = t.TempDir()
		h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.store.Close() })
		r, err := h.furnish()
		if says != "" {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("the start says %v, and not %s", err, says)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		const arn = "arn:aws:iam::000000000000:saml-provider/staff"
		pool, err := r.identities.Pools.Create(t.Context(), "us-east-1", identitypool.Settings{Name: "app", SAML: []string{arn}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.identities.Identities.ID(t.Context(), pool.ID, map[string]string{arn: "PHg+"}); !fault.Is(err, fault.Denied, "") || !strings.Contains(err.Error(), "Invalid SAML response received") {
			t.Errorf("what is no response: %v", err)
		}
		if _, err := r.identities.Pools.Create(t.Context(), "us-east-1", identitypool.Settings{Name: "app", SAML: []string{arn + "2"}}); !fault.Is(err, fault.Invalid, "") {
			t.Errorf("a provider that nobody has named: %v", err)
		}
	}
}
