// Package oidc re-tells the modules of the OpenID Foundation's conformance plans for providers, each under its own name:
// Basic, Config, PKCE, RP-initiated and back-channel logout. They drive a provider over HTTP as the suite does, and are
// proven against a certified provider that is not ours before they judge ours.
// https://openid.net/certification/connect_op_testing/
package oidc
