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
func (r *Request) readLevels() *Refusal {
	if r.Pool.Tier == "LITE" {
		return nil
	}
	for _, name := range strings.Fields(r.one("acr_values")) {
		if slices.Contains(r.Pool.ACR(), name) {
			r.Levels = append(r.Levels, name)
		}
	}
	return nil
}

// Strong tells whether a session that is there already is of the level that the client asks for, if it asks for one.
func (r *Request) Strong(s *Session) bool { return r.strong(s, false) }

func (r *Request) level(name string) int { return slices.Index(r.Pool.ACR(), name) + 1 }

// strong tells whether a session is of a level that the client asks for. A sign-in for this request was asked for the first
// level that its person can reach, so any of them will do; an older session must have the first one, since its person may
// be able to reach it. Who was vouched for by an outside provider is as strong as that says.
func (r *Request) strong(s *Session, fresh bool) bool {
	if len(r.Levels) == 0 || s.Provider != Local {
		return true
	}
	need := r.level(r.Levels[0])
	if fresh {
		for _, name := range r.Levels {
			need = min(need, r.level(name))
		}
	}
	return token.Level(s.AMR) >= need
}

// reached is the name of the level of a session; empty where none was asked for. Tokens then say it, and how.
func (r *Request) reached(s *Session) string {
	level := token.Level(s.AMR)
	if len(r.Levels) == 0 || level == 0 {
		return ""
	}
	return r.Pool.ACR()[level-1]
}

// fresh tells whether somebody has signed in since the request was made.
func (r *Request) fresh(s *Session) bool { return !s.AuthTime.Before(r.StartedAt.Add(-skew)) }
