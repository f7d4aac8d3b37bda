// Package token mints, verifies, refreshes and revokes the tokens of a user pool: RS256 ID and access tokens with
// Cognito's claims, and opaque encrypted refresh tokens. It leaves keys to key, people to directory and the
// question whether somebody may have a token to its callers.
package token
