// Package account is what people and administrators do to an account: sign up, confirm, be invited, forget and change
// a password, verify an attribute, be enabled, disabled, signed out and deleted. It owns codes and their limits. It
// leaves the truth about people to directory, sending to message and signing in to signin.
package account
