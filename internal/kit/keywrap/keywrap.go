// Package keywrap has small secrets encrypted and decrypted by a key management service: AWS KMS, or the transit engine
// of HashiCorp Vault. It owns the wire forms of both. What is wrapped, and where the wrapped text is kept, is its callers'.
package keywrap

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/awscall"
	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/outbound"
)

// Config says which service. The zero value: none.
type Config struct {
	KMS   KMS   `yaml:"kms"`
	Vault Vault `yaml:"vault"`
}

// KMS is AWS KMS, or what speaks like it.
type KMS struct {
	Key             string `yaml:"key" doc:"ARN of the KMS key that encrypts; it must allow kms:Encrypt and kms:Decrypt"`
	Region          string `yaml:"region" doc:"its region; empty: that of the ARN"`
	Endpoint        string `yaml:"endpoint" doc:"where KMS answers; empty: AWS"`
	AccessKeyID     string `yaml:"access_key_id" doc:"access key; empty means what AWS SDKs find: environment, profile, role of the machine"`
	SecretAccessKey string `yaml:"secret_access_key" given:"start" doc:"its secret"`
}

// Vault is the transit engine of HashiCorp Vault.
type Vault struct {
	Address   string `yaml:"address" doc:"URL of Vault, such as https://vault.example.com:8200"`
	Mount     string `yaml:"mount" doc:"where the transit engine is mounted; empty: transit"`
	Key       string `yaml:"key" doc:"name of its key, which must be allowed to encrypt and decrypt"`
	Namespace string `yaml:"namespace" doc:"namespace of Vault Enterprise; empty: none"`
	Token     string `yaml:"token" given:"use" doc:"token"`
}

// Configured says whether a service wraps.
func (c Config) Configured() bool { return c.KMS.Key != "" || c.Vault.Address != "" }

// Check refuses what cannot work.
func (c Config) Check() error {
	switch {
	case c.KMS.Key != "" && c.Vault.Address != "":
		return errors.New("kms and vault exclude each other")
	case c.KMS.Key != "" && c.KMS.region() == "":
		return errors.New("kms: name the region, or an ARN as the key")
	case c.KMS.Key != "" && c.KMS.Endpoint != "":
		return awscall.CheckEndpoint(c.KMS.Endpoint, false)
	case c.KMS.Key == "" && c.KMS != KMS{}:
		return errors.New("kms: key is missing")
	case c.Vault.Address != "":
		if c.Vault.Key == "" || c.Vault.Token == "" {
			return errors.New("vault: key and token are needed")
		}
		return awscall.CheckEndpoint(c.Vault.Address, false)
	case c.Vault != Vault{}:
		return errors.New("vault: address is missing")
	}
	return nil
}

// patience is how long a service may take.
const patience = 20 * time.Second

// prefix begins every wrapped text.
const prefix = "wrapped "

// Wrapped says whether a text is what Wrap gives.
func Wrapped(text string) bool { return strings.HasPrefix(text, prefix) }

// Wrap encrypts a secret of at most 4096 bytes. The text names the service, and is no secret.
func (c Config) Wrap(ctx context.Context, plain []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if c.Vault.Address != "" {
		var out struct{ Ciphertext string }
		err := c.Vault.call(ctx, "encrypt", map[string]string{"plaintext": base64.StdEncoding.EncodeToString(plain)}, &out)
		if err == nil && !strings.HasPrefix(out.Ciphertext, "vault:") {
			err = errors.New("vault: the answer has no ciphertext")
		}
		return prefix + out.Ciphertext + "\n", err
	}
	var out struct{ CiphertextBlob []byte }
	err := c.KMS.call(ctx, "Encrypt", map[string]any{"KeyId": c.KMS.Key, "Plaintext": plain, "EncryptionContext": about}, &out)
	if err == nil && len(out.CiphertextBlob) == 0 {
		err = errors.New("kms: the answer has no ciphertext")
	}
	return prefix + "aws-kms:" + base64.StdEncoding.EncodeToString(out.CiphertextBlob) + "\n", err
}

// Unwrap reverses Wrap.
func (c Config) Unwrap(ctx context.Context, text string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text = strings.TrimSpace(strings.TrimPrefix(text, prefix))
	blob, byKMS := strings.CutPrefix(text, "aws-kms:")
	switch {
	case byKMS && c.KMS.Key != "":
		sealed, err := base64.StdEncoding.DecodeString(blob)
		if err != nil {
			return nil, errors.New("kms: the text is not what was wrapped")
		}
		var out struct{ Plaintext []byte }
		// The key is named, so that nobody can have another key's text opened (and a secret of theirs taken into use).
		err = c.KMS.call(ctx, "Decrypt", map[string]any{"KeyId": c.KMS.Key, "CiphertextBlob": sealed, "EncryptionContext": about}, &out)
		return out.Plaintext, err
	case strings.HasPrefix(text, "vault:") && c.Vault.Address != "":
		var out struct{ Plaintext []byte }
		err := c.Vault.call(ctx, "decrypt", map[string]string{"ciphertext": text}, &out)
		return out.Plaintext, err
	}
	return nil, errors.New("it was wrapped by a service that is not configured")
}

// about is authenticated with what KMS encrypts: a text made for something else does not open.
var about = map[string]string{"purpose": "cognate master key"}

// region is the configured one, or the fourth part of an ARN.
func (k KMS) region() string {
	if k.Region != "" {
		return k.Region
	}
	if parts := strings.Split(k.Key, ":"); len(parts) > 5 && parts[2] == "kms" {
		return parts[3]
	}
	return ""
}

// call calls KMS. https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
func (k KMS) call(ctx context.Context, operation string, in, out any) error {
	endpoint := k.Endpoint
	if endpoint == "" {
		endpoint = "https://kms." + k.region() + ".amazonaws.com"
	}
	keys, err := awscall.Keys(ctx, k.AccessKeyID, k.SecretAccessKey, "")
	if err != nil {
		return err
	}
	client := awscall.New(awscall.Service{Endpoint: endpoint, Region: k.region(), Name: "kms", Target: "TrentService"}, keys)
	defer client.Close()
	if err := client.Signed(ctx, operation, in, out); err != nil {
		return fmt.Errorf("kms: %w", err)
	}
	return nil
}

// call calls the transit engine; out is the data of its answer. https://developer.hashicorp.com/vault/api-docs/secret/transit
func (v Vault) call(ctx context.Context, operation string, in, out any) error {
	token, err := given.Read(v.Token)
	if err != nil {
		return fmt.Errorf("vault: token: %w", err)
	}
	mount := strings.Trim(v.Mount, "/")
	if mount == "" {
		mount = "transit"
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	address := strings.TrimRight(v.Address, "/") + "/v1/" + mount + "/" + operation + "/" + url.PathEscape(v.Key)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Vault-Request", "true")
	req.Header.Set("X-Vault-Token", token)
	if v.Namespace != "" {
		req.Header.Set("X-Vault-Namespace", v.Namespace)
	}
	client := outbound.NewClient()
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	defer res.Body.Close()
	var answer struct {
		Data   json.RawMessage
		Errors []string
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("vault: read the answer: %w", err)
	}
	err = json.Unmarshal(raw, &answer)
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("vault: %s: %s %s", operation, res.Status, strings.Join(answer.Errors, "; "))
	}
	if err == nil {
		err = json.Unmarshal(answer.Data, out)
	}
	if err != nil {
		return errors.New("vault: the answer cannot be read") // the cause may repeat a secret
	}
	return nil
}
