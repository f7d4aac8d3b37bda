package userpool

import "cognate.dev/cognate/internal/fault"

// How many token sessions a user can have.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-user-sessions.html
const (
	defaultSessions = 20
	maxSessions     = 100
)

// SessionTracking is what SetUserPoolSessionConfiguration replaces. UpdateUserPool does not touch it.
type SessionTracking struct {
	Enabled    bool `json:"enabled,omitempty"`
	MaxPerUser int  `json:"max_per_user,omitempty"` // token sessions; 0: 20
}

// Most is how many token sessions a user can have.
func (s SessionTracking) Most() int {
	if s.MaxPerUser == 0 {
		return defaultSessions
	}
	return s.MaxPerUser
}

// Check refuses numbers out of bounds.
func (s SessionTracking) Check() error {
	if s.MaxPerUser < 1 || s.MaxPerUser > maxSessions {
		return fault.Invalidf("MaxPerUser must be between 1 and %d.", maxSessions)
	}
	return nil
}

// CheckManagesSessions refuses session management where the feature plan lacks it.
func (p *Pool) CheckManagesSessions() error {
	if p.Tier == TierLite {
		return FeatureMissing("Session management", p.Tier)
	}
	return nil
}
