// Package apigateway holds the APIs that the gateway serves: it reads their files, builds gateway and front of them, and takes changes
// into use while requests run. What comes through is for the room gateway.
package apigateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/app/way"
	"cognate.dev/cognate/internal/auxdata"
	front "cognate.dev/cognate/internal/front/gateway"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/usage"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/filestamp"
	"cognate.dev/cognate/internal/kit/forwarded"
	"cognate.dev/cognate/internal/kit/often"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/telemetry"
)

// APIs are what the gateway serves. They outlive a reset, and change when their files do. Nil APIs serve nothing.
type APIs struct {
	door.Swap
	Parts
	transport        *http.Transport
	counts           usage.Counts
	issuers          sync.Map // string → *auxdata.Issuer: their keys outlive a change
	proxies, trusted forwarded.Proxies

	mu     sync.Mutex
	tokens gateway.Tokens // of the newest rooms
	loaded gateway.Loaded
	seen   []filestamp.Stamp
}

// Parts is what the gateway is built from. All are needed but TrustedProxies.
type Parts struct {
	Config          gateway.Config
	TrustedProxies  []string
	Region, Account string
	Functions       *way.Ways
	Signatures      gateway.Signatures
	Decisions       func() *pdp.Server // that are in use
	Told            *telemetry.Telemetry
	Now             clock.Clock
}

// Open reads the APIs; nil when there is no gateway.
func Open(p Parts) (*APIs, error) {
	if !p.Config.On() {
		return nil, nil
	}
	a := &APIs{Parts: p, transport: http.DefaultTransport.(*http.Transport).Clone()}
	a.transport.Proxy = nil // where requests go is the file's word alone
	a.transport.MaxIdleConnsPerHost = 256
	a.transport.DisableCompression = true // answers pass as they are
	var err error
	if a.proxies, err = forwarded.Parse(p.Config.Proxies); err != nil {
		return nil, fmt.Errorf("gateway: proxies: %w", err)
	}
	if a.trusted, err = forwarded.Parse(p.TrustedProxies); err != nil {
		return nil, fmt.Errorf("trusted_proxies: %w", err)
	}
	if a.loaded, err = a.read(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	a.seen = filestamp.Of(a.loaded.Files...)
	return a, nil
}

func (a *APIs) read() (gateway.Loaded, error) {
	return gateway.Load(a.Config.File, a.Region, a.Account)
}

// Serve hangs the APIs over rooms, whose tokens it believes.
func (a *APIs) Serve(tokens gateway.Tokens) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens = tokens
	return a.build(a.loaded)
}

func (a *APIs) build(l gateway.Loaded) error {
	made, err := gateway.New(l.File, gateway.Parts{
		Tokens: a.tokens, Issuers: a.issuer, Functions: a.Functions, Signatures: a.Signatures, Decide: a.decide,
		Observe: func(kind, outcome string, age time.Duration) { a.Told.Metrics.Lookup("authorizer-"+kind, outcome, age) },
		Region:  a.Region, Account: a.Account, Now: a.Now, Counts: &a.counts,
	})
	if err != nil {
		return err
	}
	a.Hang(a.Told.Watch("gateway", front.New(front.Parts{
		Gateway: made, Functions: a.Functions, Transport: a.transport, Proxies: a.proxies, Trusted: a.trusted, Claims: a.Config.Claims,
		Observe: a.passed, Now: a.Now,
	})))
	for _, n := range l.Notes {
		a.Told.Log.Warn("the gateway leaves something out", slog.String("note", n))
	}
	a.Told.Log.Info("APIs of the gateway in use", slog.Int("apis", len(l.APIs)), slog.String("file", a.Config.File))
	a.Told.Metrics.GatewayLoaded(nil)
	return nil
}

// issuer gives the verifier of an issuer, with the keys that it has fetched.
func (a *APIs) issuer(name string) gateway.Issuer {
	made, _ := a.issuers.LoadOrStore(name, auxdata.NewIssuer(name, issuerClient(), a.Now))
	return made.(*auxdata.Issuer)
}

// issuerTime is how long API Gateway waits for an issuer.
const issuerTime = 1500 * time.Millisecond

func issuerClient() *http.Client {
	client := outbound.NewClient()
	client.Timeout = issuerTime
	return client
}

// lookEvery is how often the files of the gateway are looked at.
const lookEvery = time.Second

// Watch takes changes of the files into use, until ctx ends. Requests that run go on as they began.
func (a *APIs) Watch(ctx context.Context) {
	if a != nil {
		often.Every(ctx, lookEvery, func(context.Context) { a.refresh() })
	}
}

// refresh keeps the APIs of before when the new ones cannot be used.
func (a *APIs) refresh() {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := filestamp.Of(a.loaded.Files...)
	if slices.Equal(now, a.seen) {
		return
	}
	a.seen = now
	l, err := a.read()
	if err == nil {
		err = a.build(l)
	}
	if err != nil {
		a.Told.Log.Error("the new APIs of the gateway are not in use", "error", err)
		a.Told.Metrics.GatewayLoaded(err)
		return
	}
	a.loaded, a.seen = l, filestamp.Of(l.Files...)
}

// decide asks the policies for a route of the gateway, as anybody else would be answered.
func (a *APIs) decide(ctx context.Context, q gateway.Question) (bool, error) {
	attr, err := structpb.NewStruct(q.Attr)
	if err != nil {
		return false, fmt.Errorf("write the attributes of a route: %w", err)
	}
	req := &requestv1.CheckResourcesRequest{
		Principal: &enginev1.Principal{Id: q.Principal, Roles: q.Roles},
		Resources: []*requestv1.CheckResourcesRequest_ResourceEntry{{
			Actions: []string{q.Action}, Resource: &enginev1.Resource{Kind: q.Kind, Id: q.ID, Attr: attr.GetFields()},
		}},
	}
	if q.Token != "" {
		req.AuxData = &requestv1.AuxData{Jwt: &requestv1.AuxData_JWT{Token: q.Token, KeySetId: auxdata.PoolKeySet}}
	}
	answer, err := a.Decisions().Check(ctx, req)
	if err != nil || len(answer.GetResults()) != 1 {
		return false, err
	}
	return answer.GetResults()[0].GetActions()[q.Action] == effectv1.Effect_EFFECT_ALLOW, nil
}

// passed puts what the gateway knows on the request's log event.
func (a *APIs) passed(ctx context.Context, e front.Event) {
	if e.Route != "" { // else the log names the path
		telemetry.Operation(ctx, e.API+" "+e.Route)
	}
	outcome := "granted"
	if e.Reason != "" {
		outcome = string(e.Reason)
	}
	a.Told.Metrics.Authorized(e.Authorizer, outcome)
	telemetry.Add(ctx, slog.String("api", e.API), slog.String("authorizer", e.Authorizer), slog.String("principal", e.Principal), slog.String("client", e.Client),
		slog.String("outcome", outcome), slog.String("request_id", e.RequestID), slog.Int64("backend_us", e.Backend.Microseconds()))
	if e.Forward != "" {
		telemetry.Add(ctx, slog.String("asked_by", e.Forward))
	}
	telemetry.Fail(ctx, e.Err)
}

var _ gateway.Tokens = (*auxdata.Pools)(nil)
