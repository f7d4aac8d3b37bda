package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/sigv4"
)

// authorizer finds out who asks. Errors that are no *Denial mean that it does not work.
type authorizer interface {
	authorize(ctx context.Context, r *Request) (*Grant, error)
}

func (a *API) authorizer(z spec.Authorizer) (authorizer, error) {
	switch z.Kind {
	case spec.Cognito:
		return newCognito(z, a.parts)
	case spec.JWT:
		return newJWT(z, a.parts), nil
	case spec.Lambda:
		return newLambda(a, z)
	case spec.IAM:
		return iam{a.parts.Signatures}, nil
	}
	return nil, fmt.Errorf("there is no type %q", z.Kind)
}

// whole compiles an expression that must match the whole of a text; empty: nil.
func whole(expression string) (*regexp.Regexp, error) {
	if expression == "" {
		return nil, nil
	}
	return regexp.Compile("^(?:" + expression + ")$")
}

// source gives the value of one identity source: $request.header.Authorization. What comes twice counts as absent: somebody
// else might read the other one. Ok is false when it is not there, or empty.
func (r *Request) source(name string) (value string, ok bool) {
	kind, key, _ := strings.Cut(strings.TrimPrefix(name, "$request."), ".")
	switch kind {
	case "header":
		values := r.HTTP.Header.Values(key)
		if strings.EqualFold(key, "Host") {
			values = []string{r.HTTP.Host}
		}
		if len(values) == 1 {
			value = values[0]
		}
	case "querystring":
		if values := r.Query[key]; len(values) == 1 {
			value = values[0]
		}
	case "$stageVariables":
		value = r.API.Variables[key]
	case "$context":
		value = r.contextValue(key)
	}
	return value, value != ""
}

// contextValue is what is known of a request before anybody was asked.
func (r *Request) contextValue(name string) string {
	switch name {
	case "routeKey":
		return r.Route().Key()
	case "httpMethod":
		return r.Method
	case "path":
		return r.API.prefix + r.Path.Raw
	case "resourcePath":
		return r.Route().Path
	case "stage":
		return r.API.Stage
	case "apiId":
		return r.API.ID
	case "requestId":
		return r.ID
	case "identity.sourceIp":
		return r.Client.String()
	case "identity.userAgent":
		return r.HTTP.UserAgent()
	case "domainName":
		return r.HTTP.Host
	}
	return ""
}

// bearer takes the token out of a header or parameter: as it is, or after "Bearer". Ok is false for what is no token.
func bearer(value string) (token string, ok bool) {
	if scheme, rest, found := strings.Cut(value, " "); found {
		if !strings.EqualFold(scheme, "Bearer") {
			return "", false
		}
		value = strings.TrimLeft(rest, " ")
	}
	return value, value != "" && len(value) <= maxToken && !strings.ContainsAny(value, " \t,")
}

// maxToken bounds what is parsed.
const maxToken = 64 << 10

// digest names texts in a cache: none can look like others put together differently.
func digest(parts ...string) (d [sha256.Size]byte) {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write([]byte(p))
	}
	h.Sum(d[:0])
	return d
}

// kept are results of an authorizer.
type kept[V any] struct {
	cache   *cache.Cache[[sha256.Size]byte, V]
	kind    string
	observe func(kind, outcome string, age time.Duration)
}

// maxKept bounds the results of one authorizer.
const maxKept = 10_000

type loadKey struct{}

// newKept makes a cache; with no time to live there is none, and nobody waits for somebody else's result.
func newKept[V any](kind string, ttl time.Duration, p *Parts) *kept[V] {
	k := &kept[V]{kind: kind, observe: p.Observe}
	if ttl > 0 {
		k.cache = cache.New(cache.Config{Max: maxKept, TTL: ttl, Clock: p.Now}, func(ctx context.Context, _ [sha256.Size]byte) (cache.Loaded[V], error) {
			v, err := ctx.Value(loadKey{}).(func(context.Context) (V, error))(ctx)
			return cache.Loaded[V]{Value: v, Found: true}, err
		})
	}
	return k
}

func (k *kept[V]) get(ctx context.Context, key [sha256.Size]byte, load func(context.Context) (V, error)) (V, error) {
	if k.cache == nil {
		return load(ctx)
	}
	r, err := k.cache.Get(context.WithValue(ctx, loadKey{}, load), key)
	if k.observe != nil {
		outcome := string(r.Outcome)
		if err != nil {
			outcome = "failed"
		}
		k.observe(k.kind, outcome, r.Age)
	}
	return r.Value, err
}

// meet reports whether one of the wanted is there.
func meet(wanted, there []string) bool {
	return slices.ContainsFunc(wanted, func(s string) bool { return slices.Contains(there, s) })
}

// iam asks for a signature (Signature Version 4).
type iam struct{ signatures Signatures }

func (z iam) authorize(_ context.Context, r *Request) (*Grant, error) {
	if len(r.HTTP.Header.Values("Authorization")) == 0 && r.HTTP.URL.RawQuery == "" {
		return nil, deny(Unsigned, "")
	}
	body, err := r.Body()
	if err != nil {
		return nil, err
	}
	s, err := z.signatures.Signer(r.HTTP, body)
	if err != nil {
		return nil, signatureDenial(err)
	}
	return &Grant{Principal: s.ARN, Signer: s}, nil
}

// signatureDenial tells what is wrong with a signature in AWS's words.
func signatureDenial(err error) error {
	var bad *sigv4.Error
	switch {
	case !errors.As(err, &bad):
		return err
	case bad.Name == sigv4.MissingAuthenticationToken:
		return deny(Unsigned, "")
	}
	return &Denial{Reason: BadSignature, Name: bad.Name, Text: bad.Message}
}
