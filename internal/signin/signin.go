// Package signin is the state machine between a username and tokens: flows, challenges and the sealed sessions
// between them. Lockout, expiry, replay and the order of steps belong to the machine, so that no challenge can forget
// them. It leaves tokens to token, passwords to password and people to directory.
package signin
