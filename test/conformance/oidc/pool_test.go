package oidc

// contradictions are the modules that a pool's own issuer fails, with what Cognito does instead.
var contradictions = map[string]string{
	"oidcc-userinfo-post-body": "userInfo takes the token in the header only",
	"oidcc-scope-email":        "email_verified is text in userInfo",
	"oidcc-scope-phone":        "phone_number_verified is text in userInfo",
	"oidcc-scope-address":      "there is no scope address",
	"oidcc-scope-all":          "there is no scope address",
	"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported":    "request_uri is ignored",
	"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": "request is ignored",
	"oidcc-discovery-endpoint-verification":                                        "the document has no claims_supported",
	"par-plain-pkce-rejected":                                                      "there are no pushed requests",
	"oidcc-rp-initiated-logout":                                                    "the logout endpoint knows logout_uri instead",
	"oidcc-rp-initiated-logout-no-state":                                           "the logout endpoint knows logout_uri instead",
	"oidcc-rp-initiated-logout-no-params":                                          "a logout without client_id ends on the page of errors, with 400",
	"oidcc-rp-initiated-logout-no-post-logout-redirect-uri":                        "a logout without client_id ends on the page of errors, with 400",
	"oidcc-rp-initiated-logout-only-state":                                         "a logout without client_id ends on the page of errors, with 400",
	"oidcc-backchannel-logout-discovery-endpoint-verification":                     "there is no back-channel logout",
	"oidcc-backchannel-rp-initiated-logout":                                        "there is no back-channel logout",
}
