package gateway

import (
	"regexp"
	"strings"

	"cognate.dev/cognate/internal/gateway"
)

// variable is what templates of gateway responses put in; there is nothing else in them that does anything.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
var variable = regexp.MustCompile(`\$(?:\{)?(?:context|stageVariables)(?:\.[A-Za-z0-9_-]+)+(?:\})?`)

// mapped is the value of a header of a gateway response: 'text', method.request.header.NAME, context.NAME, stageVariables.NAME.
func (c *call) mapped(value string, w words) string {
	if text, ok := strings.CutPrefix(value, "'"); ok {
		return strings.TrimSuffix(text, "'")
	}
	switch value = strings.TrimPrefix(value, "$"); value {
	case "context.error.message", "context.error.messageString":
		return w.message
	case "context.error.responseType":
		return w.response
	}
	return c.lookUp(value)
}

// lookUp is what is known of a request that may have found no route.
func (c *call) lookUp(name string) string {
	if c.req == nil {
		if name == "context.requestId" {
			return c.event.RequestID
		}
		return ""
	}
	name = strings.TrimPrefix(name, "method.")
	grant := c.grant
	if grant == nil {
		grant = &gateway.Grant{}
	}
	if c.req.Match.Route == nil && strings.HasPrefix(name, "context.") && name != "context.requestId" {
		return ""
	}
	return c.req.Value("$"+name, grant)
}
