package risk

import (
	"math"
	"time"

	"cognate.dev/cognate/internal/account"
)

// The levels of risk (RiskLevelType). The empty one is no risk.
const (
	Low    = "Low"
	Medium = "Medium"
	High   = "High"
)

// signs are what about a sign-in is unlike the user's former ones.
type signs struct {
	device   bool // none that the user has signed in with
	network  bool // likewise
	country  bool // likewise
	travel   bool // too far from the last sign-in for the time between
	failures int  // in the last quarter of an hour
}

// Bounds of what counts as a sign.
const (
	recently     = 15 * time.Minute
	someFailures = 3
	manyFailures = 10
	farAway      = 300.0 // km; nearer places may be one place to a GeoIP database
	fastest      = 900.0 // km/h, an airliner
	remembered   = 50    // sign-ins that are looked at
)

// level weighs the signs: each counts one, those that only an attack explains count more.
func (s signs) level() string {
	points := 0
	for _, sign := range []struct {
		there  bool
		weight int
	}{
		{s.device, 1}, {s.network, 1}, {s.country, 1}, {s.travel, 2}, {s.failures >= someFailures, 1}, {s.failures >= manyFailures, 1},
	} {
		if sign.there {
			points += sign.weight
		}
	}
	switch {
	case points == 0:
		return ""
	case points == 1:
		return Low
	case points == 2:
		return Medium
	}
	return High
}

// compare looks for signs. Known are former sign-ins of the user, newest first; without any, nothing is unusual: the
// first sign-in is from somewhere. What is not known of a visitor is no sign.
func compare(now time.Time, e *Event, known []*Event, failures int) signs {
	s := signs{failures: failures}
	if len(known) == 0 {
		return s
	}
	has := func(of func(*Event) string) bool { // unlike all that say something
		mine, said := of(e), false
		if mine == "" {
			return false
		}
		for _, k := range known {
			theirs := of(k)
			if theirs == mine {
				return false
			}
			said = said || theirs != ""
		}
		return said
	}
	s.device = has(func(e *Event) string { return e.Print })
	s.network = has(func(e *Event) string { return network(Seen(e.Address, "").Address) })
	s.country = has(func(e *Event) string { return e.Place.Country })
	if last := known[0]; e.Place.Located && last.Place.Located && last.Response == string(account.Passed) {
		km := distance(e.Place, last.Place)
		hours := max(now.Sub(last.CreatedAt).Hours(), 0)
		s.travel = km > farAway && km > fastest*hours
	}
	return s
}

// distance is how far two places are apart, in kilometres along the surface (haversine).
func distance(a, b Place) float64 {
	const radius = 6371
	rad := func(d float64) float64 { return d * math.Pi / 180 }
	dy, dx := rad(b.Latitude-a.Latitude), rad(b.Longitude-a.Longitude)
	h := math.Pow(math.Sin(dy/2), 2) + math.Cos(rad(a.Latitude))*math.Cos(rad(b.Latitude))*math.Pow(math.Sin(dx/2), 2)
	return 2 * radius * math.Asin(math.Sqrt(min(h, 1)))
}
