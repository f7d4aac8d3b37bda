package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// alwaysSigned are the headers that decide what a request means or who sent it: unsigned, whoever carries the request
// could change them. Proxies add X-Amz headers of their own, so not every one can be asked for.
func alwaysSigned() []string {
	return []string{"x-amz-date", "x-amz-target", "x-amz-security-token", "x-amz-content-sha256"}
}

func (v *Verifier) checkScope(r *http.Request, c *claim) error {
	if len(v.Services) > 0 && !slices.Contains(v.Services, c.Service) {
		return fail(InvalidSignature, "Credential should be scoped to correct service: '%s'. ", strings.Join(v.Services, "', '"))
	}
	if !c.signs("host") {
		return fail(InvalidSignature, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for _, name := range slices.Concat(alwaysSigned(), v.MustSign) {
		if len(r.Header.Values(name)) > 0 && !c.signs(name) {
			return fail(InvalidSignature, "'%s' must be a 'SignedHeader' in the AWS Authorization.", http.CanonicalHeaderKey(name))
		}
	}
	if !c.presigned && !c.signs("x-amz-date") && !c.signs("date") {
		return fail(InvalidSignature, "'X-Amz-Date' or 'Date' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

func (c *claim) signs(name string) bool {
	_, ok := slices.BinarySearch(c.signedHeaders, name)
	return ok
}

// checkTime refuses signatures from outside the window: now ± skew, for presigned requests until their own end.
func (v *Verifier) checkTime(c *claim) error {
	now, skew := time.Now(), v.Skew
	if v.Now != nil {
		now = v.Now()
	}
	if skew == 0 {
		skew = defaultSkew
	}
	now = now.UTC()
	if last := now.Add(skew); c.signedAt.After(last) {
		return fail(InvalidSignature, "Signature not yet current: %s is still later than %s (%s + %s.)",
			c.stamp, last.Format(amzDate), now.Format(amzDate), minutes(skew))
	}
	if c.presigned {
		if end := c.signedAt.Add(c.expires); now.After(end) {
			return fail(InvalidSignature, "Signature expired: %s is now earlier than %s", end.Format(amzDate), now.Format(amzDate))
		}
		return nil
	}
	if first := now.Add(-skew); c.signedAt.Before(first.Truncate(time.Second)) {
		return fail(InvalidSignature, "Signature expired: %s is now earlier than %s (%s - %s.)",
			c.stamp, first.Format(amzDate), now.Format(amzDate), minutes(skew))
	}
	return nil
}

// minutes prints a skew as AWS does: "5 min".
func minutes(d time.Duration) string {
	if d%time.Minute == 0 {
		return strings.TrimSuffix(d.String(), "m0s") + " min"
	}
	return d.String()
}

// payloadHash is what the signer must have put for the body. A hash that the request states must be the body's own.
func (v *Verifier) payloadHash(r *http.Request, c *claim, body []byte) (string, error) {
	sum := sha256.Sum256(body)
	actual := hex.EncodeToString(sum[:])
	hash, stated := c.stated(r)
	switch {
	case !stated, hash == actual:
		return actual, nil
	case hash == unsignedPayload && v.UnsignedPayload:
		return hash, nil
	}
	return "", otherPayload()
}

// stated is the hash that a request says its body has, if it says one.
func (c *claim) stated(r *http.Request) (hash string, stated bool) {
	hash = one(r.Header, "X-Amz-Content-Sha256")
	if c.presigned && hash == "" {
		hash = r.URL.Query().Get("X-Amz-Content-Sha256")
	}
	return hash, hash != "" || len(r.Header.Values("X-Amz-Content-Sha256")) > 0
}

func otherPayload() error {
	return fail(InvalidSignature, "The provided 'x-amz-content-sha256' header does not match what was computed.")
}

// prove refuses a signature that is not of a key.
func (c *claim) prove(key Key, canonical string) error {
	if !c.matches(key.Secret, canonical) {
		return fail(InvalidSignature, "The request signature we calculated does not match the signature you "+
			"provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// matches compares in constant time the signature that secret gives with the one presented.
func (c *claim) matches(secret, canonical string) bool {
	presented, err := hex.DecodeString(c.signature)
	if err != nil || strings.ToLower(c.signature) != c.signature {
		return false
	}
	sum := sha256.Sum256([]byte(canonical))
	scope := c.Date + "/" + c.Region + "/" + c.Service + "/" + terminator
	toSign := algorithm + "\n" + c.stamp + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.Date, c.Region, c.Service, terminator} {
		key = mac(key, part)
	}
	return hmac.Equal(presented, mac(key, toSign))
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
