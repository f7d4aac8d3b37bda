package identitypool

import (
	"context"
	"encoding/json"
)

// The paths of what the issuer publishes, below it.
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	KeysPath      = "/.well-known/jwks_uri" // what AWS calls it
)

// Discovery is the document by which others find the keys of our tokens; base is the URL under which they are served.
// OpenID Connect Discovery 1.0 section 3.
func (t *Tokens) Discovery(base string) ([]byte, error) {
	return json.Marshal(struct {
		Issuer     string   `json:"issuer"`
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
		Responses  []string `json:"response_types_supported"`
		Subjects   []string `json:"subject_types_supported"`
		Claims     []string `json:"claims_supported"`
	}{t.Issuer, base + KeysPath, []string{"RS512"}, []string{"token"}, []string{"public"}, []string{"sub", "aud", "exp", "iat", "iss", "amr"}})
}

// KeySet is the key set of our tokens (RFC 7517 section 5).
func (t *Tokens) KeySet(ctx context.Context) ([]byte, error) { return t.Keys.JSON(ctx, KeyRing) }
