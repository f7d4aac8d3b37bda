package app

import (
	"context"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/workspace/journey"
)

// steps have their say about sign-ins through connections, in this order.
func (g *ground) steps(r *rooms) []journey.Step {
	return []journey.Step{extension.Step{Scripts: r.scripts}, extension.AppStep{Apps: r.apps}, consent.Step{Consents: r.consents}}
}

// furnishJourneys builds what takes people through connections. The authorizer and the rooms that know outside providers are there.
func (g *ground) furnishJourneys(r *rooms) {
	trips := federation.NewTrips(federation.TripParts{
		Providers: journey.Finder{Room: r.workspaces}, Trips: g.store, Stays: g.store, Tx: g.store, Keys: g.keys, Now: g.clock.Now, Connectors: r.connectors,
	})
	r.journeys = &oauth.Workspaces{
		Trips: trips, Contexts: r.speaker,
		Journeys: journey.New(journey.Parts{
			Room: r.workspaces, Logins: &journey.Logins{Store: g.store, Keys: g.keys, Now: g.clock.Now}, Contexts: r.speaker.Contexts, Traces: r.traces,
			Authorizer: r.authorizer, Trips: trips, Arrivals: r.outside.Arrivals, People: r.directory.Users, Steps: g.steps(r), Select: r.scripts.Select, Now: g.clock.Now,
			Observe: func(what string) { g.told.Metrics.Lookup("authentication_context", what, 0) },
		}),
	}
}

// choices is what the sign-in page shows at a workspace.
type choices struct{ journeys *journey.Journeys }

func (c choices) Choices(ctx context.Context, workspaceID string, r *authorize.Request) (list []frame.Choice, asks bool, err error) {
	found, asks, err := c.journeys.Choices(ctx, workspaceID, r)
	for _, x := range found {
		list = append(list, frame.Choice(x))
	}
	return list, asks, err
}

func (c choices) Discover(ctx context.Context, workspaceID, identifier string, r *authorize.Request) (string, error) {
	return c.journeys.Discover(ctx, workspaceID, identifier, r)
}

var _ journey.People = (*directory.Users)(nil)
