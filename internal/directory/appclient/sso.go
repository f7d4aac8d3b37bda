package appclient

import (
	"time"

	"cognate.dev/cognate/internal/fault"
)

// For how long a client can reuse a browser's sign-in.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-user-sessions.html
const (
	defaultSSO = 60      // minutes
	maxSSO     = 129_600 // minutes, 90 days
	// MaxSSO is the longest time for which a client can reuse a browser's sign-in.
	MaxSSO = maxSSO * time.Minute
)

// SSOMinutes is for how many minutes after a sign-in the client takes the browser's word for it.
func (c *Client) SSOMinutes() int {
	if c.SSO == nil {
		return defaultSSO
	}
	return *c.SSO
}

// CheckSSO refuses a number of minutes out of bounds.
func CheckSSO(minutes int) error {
	if minutes < 0 || minutes > maxSSO {
		return fault.Invalidf("MaxValidityMinutes must be between 0 and %d.", maxSSO)
	}
	return nil
}
