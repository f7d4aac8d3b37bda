package authorize

import (
	"slices"
	"strings"

	"cognate.dev/cognate/internal/token"
)

// Unmet is the code for a person who cannot reach any level that the client asks for. OpenID Connect Core Error Code
// unmet_authentication_requirements 1.0.
const Unmet = "unmet_authentication_requirements"

// readLevels reads acr_values: the names of levels that the client prefers, the strongest wish first. Names that the pool
// does not have are ignored, and where the pool's tier has no step-up all are, as in Cognito.
// https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html#authorization-endpoint-step-up
//
// On a strict site it is a wish and no more: whoever can reach none of it signs in all the same, and the tokens say how.
// What a client cannot do without it asks for as an essential claim. OpenID Connect Core sections 3.1.2.1 and 5.5.1.1.
func (r *Request) readLevels() *Refusal {
	names := strings.Fields(r.one("acr_values"))
	if r.Issuer == "" {
		if r.Pool.Tier != "LITE" {
			r.wish(names)
		}
		return nil
	}
	if r.acr.asked() {
		names = r.acr.names()
	}
	r.wish(names)
	switch {
	case len(names) == 0:
	case r.acr.Essential && len(r.Levels) == 0:
		return r.Refuse(Unmet, "there is no such authentication context class")
	case !r.acr.Essential && len(r.Levels) > 0:
		r.Levels = append(r.Levels, r.Pool.ACR()[0])
	}
	return nil
}

// wish keeps the names that are known: the pool's, and on strict sites those of strict issuers.
func (r *Request) wish(names []string) {
	for _, name := range names {
		pools := slices.Contains(r.Pool.ACR(), name)
		if pools || r.Issuer != "" && token.Demand(r.Pool, name) > 0 {
			r.Levels = append(r.Levels, name)
			r.ownWords = r.ownWords || !pools
		}
	}
}

// acrClaim is how a client asks for the claim acr: one of some values, perhaps as essential.
type acrClaim struct {
	Essential bool     `json:"essential"`
	Value     string   `json:"value"`
	Values    []string `json:"values"`
}

func (c acrClaim) names() []string {
	if c.Value != "" {
		return []string{c.Value}
	}
	return c.Values
}

func (c acrClaim) asked() bool { return len(c.names()) > 0 }

// Strong tells whether a session that is there already is of the level that the client asks for, if it asks for one.
func (r *Request) Strong(s *Session) bool { return r.strong(s, false) }

// Settle says that a session has the first level that its person can reach: what is stronger counts for nothing any more.
func (r *Request) Settle(s *Session) {
	r.Levels = slices.DeleteFunc(r.Levels, func(name string) bool { return !r.has(s, name) })
}

func (r *Request) has(s *Session, level string) bool {
	if demand := token.Demand(r.Pool, level); s.Level > 0 && demand <= highest {
		return s.Level >= demand
	}
	return token.Meets(s.AMR, token.Demand(r.Pool, level))
}

// strong tells whether a session is of a level that the client asks for. A sign-in for this request was asked for the first
// level that its person can reach, so any of them will do; an older session must have the first one, since its person may
// be able to reach it. Who was vouched for by an outside provider is as strong as that says, if it says how strong: then it is asked
// again for a stronger level than it has said.
func (r *Request) strong(s *Session, fresh bool) bool {
	switch outside := s.Provider != Local; {
	case len(r.Levels) == 0, outside && (fresh || s.Level == 0):
		return true
	case !fresh:
		return r.has(s, r.Levels[0])
	}
	return slices.ContainsFunc(r.Levels, func(name string) bool { return r.has(s, name) })
}

// reached is the name of the level of a session; empty where none was asked for by the pool's names. Tokens then say it, and
// how.
func (r *Request) reached(s *Session) string {
	level := token.Level(s.AMR)
	if s.Provider != Local {
		level = s.Level
	}
	if len(r.Levels) == 0 || level == 0 || r.ownWords {
		return ""
	}
	return r.Pool.ACR()[level-1]
}

// highest is the highest level.
const highest = 4

// Wanted are the levels that the client asks for, 1 to 4, the strongest wish first.
func (r *Request) Wanted() []int {
	var out []int
	for _, name := range r.Levels {
		if level := token.Demand(r.Pool, name); level <= highest {
			out = append(out, level)
		}
	}
	return out
}

// fresh tells whether somebody has signed in since the request was made.
func (r *Request) fresh(s *Session) bool { return !s.AuthTime.Before(r.StartedAt.Add(-skew)) }
