package metadata

import (
	"encoding/xml"
	"time"

	"github.com/crewjam/saml"
)

// life is how long an element says that it may be used; what is zero, or cannot be read, it does not say.
type life struct {
	until time.Time
	keep  time.Duration
}

// lifeOf reads validUntil and cacheDuration. SAML metadata section 2.3.1.
func lifeOf(attributes []xml.Attr) (l life) {
	for _, a := range attributes {
		switch a.Name.Local {
		case "validUntil":
			if at, err := time.Parse(time.RFC3339, a.Value); err == nil {
				l.until = at.UTC()
			}
		case "cacheDuration":
			var d saml.Duration
			if d.UnmarshalText([]byte(a.Value)) == nil && d > 0 {
				l.keep = time.Duration(d)
			}
		}
	}
	return l
}

// within is the shorter life.
func (l life) within(outer life) life {
	if !outer.until.IsZero() && (l.until.IsZero() || outer.until.Before(l.until)) {
		l.until = outer.until
	}
	if outer.keep > 0 && (l.keep == 0 || outer.keep < l.keep) {
		l.keep = outer.keep
	}
	return l
}

// Fresh tells whether a document that was fetched a while ago may still be used.
func (m *Metadata) Fresh(now time.Time, age time.Duration) bool {
	return (m.ValidUntil.IsZero() || now.Before(m.ValidUntil)) && (m.KeepFor == 0 || age < m.KeepFor)
}
