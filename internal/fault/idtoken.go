package fault

import "time"

// What is wrong with an ID token that somebody brings, in the sentences of Amazon Cognito identity pools.

// NoIDToken is something that is none.
func NoIDToken() *Fault {
	return Deniedf("Invalid login token. Not a valid OpenId Connect identity token.")
}

// UnsignedIDToken is one whose signature is not its issuer's.
func UnsignedIDToken() *Fault { return Deniedf("Invalid login token. Couldn't verify signed token.") }

// ForeignIDToken is one of another issuer.
func ForeignIDToken() *Fault {
	return Deniedf("Invalid login token. Issuer doesn't match providerName")
}

// IDTokenForAnother is one that was made for another client.
func IDTokenForAnother() *Fault { return Deniedf("Invalid login token. Incorrect token audience.") }

// NoAudience is an access token of a user pool, which says nothing of for whom it was made.
// https://github.com/amazon-archives/amazon-cognito-identity-js/issues/12
func NoAudience() *Fault { return Deniedf("Invalid login token. Missing a required claim: aud") }

// ExpiredIDToken is one that was good once. The cause is a Lapse.
// https://github.com/aws-amplify/aws-sdk-ios/issues/2570 has the order of the two times.
func ExpiredIDToken(expires, now time.Time) *Fault {
	return Newf(Denied, Stale, "Invalid login token. Token expired: %d >= %d", now.Unix(), expires.Unix()).Because(&Lapse{Now: now, End: expires})
}

// Lapse is when something was looked at, and when it had ended: for fronts that say it in other words.
type Lapse struct{ Now, End time.Time }

// Error is for the log.
func (l *Lapse) Error() string { return "it ended " + l.Now.Sub(l.End).String() + " ago" }
