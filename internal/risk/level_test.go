package risk

import (
	"testing"
	"time"
)

// TestSignsMakeALevel fails when a sign counts for more or less than docs/protection.md says.
func TestSignsMakeALevel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signs signs
		want  string
	}{
		"nothing":                   {signs{}, ""},
		"two failures":              {signs{failures: 2}, ""},
		"three failures":            {signs{failures: 3}, Low},
		"ten failures":              {signs{failures: 10}, Medium},
		"a device":                  {signs{device: true}, Low},
		"a network":                 {signs{network: true}, Low},
		"a network elsewhere":       {signs{network: true, country: true}, Medium},
		"a device and a network":    {signs{device: true, network: true}, Medium},
		"everything new":            {signs{device: true, network: true, country: true}, High},
		"too fast":                  {signs{travel: true}, Medium},
		"too fast and a network":    {signs{travel: true, network: true}, High},
		"a device after failures":   {signs{device: true, failures: 3}, Medium},
		"all after many failures":   {signs{true, true, true, true, 10}, High},
		"a network after many more": {signs{network: true, failures: 10}, High},
	} {
		if got := c.signs.level(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestSignsAreFound fails when a sign-in like a former one looks new, or one unlike all of them looks known.
func TestSignsAreFound(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	berlin := Place{Country: "Germany", Latitude: 52.5, Longitude: 13.4, Located: true}
	munich := Place{Country: "Germany", Latitude: 48.1, Longitude: 11.6, Located: true}
	sydney := Place{Country: "Australia", Latitude: -33.9, Longitude: 151.2, Located: true}
	at := func(ago time.Duration, address, print string, p Place) *Event {
		return &Event{CreatedAt: now.Add(-ago), Facts: Facts{Type: SignIn, Response: "Pass", Address: address, Print: print, Place: p}}
	}
	home := at(time.Hour, "192.0.2.1", "phone", berlin)
	for name, c := range map[string]struct {
		event *Event
		known []*Event
		want  signs
	}{
		"the first sign-in":           {at(0, "192.0.2.1", "phone", berlin), nil, signs{}},
		"at home":                     {at(0, "192.0.2.99", "phone", berlin), []*Event{home}, signs{}},
		"nothing is known":            {at(0, "", "", Place{}), []*Event{home}, signs{}},
		"nothing was known":           {at(0, "192.0.2.1", "phone", berlin), []*Event{at(time.Hour, "", "", Place{})}, signs{}},
		"another device":              {at(0, "192.0.2.1", "laptop", berlin), []*Event{home}, signs{device: true}},
		"a device of long ago":        {at(0, "192.0.2.1", "laptop", berlin), []*Event{home, at(500*time.Hour, "192.0.2.1", "laptop", berlin)}, signs{}},
		"another network":             {at(0, "198.51.100.1", "phone", berlin), []*Event{home}, signs{network: true}},
		"an IPv6 neighbour":           {at(0, "2001:db8:1::9", "phone", berlin), []*Event{at(time.Hour, "2001:db8:1:2::1", "phone", berlin)}, signs{}},
		"an IPv6 stranger":            {at(0, "2001:db8:2::9", "phone", berlin), []*Event{at(time.Hour, "2001:db8:1:2::1", "phone", berlin)}, signs{network: true}},
		"a train ride":                {at(0, "192.0.2.1", "phone", munich), []*Event{home}, signs{}},
		"the other end of the world":  {at(0, "192.0.2.1", "phone", sydney), []*Event{home}, signs{country: true, travel: true}},
		"after a day, it is possible": {at(0, "192.0.2.1", "phone", sydney), []*Event{at(24*time.Hour, "192.0.2.1", "phone", berlin)}, signs{country: true}},
		"back from there":             {at(0, "192.0.2.1", "phone", berlin), []*Event{at(time.Hour, "192.0.2.1", "phone", sydney), home}, signs{travel: true}},
		"a clock that went back":      {at(0, "192.0.2.1", "phone", sydney), []*Event{at(-time.Hour, "192.0.2.1", "phone", berlin)}, signs{country: true, travel: true}},
	} {
		if got := compare(now, c.event, c.known, 0); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// FuzzEncoded fails when what a client says of itself crashes the server or becomes long.
func FuzzEncoded(f *testing.F) {
	f.Add("eyJwYXlsb2FkIjoie1wiY29udGV4dERhdGFcIjp7XCJEZXZpY2VJZFwiOlwieFwifX0ifQ==")
	f.Add("e30=")
	f.Fuzz(func(t *testing.T, data string) {
		v := Visitor{}.Encoded(data)
		if len(v.DeviceID)+len(v.Timezone)+len(v.Agent) > 3*256 {
			t.Error(len(v.DeviceID), len(v.Timezone), len(v.Agent))
		}
	})
}
