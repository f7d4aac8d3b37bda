package app

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/upkeep"
	"cognate.dev/cognate/internal/upkeep/delivery"
)

// openCourier opens where pools' logs go.
func (h *house) openCourier(stdout io.Writer) (err error) {
	h.courier, err = delivery.New(delivery.Parts{
		Routes: h.cfg.LogDelivery, Stdout: stdout, Wanted: h.store.LogDeliveries, Counted: h.told.Metrics.LogRecords,
		Failed: seldom(func(err error) { h.told.Log.Error("log delivery", "error", err) }),
	})
	if err != nil {
		return fmt.Errorf("log_delivery: %w", err)
	}
	return nil
}

// seldom lets an error through once a minute.
func seldom(next func(error)) func(error) {
	var mu sync.Mutex
	var last time.Time
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) > complainEvery {
			last = time.Now()
			next(err)
		}
	}
}

// undelivered is the record of a message that could not be sent.
func (g *ground) undelivered(m message.Message, err error, givenUp bool) {
	then := "it will be tried again"
	if givenUp {
		then = "it is given up"
	}
	g.courier.Carry(delivery.Record{PoolID: m.PoolID, Source: upkeep.Notifications, At: now(), Message: delivery.Notification{
		Details: fmt.Sprintf("The message %s (%s, by %s, try %d) for the user %s could not be delivered, %s: %v", m.ID, m.Purpose, m.Medium, m.Try, m.UserID, then, err),
	}})
}

// happened carries what threat protection saw, or somebody said of it, once that is kept for good.
func (g *ground) happened(ctx context.Context, e *risk.Event) {
	r := delivery.Record{PoolID: e.PoolID, Source: upkeep.AuthEvents, At: now(), Message: activity(e)}
	g.store.OnCommit(ctx, func() { g.courier.Carry(r) })
}

// activity is an event in the form of AWS's logs. They say PASS where AdminListUserAuthEvents says NoRisk.
func activity(e *risk.Event) delivery.Activity {
	a := delivery.Activity{
		Version: "1", EventID: e.ID, EventType: e.Type, UserSub: e.UserID, UserName: e.Username, UserPoolID: e.PoolID, ClientID: e.ClientID,
		CreationDate: delivery.Date(e.CreatedAt), EventResponse: e.Response, RiskLevel: e.Level, RiskDecision: e.Decision, Challenges: []string{},
		DeviceName: e.Device, IDPName: e.Provider, IPAddress: e.Address, RequestID: e.RequestID, Compromised: strconv.FormatBool(e.Stolen != nil && *e.Stolen),
		City: e.Place.City, Country: e.Place.Country, HasContextData: strconv.FormatBool(e.Address != "" || e.Device != ""),
	}
	if e.Decision == risk.NoRisk {
		a.RiskDecision = "PASS"
	}
	for _, c := range e.Challenges {
		a.Challenges = append(a.Challenges, c.Name+":"+c.Response)
	}
	if f := e.Feedback; f != nil {
		a.FeedbackValue, a.FeedbackDate, a.FeedbackProvider = f.Value, delivery.Date(f.At), f.Provider
	}
	return a
}
