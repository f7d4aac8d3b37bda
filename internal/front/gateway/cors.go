package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// preflight answers a browser that asks what another origin may do, where the API says it. Neither route nor authorizer is
// asked. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
func (c *call) preflight(r *http.Request) bool {
	cors := c.api.CORS
	c.origin = r.Header.Get("Origin")
	if cors == nil || r.Method != http.MethodOptions || c.origin == "" || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h := c.w.Header()
	c.stamp(h)
	if c.allowed() {
		set(h, "Access-Control-Allow-Methods", strings.Join(cors.Methods, ","))
		set(h, "Access-Control-Allow-Headers", strings.Join(cors.Headers, ","))
		if cors.MaxAge > 0 {
			h.Set("Access-Control-Max-Age", strconv.Itoa(int(cors.MaxAge/time.Second)))
		}
	}
	c.w.WriteHeader(http.StatusNoContent)
	return true
}

func (c *call) allowed() bool {
	return slices.ContainsFunc(c.api.CORS.Origins, func(o string) bool {
		if scheme, any := strings.CutSuffix(o, "*"); any && strings.HasSuffix(scheme, "://") {
			return strings.HasPrefix(c.origin, scheme)
		}
		return o == "*" || o == c.origin
	})
}

// allow says in an answer which pages may read it, in the place of what a backend says.
func (c *call) allow(h http.Header) {
	if c.api == nil || c.api.CORS == nil {
		return
	}
	for name := range h {
		if strings.HasPrefix(name, "Access-Control-") {
			h.Del(name)
		}
	}
	h.Add("Vary", "Origin")
	if c.origin == "" || !c.allowed() {
		return
	}
	origin := c.origin
	if slices.Contains(c.api.CORS.Origins, "*") {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	set(h, "Access-Control-Expose-Headers", strings.Join(c.api.CORS.Expose, ","))
	if c.api.CORS.Credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

func set(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
