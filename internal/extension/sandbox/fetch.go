package sandbox

import (
	"context"
	_ "embed" // what is written in JavaScript
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/dop251/goja"

	"cognate.dev/cognate/internal/kit/javascript"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/kit/wildcard"
)

// Reach is where scripts may call.
type Reach struct {
	Hosts    []string       `json:"hosts,omitempty"`    // names, * is any text; none: nowhere
	Networks []netip.Prefix `json:"networks,omitempty"` // that are reached though they are not public
}

// What one run may say and hear, in calls and bytes.
const (
	maxCalls  = 10
	maxSaid   = 256 << 10
	maxAnswer = 1 << 20
)

//go:embed tools.js
var toolsSource string

// caller makes the HTTP requests of one run.
type caller struct {
	ctx   context.Context
	world *javascript.World
	reach Reach
	kit   *goja.Object // what tools.js gives; nil until it is used
	calls int
}

// lazy is a function of tools.js.
func (c *caller) lazy(pick func(*goja.Object) goja.Value) func(goja.FunctionCall) goja.Value {
	return func(call goja.FunctionCall) goja.Value {
		f, ok := goja.AssertFunction(pick(c.tools()))
		if !ok {
			panic(c.world.VM.NewTypeError("there is no such function"))
		}
		value, err := f(goja.Undefined(), call.Arguments...)
		if err != nil {
			panic(err)
		}
		return value
	}
}

// tools reads tools.js when it is needed for the first time.
func (c *caller) tools() *goja.Object {
	if c.kit != nil {
		return c.kit
	}
	value, err := c.world.VM.RunScript("tools.js", toolsSource)
	if err != nil {
		panic(err)
	}
	build, _ := goja.AssertFunction(value)
	kit, err := build(goja.Undefined(), c.world.VM.ToValue(c.send))
	if err != nil {
		panic(err)
	}
	c.kit = kit.ToObject(c.world.VM)
	return c.kit
}

// send makes a request: url, method, headers as a list of pairs, body or undefined. It answers with a promise of the status, the
// headers and the body.
func (c *caller) send(call goja.FunctionCall) goja.Value {
	promise, resolve, reject := c.world.VM.NewPromise()
	request, err := c.request(call)
	if err != nil {
		c.refuse(reject, err)
		return c.world.VM.ToValue(promise)
	}
	c.world.Later(func() func() {
		answer, err := c.do(request)
		if c.ctx.Err() != nil {
			return nil // the run is over
		}
		return func() {
			if err != nil {
				c.refuse(reject, err)
				return
			}
			headers := map[string]any{}
			for name, values := range answer.Header {
				headers[strings.ToLower(name)] = strings.Join(values, ", ")
			}
			_ = resolve(map[string]any{
				"status": answer.Status, "text": http.StatusText(answer.Status), "headers": headers, "body": string(answer.Body),
			})
		}
	})
	return c.world.VM.ToValue(promise)
}

func (c *caller) refuse(reject func(any) error, err error) {
	_ = reject(c.world.VM.NewTypeError("fetch failed: " + err.Error()))
}

func (c *caller) request(call goja.FunctionCall) (*http.Request, error) {
	if c.calls++; c.calls > maxCalls {
		return nil, fmt.Errorf("a script makes at most %d requests", maxCalls)
	}
	target, err := c.reach.check(call.Argument(0).String())
	if err != nil {
		return nil, err
	}
	body := ""
	if given := call.Argument(3); !goja.IsUndefined(given) && !goja.IsNull(given) {
		body = given.String()
	}
	if len(body) > maxSaid {
		return nil, fmt.Errorf("a request has at most %d bytes", maxSaid)
	}
	r, err := http.NewRequestWithContext(c.ctx, call.Argument(1).String(), target, strings.NewReader(body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	var headers [][2]string
	if err := c.world.VM.ExportTo(call.Argument(2), &headers); err != nil {
		return nil, errors.New("the headers cannot be read")
	}
	for _, h := range headers {
		if name := http.CanonicalHeaderKey(h[0]); name != "Host" && name != "Content-Length" && name != "Transfer-Encoding" {
			r.Header.Add(name, h[1])
		}
	}
	return r, nil
}

// check refuses what is out of reach. The addresses that a name leads to are looked at when they are called.
func (r Reach) check(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "", errors.New("the URL cannot be read")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	for _, pattern := range r.Hosts {
		if wildcard.Match(strings.ToLower(pattern), host) {
			return raw, outbound.Check(raw, false)
		}
	}
	return "", fmt.Errorf("%s is none of the hosts that scripts may call", host)
}

func (c *caller) do(r *http.Request) (outbound.Answer, error) {
	client := outbound.NewGuarded(wait, c.reach.Networks...)
	defer client.CloseIdleConnections() // what is open belongs to this run
	return outbound.Do(client, r, maxAnswer)
}

// wait is for each part of an answer; the limit of the run ends it earlier.
const wait = 10 * time.Second
