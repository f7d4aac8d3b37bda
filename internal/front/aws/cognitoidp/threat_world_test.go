package cognitoidp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/store"
)

// protection builds threat protection, with a list of stolen passwords and a map of the world that has three places.
func (w *world) protection(o options, db *store.Store, keys *secret.Keyring) *risk.Protection {
	w.history = risk.NewHistory(db, keys, w.now.Now)
	return risk.NewProtection(risk.Means{
		Risks: risk.New(db, w.now.Now), Events: db, History: w.history, Passwords: list(o.leaks), Places: atlas{}, Sender: w.mail, Now: w.now.Now,
		Home: func(_ context.Context, p *directory.Pool) (string, error) {
			return "https://id.example.com/" + p.ID, nil
		},
		Watch: risk.Watch{
			Happened: func(_ context.Context, _ *directory.Pool, e *risk.Event) {
				w.eventsM.Lock()
				defer w.eventsM.Unlock()
				w.events = append(w.events, e)
			},
			Failed: func(_ context.Context, err error) { w.t.Error(err) },
		},
	})
}

// list is a list of stolen passwords.
type list []string

func (l list) Has(password string) (bool, error) { return slices.Contains(l, password), nil }

// atlas knows where the documentation networks are.
type atlas struct{}

func (atlas) Find(a netip.Addr) (risk.Place, error) {
	for network, place := range map[string]risk.Place{
		"192.0.2.0/25":    {City: "Berlin", Country: "Germany", Latitude: 52.5, Longitude: 13.4, Located: true},
		"192.0.2.128/25":  {City: "Berlin", Country: "Germany", Latitude: 52.5, Longitude: 13.4, Located: true},
		"198.51.100.0/24": {City: "Hamburg", Country: "Germany", Latitude: 53.6, Longitude: 10, Located: true},
		"203.0.113.0/24":  {City: "Tokyo", Country: "Japan", Latitude: 35.7, Longitude: 139.7, Located: true},
	} {
		if netip.MustParsePrefix(network).Contains(a) {
			return place, nil
		}
	}
	return risk.Place{}, nil
}

// The places and devices that people sign in from.
const (
	berlin  = "192.0.2.7"
	hamburg = "198.51.100.7"
	tokyo   = "203.0.113.7"
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// guarded makes a pool with threat protection and a client of it.
func (w *world) guarded(mode types.AdvancedSecurityModeType, change ...func(*sdk.CreateUserPoolInput)) (pool, client *string) {
	w.t.Helper()
	pool = w.pool(append(change, func(in *sdk.CreateUserPoolInput) {
		if in.UserPoolAddOns == nil {
			in.UserPoolAddOns = &types.UserPoolAddOnsType{}
		}
		in.UserPoolAddOns.AdvancedSecurityMode = mode
	})...)
	return pool, w.client(pool, func(in *sdk.CreateUserPoolClientInput) {
		in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "ALLOW_CUSTOM_AUTH")
	})
}

// from signs a person in through a backend that tells where the person is.
func (w *world) from(pool, client *string, name, password, address, agent string) (*sdk.AdminInitiateAuthOutput, error) {
	return w.AdminInitiateAuth(w.t.Context(), &sdk.AdminInitiateAuthInput{
		UserPoolId: pool, ClientId: client, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
		ContextData: &types.ContextDataType{IpAddress: &address, ServerName: new("app.example.com"), ServerPath: new("/login"),
			HttpHeaders: []types.HttpHeader{{HeaderName: new("user-agent"), HeaderValue: &agent}}},
	})
}

// history lists what a user did, newest first.
func (w *world) historyOf(pool *string, name string) []types.AuthEventType {
	w.t.Helper()
	out, err := w.AdminListUserAuthEvents(w.t.Context(), &sdk.AdminListUserAuthEventsInput{UserPoolId: pool, Username: &name})
	w.check(err)
	return out.AuthEvents
}

// takeover sets what happens at each level.
func (w *world) takeover(pool, client *string, low, medium, high types.AccountTakeoverEventActionType, notify bool) {
	w.t.Helper()
	action := func(a types.AccountTakeoverEventActionType) *types.AccountTakeoverActionType {
		if a == "" {
			return nil
		}
		return &types.AccountTakeoverActionType{EventAction: a, Notify: notify}
	}
	in := &sdk.SetRiskConfigurationInput{UserPoolId: pool, ClientId: client, AccountTakeoverRiskConfiguration: &types.AccountTakeoverRiskConfigurationType{
		Actions: &types.AccountTakeoverActionsType{LowAction: action(low), MediumAction: action(medium), HighAction: action(high)},
	}}
	if notify {
		in.AccountTakeoverRiskConfiguration.NotifyConfiguration = &types.NotifyConfigurationType{SourceArn: new("arn:aws:ses:eu-west-1:123456789012:identity/example.com")}
	}
	_, err := w.SetRiskConfiguration(w.t.Context(), in)
	w.check(err)
}

// encoded is what Amazon's script in an app sends of its device.
func encoded(device string) *string {
	payload, _ := json.Marshal(map[string]any{"contextData": map[string]string{"DeviceId": device, "ClientTimezone": "02:00"}})
	raw, _ := json.Marshal(map[string]string{"payload": string(payload), "signature": "x", "version": "1"})
	return new(base64.StdEncoding.EncodeToString(raw))
}
