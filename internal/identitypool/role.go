package identitypool

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

// The words of role mappings.
const (
	byToken           = "Token"
	byRules           = "Rules"
	authenticatedRole = "AuthenticatedRole"
	deny              = "Deny"
	maxRules          = 25
)

var roleForm = regexp.MustCompile(`^arn:aws[\w-]*:iam::[0-9]{12}:role/.+$`)

// checkRoles obeys
// https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetIdentityPoolRoles.html
func (p *Pool) checkRoles() error {
	for _, arn := range p.Roles {
		if !roleForm.MatchString(arn) {
			return foreignARN(arn)
		}
	}
	for key, m := range p.Mappings {
		if err := p.checkMapping(key, m); err != nil {
			return err
		}
	}
	return nil
}

func (p *Pool) checkMapping(key string, m Mapping) error {
	userPool := slices.ContainsFunc(p.UserPools, func(u UserPool) bool { return u.Provider+":"+u.Client == key })
	switch {
	case !userPool && (userPoolForm.MatchString(key) || !p.has(key)):
		return fault.Invalidf("(%s) is not a valid RoleMapping ProviderName or is not a configured provider.", key)
	case m.Ambiguous != authenticatedRole && m.Ambiguous != deny:
		return fault.Invalidf("RoleMappings: AmbiguousRoleResolution of %s must be set.", key)
	case m.Type == byToken && !userPool:
		return fault.Invalidf("RoleMappings: only tokens of user pools name roles; %s needs rules.", key)
	case m.Type == byToken && len(m.Rules) > 0:
		return fault.Invalidf("RoleMappings: %s has the type Token and rules.", key)
	case m.Type == byRules && (len(m.Rules) == 0 || len(m.Rules) > maxRules):
		return fault.Invalidf("RoleMappings: %s must have 1 to %d rules.", key, maxRules)
	}
	for _, r := range m.Rules {
		if !roleForm.MatchString(r.Role) {
			return fault.Invalidf("%s is not the ARN of a role.", r.Role)
		}
	}
	return nil
}

// The answers when no role is found.
func badConfiguration() *fault.Fault {
	return fault.New(fault.Misconfigured, "", "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
}

// foreignARN is the answer to what is not the ARN of a role, in the words that it is refused with at AWS.
// https://github.com/aws/aws-sdk-js/issues/908
func foreignARN(arn string) *fault.Fault {
	return fault.Deniedf("Access to Role '%s' is forbidden.", arn)
}

// noRole says that the mapping of a key leads to no role.
// https://github.com/aws-amplify/amplify-js/issues/8644
func noRole(key string) *fault.Fault {
	return fault.Deniedf("The ambiguous role mapping rules for: %s denied this request.", key)
}

func foreignRole() *fault.Fault {
	return fault.Deniedf("The role in CustomRoleArn is not one that this identity may choose.")
}

// The ways to a role.
const (
	ByWish    = "wish"    // the app asked for it
	ByMapping = "mapping" // the role mapping of the provider leads to it
	AsUsual   = "usual"   // it is the pool's own
)

// roleOf chooses the role of an identity by what its logins say, and tells the way. Custom is the role that the caller wishes for: it
// must be one that the caller could have anyway.
// https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
func (p *Pool) roleOf(proofs []proof, custom string) (role, way string, err error) {
	usual := p.Roles[sts.Unauthenticated]
	if len(proofs) > 0 {
		usual = p.Roles[sts.Authenticated]
		for _, one := range proofs {
			if m, key := called(p.Mappings, one); key != "" {
				return m.choose(key, one.claims, custom, usual)
			}
		}
	}
	switch {
	case custom != "" && custom != usual:
		return "", "", foreignRole()
	case usual == "":
		return "", "", badConfiguration()
	}
	return usual, AsUsual, nil
}

// choose is roleOf by the mapping of a key.
func (m Mapping) choose(key string, claims map[string]any, custom, usual string) (role, way string, err error) {
	roles, preferred := m.offered(claims)
	switch {
	case custom != "" && slices.Contains(roles, custom):
		return custom, ByWish, nil
	case custom != "":
		return "", "", foreignRole()
	case preferred != "":
		return preferred, ByMapping, nil
	case m.Ambiguous == deny:
		return "", "", noRole(key)
	case usual == "":
		return "", "", badConfiguration()
	}
	return usual, AsUsual, nil
}

// offered are the roles that claims lead to, and the one that is taken when nobody chooses; it is one of them.
func (m Mapping) offered(claims map[string]any) (roles []string, preferred string) {
	if m.Type == byToken {
		roles = values(claims["cognito:roles"])
		if preferred, _ = claims["cognito:preferred_role"].(string); !slices.Contains(roles, preferred) {
			preferred = ""
		}
		return roles, preferred
	}
	for _, r := range m.Rules {
		if r.matches(claims) {
			roles = append(roles, r.Role)
		}
	}
	if len(roles) > 0 {
		preferred = roles[0]
	}
	return roles, preferred
}

// matches compares a claim; one that is absent matches nothing. A list matches when one of its values does, and for NotEqual
// when none is equal.
func (r Rule) matches(claims map[string]any) bool {
	list := values(claims[r.Claim])
	if len(list) == 0 {
		return false
	}
	switch r.Match {
	case "Equals":
		return slices.Contains(list, r.Value)
	case "NotEqual":
		return !slices.Contains(list, r.Value)
	case "Contains":
		return slices.ContainsFunc(list, func(v string) bool { return strings.Contains(v, r.Value) })
	case "StartsWith":
		return slices.ContainsFunc(list, func(v string) bool { return strings.HasPrefix(v, r.Value) })
	}
	return false
}

// values are those of a claim as text: one, or those of a list. Objects have none.
func values(claim any) []string {
	switch v := claim.(type) {
	case nil, map[string]any:
		return nil
	case []any:
		var out []string
		for _, one := range v {
			out = append(out, values(one)...)
		}
		return out
	}
	return []string{fmt.Sprint(claim)}
}
