package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/gateway/event"
	"cognate.dev/cognate/internal/gateway/spec"
)

// Call is the request as events tell of it.
func (r *Request) Call(g *Grant) *event.Call {
	stage := ""
	if r.API.StageInPath {
		stage = "/" + r.API.Stage
	}
	return &event.Call{
		REST: r.API.Kind == spec.REST, API: r.API.ID, Account: r.API.parts.Account, Stage: r.API.Stage,
		ID: r.ID, At: r.At, Method: r.Method, Proto: r.HTTP.Proto, Host: r.HTTP.Host, Secure: r.HTTP.TLS != nil, Client: r.Client.String(),
		RouteKey: r.Route().Key(), Resource: r.Route().Path, Path: r.API.Base + r.Path.Raw, Staged: r.API.prefix + r.Path.Raw,
		Raw: stage + r.Path.Raw, ARN: r.ARN(), RawQuery: VisibleQuery(r.HTTP.URL.RawQuery, g), Query: visible(r.Query, g), Header: Visible(r.HTTP.Header, g),
		Params: r.Match.Params, Vars: r.API.Variables, Caller: g.caller(r),
	}
}

func (g *Grant) caller(r *Request) event.Caller {
	w := event.Caller{Scopes: g.Scopes, Context: g.Context}
	if g.Kind == spec.Lambda {
		w.Principal = g.Principal
		if w.Context == nil {
			w.Context = map[string]any{}
		}
	}
	if g.Claims != nil {
		w.Claims = g.Rendered(r.API.Kind)
		if g.Kind == spec.Cognito {
			w.Scopes = nil // REST APIs do not tell
		}
	}
	if s := g.Signer; s != nil {
		w.Signer = &event.Signer{AccessKey: s.AccessKey, Account: s.Account, ARN: s.ARN, UserID: s.UserID}
		if id := s.Identity; id != nil {
			w.Signer.PoolID, w.Signer.IdentityID, w.Signer.Type, w.Signer.Provider, w.Signer.AMR = id.PoolID, id.ID, id.Type, id.Provider, id.AMR
		}
	}
	if g.Key != nil {
		w.KeyID, w.Key = g.Key.ID, g.Key.Value
	}
	return w
}

// Rendered are the claims as the kind of API writes them; nil: there are none.
func (g *Grant) Rendered(k spec.Kind) map[string]string {
	switch {
	case g.Claims == nil:
		return nil
	case k == spec.REST:
		return g.Claims.REST()
	}
	return g.Claims.HTTP()
}

// IdentityPrefix begins the headers that only we may write.
const IdentityPrefix = "X-Auth-"

// Ours reports whether only a gateway may write a header: whoever is behind us believes it, about who asks, or about which method
// and path are asked for. Servers that make variables of headers take an underscore for a hyphen.
func Ours(name string) bool {
	name = hyphened(strings.ToLower(name))
	for _, prefix := range []string{strings.ToLower(IdentityPrefix), "x-amzn-", "x-forwarded-", "x-original-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "forwarded", "x-real-ip", "x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override":
		return true
	}
	return false
}

func hyphened(name string) string { return strings.ReplaceAll(name, "_", "-") }

// Visible are the headers of a client that a backend may see: not those that only we may write, nor one that a backend may take
// for another that is there, nor a signature.
func Visible(h http.Header, g *Grant) http.Header {
	out := make(http.Header, len(h))
	for name, values := range h {
		if _, twin := h[http.CanonicalHeaderKey(hyphened(name))]; !Ours(name) && (!twin || !strings.Contains(name, "_")) {
			out[name] = values
		}
	}
	if g.Signer != nil {
		out.Del("Authorization")
		out.Del("X-Amz-Security-Token")
	}
	return out
}

// signing are the parameters of a request that is signed in its query.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
var signing = []string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-SignedHeaders",
}

// VisibleQuery is the query of a client that a backend may see: whoever had the signature of one could send the request again.
func VisibleQuery(raw string, g *Grant) string {
	if g.Signer == nil || !strings.Contains(raw, "X-Amz-Signature=") {
		return raw
	}
	parts := slices.DeleteFunc(strings.Split(raw, "&"), func(part string) bool {
		name, _, _ := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(name)
		return err != nil || slices.Contains(signing, plain)
	})
	return strings.Join(parts, "&")
}

// visible is VisibleQuery of parameters that were read.
func visible(query map[string][]string, g *Grant) map[string][]string {
	if g.Signer == nil || len(query["X-Amz-Signature"]) == 0 {
		return query
	}
	out := maps.Clone(query)
	for _, name := range signing {
		delete(out, name)
	}
	return out
}
