package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/sigv4"
)

// The reasons that only the front knows.
const (
	integrationFails gateway.Reason = "integration-fails"
	integrationSlow  gateway.Reason = "integration-slow"
	badAnswer        gateway.Reason = "bad-answer" // of a function
)

// words are how a REST API refuses.
type words struct {
	response string // type of the gateway response
	status   int
	message  string
	name     string // x-amzn-errortype
	capital  bool   // Message and not message
	null     bool   // the message is null
	spaced   bool   // a space stands before the message
}

// notAuthorized is what both a policy of a function and the policies say.
const notAuthorized = "User is not authorized to access this resource"

// rest words a refusal as a REST API does.
func rest(d *gateway.Denial) words {
	switch d.Reason {
	case gateway.NoToken, gateway.BadToken, gateway.Revoked, gateway.NoScope, gateway.Unauthorized:
		return words{response: "UNAUTHORIZED", status: http.StatusUnauthorized, message: "Unauthorized", name: "UnauthorizedException"}
	case gateway.Expired:
		return words{response: "UNAUTHORIZED", status: http.StatusUnauthorized, message: "The incoming token has expired", name: "UnauthorizedException"}
	case gateway.NotAllowed, gateway.PolicyDenied:
		return words{response: "ACCESS_DENIED", status: http.StatusForbidden, message: notAuthorized, name: "AccessDeniedException", capital: true}
	case gateway.ExplicitDeny:
		return words{response: "ACCESS_DENIED", status: http.StatusForbidden, message: notAuthorized + " with an explicit deny", name: "AccessDeniedException", capital: true}
	case gateway.SignerDenied:
		return words{response: "ACCESS_DENIED", status: http.StatusForbidden, message: d.Text, name: "AccessDeniedException", capital: true}
	case gateway.BadSignature:
		return words{response: signatureResponse(d.Name), status: http.StatusForbidden, message: d.Text, name: d.Name}
	case gateway.BadKey:
		return words{response: "INVALID_API_KEY", status: http.StatusForbidden, message: "Forbidden", name: "ForbiddenException"}
	case gateway.Throttled:
		return words{response: "THROTTLED", status: http.StatusTooManyRequests, message: "Too Many Requests", name: "TooManyRequestsException"}
	case gateway.QuotaExceeded:
		return words{response: "QUOTA_EXCEEDED", status: http.StatusTooManyRequests, message: "Limit Exceeded", name: "LimitExceededException"}
	case gateway.TooLarge:
		return words{response: "REQUEST_TOO_LARGE", status: http.StatusRequestEntityTooLarge, message: "Request Too Long", name: "RequestTooLargeException"}
	case gateway.Misconfigured:
		return words{response: "AUTHORIZER_CONFIGURATION_ERROR", status: http.StatusInternalServerError, null: true, name: "AuthorizerConfigurationException"}
	case gateway.AuthorizerFails:
		return words{response: "AUTHORIZER_FAILURE", status: http.StatusInternalServerError, null: true, name: "AuthorizerConfigurationException"}
	case integrationFails:
		return words{response: "INTEGRATION_FAILURE", status: http.StatusGatewayTimeout, message: "Network error communicating with endpoint", name: "InternalServerErrorException", spaced: true}
	case integrationSlow:
		return words{response: "INTEGRATION_TIMEOUT", status: http.StatusGatewayTimeout, message: "Endpoint request timed out", name: "InternalServerErrorException", spaced: true}
	case badAnswer:
		return words{response: "DEFAULT_5XX", status: http.StatusBadGateway, message: "Internal server error", name: "InternalServerErrorException", spaced: true}
	}
	return words{response: "MISSING_AUTHENTICATION_TOKEN", status: http.StatusForbidden, message: "Missing Authentication Token", name: "MissingAuthenticationTokenException"}
}

func signatureResponse(name string) string {
	if name == sigv4.ExpiredToken {
		return "EXPIRED_TOKEN"
	}
	return "INVALID_SIGNATURE"
}

