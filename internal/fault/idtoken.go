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

// ExpiredIDToken is one that was good once.
func ExpiredIDToken(expires, now time.Time) *Fault {
	return Newf(Denied, Stale, "Invalid login token. Token expired: %d >= %d", expires.Unix(), now.Unix())
}
