package sts_test

import (
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/sts"
)

// under is a trust policy for identity pools with conditions, and tags.
func under(conditions string) string {
	return `{"Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
		"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{` + conditions + `}}}`
}

// TestATrustPolicysConditionsHaveEffect fails when a negation holds because nobody told the policy what is asked.
func TestATrustPolicysConditionsHaveEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tags := func(a *sts.Ask) { a.Web.Tags = map[string]string{"team": "blue"} }
	for what, c := range map[string]struct {
		condition string
		ask       func(*sts.Ask)
		want      bool
	}{
		"a session name":              {`"StringNotEquals":{"sts:RoleSessionName":"admin"}`, func(a *sts.Ask) { a.Session = "app" }, true},
		"a session name of another":   {`"StringNotEquals":{"sts:RoleSessionName":"admin"}`, func(a *sts.Ask) { a.Session = "admin" }, false},
		"an address":                  {`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, func(a *sts.Ask) { a.Address = "198.51.100.1" }, true},
		"an address that is kept out": {`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, func(a *sts.Ask) { a.Address = "192.0.2.7" }, false},
		"in its time":                 {`"DateLessThan":{"aws:CurrentTime":"2999-01-01T00:00:00Z"}`, nil, true},
		"after its time":              {`"DateLessThan":{"aws:CurrentTime":"2000-01-01T00:00:00Z"}`, nil, false},
		"tags":                        {`"ForAllValues:StringEquals":{"aws:TagKeys":"team"}`, tags, true},
		"tags of others":              {`"ForAllValues:StringNotEquals":{"aws:TagKeys":"team"}`, tags, false},
		"a tag's value":               {`"StringEquals":{"aws:RequestTag/Team":"blue"}`, tags, true},
		"a tag's other value":         {`"StringNotEquals":{"aws:RequestTag/Team":"blue"}`, tags, false},
	} {
		a := ask()
		if c.ask != nil {
			c.ask(&a)
		}
		_, err := w.sessions(t, func(r *sts.RoleConfig) {
			r.Trust = under(`"ForAnyValue:StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},` + c.condition)
		}).Assume(t.Context(), a)
		if got := err == nil; got != c.want {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Both actions are asked with the tags: one that is let in with any tags lets nobody in whose tags the other refuses.
	_, err := w.sessions(t, func(r *sts.RoleConfig) {
		const who = `"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"}`
		r.Trust = `{"Statement":[{"Action":"sts:TagSession",` + who + `}},
			{"Action":"sts:AssumeRoleWithWebIdentity",` + who + `,"ForAllValues:StringEquals":{"aws:TagKeys":"project"}}}]}`
	}).Assume(t.Context(), ask(tags))
	if !fault.Is(err, fault.Denied, "") {
		t.Errorf("tags that the role does not invite: %v", err)
	}
}

func TestRolesThatTrustTooMuchOrAreNotUnderstoodAreRefused(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]sts.RoleConfig{
		"no ARN":               {Trust: trust},
		"the ARN of a user":    {ARN: "arn:aws:iam::123456789012:user/a", Trust: trust},
		"no trust policy":      {ARN: roleARN},
		"any audience":         {ARN: roleARN, Trust: `{"Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}}`},
		"everybody":            {ARN: roleARN, Trust: `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity"}}`},
		"every audience":       {ARN: roleARN, Trust: under(`"StringLike":{"cognito-identity.amazonaws.com:aud":"*"}`)},
		"a key of nobody's":    {ARN: roleARN, Trust: under(`"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},"StringNotEquals":{"aws:UserAgent":"x"}`)},
		"a policy of nonsense": {ARN: roleARN, Trust: trust, Policy: `{"Statement":{"Effect":"Allow","Action":"*"}}`},
		"a day":                {ARN: roleARN, Trust: trust, MaxSession: 24 * time.Hour},
	} {
		if _, err := sts.NewRoles([]sts.RoleConfig{c}); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	one := sts.RoleConfig{ARN: roleARN, Trust: trust}
	if _, err := sts.NewRoles([]sts.RoleConfig{one, one}); err == nil {
		t.Error("two roles of one ARN were taken")
	}
}
