package signin

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// flow is a way to begin.
type flow struct {
	name   string
	allow  string // the flow that the client must allow
	public bool   // open to InitiateAuth
	admin  bool   // open to AdminInitiateAuth
	needs  string // a parameter besides USERNAME
	first  Kind   // the first challenge
	inline bool   // the answer to it comes along
}

// flows is every way to begin, but for refresh tokens, which need no machine.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
func flows() []flow {
	return []flow{
		{name: "USER_PASSWORD_AUTH", allow: directory.FlowPassword, public: true, needs: "PASSWORD", first: Password, inline: true},
		{name: "USER_SRP_AUTH", allow: directory.FlowSRP, public: true, admin: true, needs: "SRP_A", first: PasswordVerifier},
		{name: "ADMIN_USER_PASSWORD_AUTH", allow: directory.FlowAdminPassword, admin: true, needs: "PASSWORD", first: Password, inline: true},
		{name: "ADMIN_NO_SRP_AUTH", allow: directory.FlowAdminPassword, admin: true, needs: "PASSWORD", first: Password, inline: true},
		{name: flowCustom, allow: directory.FlowCustom, public: true, admin: true},
		{name: flowChoice, allow: directory.FlowChoice, public: true, admin: true},
	}
}

const (
	flowCustom = "CUSTOM_AUTH"
	flowChoice = "USER_AUTH"
)

func isRefresh(name string) bool { return name == "REFRESH_TOKEN_AUTH" || name == "REFRESH_TOKEN" }

// flowOf finds the flow of a start and refuses one of the other operation.
func flowOf(s Start) (flow, error) {
	for _, f := range flows() {
		if f.name != s.Flow {
			continue
		}
		if s.Admin && !f.admin || !s.Admin && !f.public {
			return flow{}, noSuchFlow()
		}
		return f, nil
	}
	return flow{}, noSuchFlow()
}

func noSuchFlow() error { return fault.Invalidf("Initiate Auth method not supported.") }

// allowed refuses a flow that the client or this server has not switched on.
func (f flow) allowed(s Start) error {
	if !s.Client.Allows(f.allow) {
		return notEnabled(s)
	}
	return nil
}

func notEnabled(s Start) error {
	switch {
	case s.Flow == "USER_SRP_AUTH", s.Flow == flowCustom: // these two have a sentence of their own, in either operation
		return fault.Invalidf("%s is not enabled for the client.", s.Flow)
	case s.Admin:
		return fault.Invalidf("Auth flow not enabled for this client")
	}
	return fault.Invalidf("%s flow not enabled for this client", s.Flow)
}
