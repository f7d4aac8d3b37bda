package factor

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"golang.org/x/net/publicsuffix"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// RelyingParties names the relying party of a pool that does not name one itself: the host of its custom domain, else
// of its prefix domain; empty for a pool without a domain.
type RelyingParties func(ctx context.Context, pool *directory.Pool) (string, error)

// CheckRelyingParty refuses what no browser takes for a relying party id: it must be localhost or a domain that somebody
// can register. https://www.w3.org/TR/webauthn-3/#rp-id
func CheckRelyingParty(id string) error {
	suffix, listed := publicsuffix.PublicSuffix(id)
	if protocol.ValidateRPID(id) != nil || listed && suffix == id {
		return fault.Invalidf("RelyingPartyId must be a domain name, and no public suffix.")
	}
	return nil
}

// relyingParty is the id that a pool's passkeys belong to.
func (f *Factors) relyingParty(ctx context.Context, pool *directory.Pool) (string, error) {
	if !slices.Contains(pool.FirstAuthFactors, "WEB_AUTHN") {
		return "", fault.New(fault.Unsupported, fault.Passkey, "Passkeys are not enabled for the user pool.")
	}
	if w := pool.MFA.WebAuthn; w != nil && w.RelyingPartyID != "" {
		return w.RelyingPartyID, nil
	}
	id := ""
	if f.RelyingParties != nil {
		var err error
		if id, err = f.RelyingParties(ctx, pool); err != nil {
			return "", err
		}
	}
	if id == "" {
		return "", fault.New(fault.Misconfigured, fault.Passkey, "The user pool has neither a relying party ID nor a domain.")
	}
	return id, nil
}

// allowedOrigin tells whether a page, or an app, of an origin may use the passkeys of a relying party: https on its host
// or below, http on this machine only, and Android apps, for which the system has checked that the domain vouches.
// https://www.w3.org/TR/webauthn-3/#sctn-validating-origin
func allowedOrigin(origin, relyingParty string) bool {
	if app, ok := strings.CutPrefix(origin, "android:apk-key-hash:"); ok {
		return app != ""
	}
	u, err := url.Parse(origin)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	below := host == relyingParty || strings.HasSuffix(host, "."+relyingParty)
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	return below && (u.Scheme == "https" || u.Scheme == "http" && local)
}
