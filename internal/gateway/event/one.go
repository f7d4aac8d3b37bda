package event

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// one is the payload 1.0. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
type one struct {
	Version        string              `json:"version,omitempty"`
	Type           string              `json:"type,omitempty"`
	MethodARN      string              `json:"methodArn,omitempty"`
	IdentitySource *string             `json:"identitySource,omitempty"`
	Token          *string             `json:"authorizationToken,omitempty"`
	Resource       string              `json:"resource"`
	Path           string              `json:"path"`
	Method         string              `json:"httpMethod"`
	Headers        map[string]string   `json:"headers"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders"`
	Query          map[string]string   `json:"queryStringParameters"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters"`
	Params         map[string]string   `json:"pathParameters"`
	Vars           map[string]string   `json:"stageVariables"`
	Context        oneContext          `json:"requestContext"`
	*oneBody
}

type oneBody struct {
	Body   *string `json:"body"`
	Base64 bool    `json:"isBase64Encoded"`
}

type oneContext struct {
	Account      string         `json:"accountId"`
	API          string         `json:"apiId"`
	Authorizer   map[string]any `json:"authorizer,omitempty"`
	Domain       string         `json:"domainName"`
	DomainPrefix string         `json:"domainPrefix"`
	ExtendedID   string         `json:"extendedRequestId"`
	Method       string         `json:"httpMethod"`
	Identity     oneIdentity    `json:"identity"`
	Path         string         `json:"path"`
	Protocol     string         `json:"protocol"`
	ID           string         `json:"requestId"`
	Time         string         `json:"requestTime"`
	TimeEpoch    int64          `json:"requestTimeEpoch"`
	ResourceID   string         `json:"resourceId"`
	ResourcePath string         `json:"resourcePath"`
	Stage        string         `json:"stage"`
}

type oneIdentity struct {
	AccessKey    *string `json:"accessKey"`
	Account      *string `json:"accountId"`
	APIKey       *string `json:"apiKey,omitempty"`
	APIKeyID     *string `json:"apiKeyId,omitempty"`
	Caller       *string `json:"caller"`
	AuthProvider *string `json:"cognitoAuthenticationProvider"`
	AuthType     *string `json:"cognitoAuthenticationType"`
	IdentityID   *string `json:"cognitoIdentityId"`
	PoolID       *string `json:"cognitoIdentityPoolId"`
	Organization *string `json:"principalOrgId"`
	SourceIP     string  `json:"sourceIp"`
	User         *string `json:"user"`
	UserAgent    *string `json:"userAgent"`
	UserARN      *string `json:"userArn"`
}

// One is the payload 1.0 for a backend.
func (c *Call) One() ([]byte, error) {
	e := c.one()
	e.oneBody = &oneBody{}
	if len(c.Body) > 0 {
		text := string(c.Body)
		if !c.Text {
			text, e.Base64 = base64.StdEncoding.EncodeToString(c.Body), true
		}
		e.Body = &text
	}
	return json.Marshal(e)
}

// AskOne is the payload 1.0 (or of a REST API, REQUEST) for an authorizer. The sources are the values of its identity sources.
func (c *Call) AskOne(sources []string) ([]byte, error) {
	e := c.one()
	e.Type, e.MethodARN = "REQUEST", c.ARN
	if !c.REST {
		joined := strings.Join(sources, ",")
		e.IdentitySource, e.Token = &joined, &joined
	}
	return json.Marshal(e)
}

// AskToken is the payload of an authorizer of a REST API that is asked about a token.
func (c *Call) AskToken(value string) ([]byte, error) {
	return json.Marshal(map[string]string{"type": "TOKEN", "authorizationToken": value, "methodArn": c.ARN})
}

func (c *Call) one() one {
	h := c.header()
	domain, prefix := c.domain()
	e := one{
		Resource: c.Resource, Path: c.Path, Method: c.Method, Query: last(c.Query), MultiQuery: orNil(c.Query),
		Params: orNil(c.Params), Vars: orNil(c.Vars), Headers: last(h), MultiHeaders: h,
		Context: oneContext{
			Account: c.Account, API: c.API, Domain: domain, DomainPrefix: prefix, ExtendedID: c.ID, Method: c.Method, Path: c.Staged,
			Protocol: c.Proto, ID: c.ID, Time: c.At.UTC().Format(timeLayout), TimeEpoch: c.At.UnixMilli(), ResourceID: c.RouteKey,
			ResourcePath: c.Resource, Stage: c.Stage, Authorizer: c.Caller.one(c.REST), Identity: c.identity(h.Get("User-Agent")),
		},
	}
	if !c.REST {
		e.Version, e.Path = "1.0", c.Staged
		e.MultiHeaders = make(map[string][]string, len(h))
		for name, values := range h {
			e.MultiHeaders[strings.ToLower(name)] = values
		}
		e.Headers = lower(h)
	}
	return e
}

func (c *Call) identity(agent string) oneIdentity {
	id := oneIdentity{SourceIP: c.Client, UserAgent: orNull(agent), APIKey: orNull(c.Caller.Key), APIKeyID: orNull(c.Caller.KeyID)}
	if s := c.Caller.Signer; s != nil {
		id.AccessKey, id.Account, id.UserARN = &s.AccessKey, &s.Account, &s.ARN
		id.Caller, id.User = &s.UserID, &s.UserID
		id.PoolID, id.IdentityID, id.AuthType, id.AuthProvider = orNull(s.PoolID), orNull(s.IdentityID), orNull(s.Type), orNull(s.Provider)
	}
	return id
}

// one is requestContext.authorizer of the payload 1.0: claims of a token, or what a Lambda authorizer says, as text.
func (w *Caller) one(rest bool) map[string]any {
	switch {
	case w.Claims != nil:
		out := map[string]any{"claims": w.Claims}
		if w.Scopes != nil || !rest { // an HTTP API says that it asked for none
			out["scopes"] = w.Scopes
		}
		return out
	case w.Context != nil || w.Principal != "":
		out := map[string]any{}
		for name, v := range w.Context {
			out[name] = Flat(v)
		}
		if w.Principal != "" {
			out["principalId"] = w.Principal
		}
		return out
	}
	return nil
}

// Flat is a value of a Lambda authorizer's context as text.
func Flat(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return ""
	case bool, json.Number, float64:
		return fmt.Sprint(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}
