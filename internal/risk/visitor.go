package risk

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"strings"

	"cognate.dev/cognate/internal/kit/agent"
)

// Visitor is where a request comes from, as far as that says something about a person. The zero value says nothing: a
// backend calls, and does not tell for whom.
type Visitor struct {
	Address   netip.Addr // invalid: unknown
	Agent     string     // the User-Agent header
	DeviceID  string     // what the client's own script calls the device; anybody can send anything
	Timezone  string     // likewise
	RequestID string
}

type visitorKey struct{}

// WithVisitor puts a visitor into a context.
func WithVisitor(ctx context.Context, v Visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

// VisitorOf gives the visitor of a context, if somebody has said who it is.
func VisitorOf(ctx context.Context) (Visitor, bool) {
	v, ok := ctx.Value(visitorKey{}).(Visitor)
	return v, ok
}

func visitorOf(ctx context.Context) Visitor {
	v, _ := VisitorOf(ctx)
	return v
}

// Seen makes a visitor from an address, with a port or without, and a User-Agent header.
func Seen(address, userAgent string) Visitor {
	v := Visitor{Agent: short(userAgent)}
	if a, err := netip.ParseAddr(address); err == nil {
		v.Address = a.Unmap().WithZone("")
	} else if p, err := netip.ParseAddrPort(address); err == nil {
		v.Address = p.Addr().Unmap().WithZone("")
	}
	return v
}

// Encoded adds what Amazon's script for browsers and apps has collected (EncodedData). It is a hint and no more: the
// client could write it as it likes. What cannot be read is left out.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-viewing-threat-protection-app.html
func (v Visitor) Encoded(data string) Visitor {
	if data == "" || len(data) > maxEncoded {
		return v
	}
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return v
	}
	var outer struct {
		Payload string `json:"payload"`
	}
	var inner struct {
		Context map[string]any `json:"contextData"`
	}
	if json.Unmarshal(raw, &outer) != nil || json.Unmarshal([]byte(outer.Payload), &inner) != nil {
		return v
	}
	text := func(names ...string) string {
		for _, name := range names {
			if s, ok := inner.Context[name].(string); ok && s != "" {
				return short(s)
			}
		}
		return ""
	}
	v.DeviceID, v.Timezone = text("DeviceId"), text("ClientTimezone", "Timezone")
	if v.Agent == "" {
		v.Agent = text("UserAgent")
	}
	return v
}

const maxEncoded = 16 << 10

// deviceName is what people read.
func (v Visitor) deviceName() string {
	if v.Agent == "" {
		return ""
	}
	return agent.Describe(v.Agent)
}

// print tells devices apart, as well as can be: by a key that the user has confirmed, by the script's word, or by what
// kind of browser or app it is. It is empty when nothing is known.
func (v Visitor) print(deviceKey string) string {
	var what string
	switch {
	case deviceKey != "":
		what = "key:" + deviceKey
	case v.DeviceID != "":
		what = "id:" + v.DeviceID
	case v.Agent != "":
		what = "agent:" + agent.Describe(v.Agent)
	default:
		return ""
	}
	sum := sha256.Sum256([]byte(what))
	return hex.EncodeToString(sum[:8])
}

// network is the neighbourhood of an address: what a provider gives to one place.
func network(a netip.Addr) string {
	bits := 24
	if a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil || !a.IsValid() {
		return ""
	}
	return p.String()
}

// short makes text from outside small, and one that every database takes.
func short(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), 256)], ""), "\x00", "")
}