// plain words a refusal as an HTTP API does: status and message.
func plain(r gateway.Reason) (int, string) {
	status := http.StatusForbidden
	switch r {
	case gateway.NoToken, gateway.BadToken, gateway.Revoked, gateway.Expired, gateway.Unauthorized:
		status = http.StatusUnauthorized
	case gateway.NoRoute, gateway.BadPath:
		status = http.StatusNotFound
	case gateway.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case gateway.Misconfigured, gateway.AuthorizerFails, badAnswer:
		status = http.StatusInternalServerError
	case integrationFails, integrationSlow:
		status = http.StatusServiceUnavailable
	}
	return status, http.StatusText(status)
}

// challenge is what an HTTP API says of a token in WWW-Authenticate; empty: nothing.
func challenge(d *gateway.Denial, kind string) string {
	switch {
	case kind != spec.JWT:
	case d.Reason == gateway.NoToken:
		return "Bearer"
	case d.Reason == gateway.BadToken, d.Reason == gateway.Expired, d.Reason == gateway.Revoked:
		text := d.Text
		if text == "" {
			text = "the token is not valid"
		}
		return `Bearer scope="" error="invalid_token" error_description="` + strings.ReplaceAll(text, `"`, "'") + `"`
	}
	return ""
}

// refuse answers a request that does not come through.
func (c *call) refuse(err error) {
	d := c.denied(err)
	h := c.w.Header()
	c.stamp(h)
	h.Set("Content-Type", "application/json")
	if c.api == nil || c.api.Kind == spec.HTTP {
		status, message := plain(d.Reason)
		if c.req != nil && c.req.Match.Route != nil {
			set(h, "WWW-Authenticate", challenge(d, c.req.Route().Kind()))
		}
		c.w.WriteHeader(status)
		_, _ = io.WriteString(c.w, `{"message":"`+message+`"}`)
		return
	}
	c.customised(rest(d))
}

// denied notes why.
func (c *call) denied(err error) *gateway.Denial {
	var d *gateway.Denial
	if !errors.As(err, &d) {
		d = &gateway.Denial{Reason: integrationFails, Cause: err}
	}
	c.event.Reason, c.event.Err = d.Reason, d.Cause
	return d
}

// customised answers as the API's gateway responses say.
func (c *call) customised(w words) {
	custom, own := c.api.Responses[w.response]
	if !own {
		group := "DEFAULT_4XX"
		if w.status >= http.StatusInternalServerError {
			group = "DEFAULT_5XX"
		}
		custom = c.api.Responses[group]
	}
	h := c.w.Header()
	h.Set("X-Amzn-Errortype", w.name)
	for name, value := range custom.Headers {
		set(h, name, safe(c.mapped(value, w)))
	}
	status := w.status
	if custom.Status != 0 {
		status = custom.Status
	}
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, c.text(custom.Body, w)) //nolint:gosec // JSON, and what comes from outside is quoted
}

// text fills a template in, or says it as AWS does.
func (c *call) text(template string, w words) string {
	message := quoted(w.message)
	if w.null {
		message = "null"
	}
	if template == "" {
		switch {
		case w.capital:
			return `{"Message":` + message + `}`
		case w.spaced:
			return `{"message": ` + message + `}`
		}
		return `{"message":` + message + `}`
	}
	return variable.ReplaceAllStringFunc(template, func(name string) string {
		switch name = strings.Trim(name, "${}"); name {
		case "context.error.messageString":
			return message
		case "context.error.message":
			return inner(w.message)
		case "context.error.responseType":
			return w.response
		}
		return inner(c.lookUp(name))
	})
}

func quoted(text string) string {
	raw, _ := json.Marshal(text) //nolint:errchkjson // a text always can be
	return string(raw)
}

// inner is text for the inside of quotation marks.
func inner(text string) string {
	q := quoted(text)
	return q[1 : len(q)-1]
}
