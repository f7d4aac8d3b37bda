package event

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// two is the payload 2.0.
type two struct {
	Version  string            `json:"version"`
	Type     string            `json:"type,omitempty"`
	RouteARN string            `json:"routeArn,omitempty"`
	Sources  []string          `json:"identitySource,omitempty"`
	RouteKey string            `json:"routeKey"`
	RawPath  string            `json:"rawPath"`
	RawQuery string            `json:"rawQueryString"`
	Cookies  []string          `json:"cookies,omitempty"`
	Headers  map[string]string `json:"headers"`
	Query    map[string]string `json:"queryStringParameters,omitempty"`
	Context  twoContext        `json:"requestContext"`
	Body     string            `json:"body,omitempty"`
	Params   map[string]string `json:"pathParameters,omitempty"`
	Base64   *bool             `json:"isBase64Encoded,omitempty"`
	Vars     map[string]string `json:"stageVariables,omitempty"`
}

type twoContext struct {
	Account      string         `json:"accountId"`
	API          string         `json:"apiId"`
	Authorizer   map[string]any `json:"authorizer,omitempty"`
	Domain       string         `json:"domainName"`
	DomainPrefix string         `json:"domainPrefix"`
	HTTP         twoHTTP        `json:"http"`
	ID           string         `json:"requestId"`
	RouteKey     string         `json:"routeKey"`
	Stage        string         `json:"stage"`
	Time         string         `json:"time"`
	TimeEpoch    int64          `json:"timeEpoch"`
}

type twoHTTP struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// Two is the payload 2.0 for a backend.
func (c *Call) Two() ([]byte, error) {
	e := c.two()
	encoded := len(c.Body) > 0 && !c.Text
	e.Base64 = &encoded
	if e.Body = string(c.Body); encoded {
		e.Body = base64.StdEncoding.EncodeToString(c.Body)
	}
	return json.Marshal(e)
}

// AskTwo is the payload 2.0 for an authorizer. The sources are the values of its identity sources.
func (c *Call) AskTwo(sources []string) ([]byte, error) {
	e := c.two()
	e.Type, e.RouteARN, e.Sources = "REQUEST", c.ARN, sources
	return json.Marshal(e)
}

func (c *Call) two() two {
	h := c.header()
	domain, prefix := c.domain()
	return two{
		Version: "2.0", RouteKey: c.RouteKey, RawPath: c.Raw, RawQuery: c.RawQuery, Cookies: cookies(h), Headers: lower(h, "Cookie"),
		Query: joined(c.Query), Params: c.Params, Vars: c.Vars,
		Context: twoContext{
			Account: c.Account, API: c.API, Authorizer: c.Caller.two(c.Account), Domain: domain, DomainPrefix: prefix, ID: c.ID,
			RouteKey: c.RouteKey, Stage: c.Stage, Time: c.At.UTC().Format(timeLayout), TimeEpoch: c.At.UnixMilli(),
			HTTP: twoHTTP{c.Method, c.Raw, c.Proto, c.Client, h.Get("User-Agent")},
		},
	}
}

func joined(q map[string][]string) map[string]string {
	out := make(map[string]string, len(q))
	for name, values := range q {
		out[name] = strings.Join(values, ",")
	}
	return out
}

// two is requestContext.authorizer of the payload 2.0.
func (w *Caller) two(account string) map[string]any {
	switch {
	case w.Claims != nil:
		return map[string]any{"jwt": map[string]any{"claims": w.Claims, "scopes": w.Scopes}}
	case w.Signer != nil:
		return map[string]any{"iam": w.Signer.two(account)}
	case w.Context != nil:
		return map[string]any{"lambda": maps.Clone(w.Context)}
	}
	return nil
}

func (s *Signer) two(account string) map[string]any {
	out := map[string]any{
		"accessKey": s.AccessKey, "accountId": account, "callerId": s.UserID, "cognitoIdentity": nil, "principalOrgId": nil,
		"userArn": s.ARN, "userId": s.UserID,
	}
	if s.IdentityID != "" {
		out["cognitoIdentity"] = map[string]any{"amr": slices.Clone(s.AMR), "identityId": s.IdentityID, "identityPoolId": s.PoolID}
	}
	return out
}
