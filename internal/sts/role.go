package sts

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"regexp"
	"time"

	"cognate.dev/cognate/internal/kit/iampolicy"
)

// RoleConfig is a role that identities can get credentials of.
type RoleConfig struct {
	ARN        string        `yaml:"arn" doc:"arn:aws:iam::ACCOUNT:role/NAME"`
	Trust      string        `yaml:"trust" given:"start" doc:"trust policy, JSON as at IAM: who may assume the role (Principal Federated, Action sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML) and under which conditions"`
	Policy     string        `yaml:"policy" given:"start" doc:"policy, JSON as at IAM: what its credentials may do; empty: nothing"`
	MaxSession time.Duration `yaml:"max_session" doc:"how long its credentials may live at most, 15m to 12h; 0 means 1h"`
}

// The bounds of a session.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
const (
	shortest = 15 * time.Minute
	longest  = 12 * time.Hour
	usual    = time.Hour
)

// CognitoIdentity is the name under which trust policies know identity pools.
const CognitoIdentity = "cognito-identity.amazonaws.com"

// Roles are the roles that there are: those of the configuration. They never change.
type Roles struct{ byARN map[string]*role }

type role struct {
	arn, account, name string
	id                 string // AROA…
	trust              *iampolicy.Trust
	policy             *iampolicy.Document // nil: its credentials may do nothing
	longest            time.Duration
}

var roleForm = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// NewRoles reads roles. What is not understood in a policy is an error, as is a role that trusts a provider whoever its
// tokens are for.
func NewRoles(list []RoleConfig) (*Roles, error) {
	r := &Roles{byARN: map[string]*role{}}
	for i, c := range list {
		one, err := c.read()
		if err == nil && r.byARN[c.ARN] != nil {
			err = errors.New("there are two roles of this ARN")
		}
		if err != nil {
			return nil, fmt.Errorf("roles[%d] (%s): %w", i, c.ARN, err)
		}
		r.byARN[c.ARN] = one
	}
	return r, nil
}

func (c RoleConfig) read() (*role, error) {
	account, name, ok := roleName(c.ARN)
	if !ok || !roleForm.MatchString(name) {
		return nil, errors.New("arn: it is none of a role")
	}
	sum := sha256.Sum256([]byte(c.ARN))
	r := &role{arn: c.ARN, account: account, name: name, longest: c.MaxSession, id: "AROA" + base32.StdEncoding.EncodeToString(sum[:10])}
	if r.longest == 0 {
		r.longest = usual
	}
	if r.longest < shortest || r.longest > longest {
		return nil, fmt.Errorf("max_session: it must be between %s and %s", shortest, longest)
	}
	var err error
	if r.trust, err = iampolicy.ParseTrust([]byte(c.Trust)); err != nil {
		return nil, fmt.Errorf("trust: %w", err)
	}
	if provider := r.trust.Unconditioned("Federated", audienceKey); provider != "" {
		return nil, fmt.Errorf("trust: it must say whose tokens of %s count, by a condition on %s", provider, audienceKey(provider))
	}
	for _, key := range r.trust.Keys() {
		if !asked(key) {
			return nil, fmt.Errorf("trust: nobody says anything about the condition key %s when a role is assumed", key)
		}
	}
	if c.Policy == "" {
		return r, nil
	}
	if r.policy, err = iampolicy.Parse([]byte(c.Policy)); err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return r, nil
}
