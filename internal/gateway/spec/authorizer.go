package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/outbound"
)

func (z *Authorizer) fill(kind Kind) error {
	if !nameForm.MatchString(z.Name) || z.Name == None {
		return fmt.Errorf("%q cannot be a name", z.Name)
	}
	if z.TTL == nil {
		ttl := map[Kind]time.Duration{REST: usualTTL}[kind]
		z.TTL = &ttl
	}
	if *z.TTL < 0 || *z.TTL > MaxTTL {
		return fmt.Errorf("ttl: it is from 0 to %s", MaxTTL)
	}
	if z.Revocation == "" {
		z.Revocation = Immediate
	}
	if z.Revocation != Immediate && z.Revocation != Off {
		return fmt.Errorf("revocation: %q is neither immediate nor off", z.Revocation)
	}
	given := len(z.Sources) > 0
	if !given {
		z.Sources = []string{"$request.header.Authorization"}
	}
	for _, s := range z.Sources {
		if !sourceForm.MatchString(s) {
			return fmt.Errorf("sources: %q is no $request.header.NAME, $request.querystring.NAME, $context.NAME or $stageVariables.NAME", s)
		}
	}
	if len(z.Sources) > maxSource {
		return fmt.Errorf("sources: there may be %d", maxSource)
	}
	if z.Validation != "" {
		if _, err := regexp.Compile(z.Validation); err != nil {
			return fmt.Errorf("validation: %w", err)
		}
	}
	if err := z.foreign(kind); err != nil {
		return err
	}
	switch z.Kind {
	case Cognito:
		return z.fillCognito(kind)
	case JWT:
		return z.fillJWT(kind)
	case Lambda:
		return z.fillLambda(kind, given)
	case IAM:
		return nil
	}
	return fmt.Errorf("type: %q is none of cognito, jwt, lambda and iam", z.Kind)
}

// foreign refuses settings that belong to authorizers of another kind: they would have no effect.
func (z *Authorizer) foreign(kind Kind) error {
	for name, s := range map[string]struct {
		there bool
		of    []string
	}{
		"pools":    {len(z.Pools) > 0, []string{Cognito}},
		"issuer":   {z.Issuer != "", []string{JWT}},
		"audience": {len(z.Audience) > 0, []string{JWT}},
		"function": {z.Function != "", []string{Lambda}},
		"payload":  {z.Payload != "", []string{Lambda}},
		"simple":   {z.Simple, []string{Lambda}},
	} {
		if s.there && !slices.Contains(s.of, z.Kind) {
			return fmt.Errorf("%s: an authorizer of type %s has none", name, z.Kind)
		}
	}
	if z.Validation != "" && (kind != REST || z.Kind == IAM || z.Kind == Lambda && z.Payload == PayloadRequest) {
		return errors.New("validation: this authorizer has none")
	}
	return nil
}

func (z *Authorizer) fillCognito(kind Kind) error {
	if kind != REST {
		return errors.New("type: cognito is for APIs of type rest; those of type http have jwt")
	}
	if len(z.Pools) == 0 {
		return errors.New("pools: at least one is needed")
	}
	for i, p := range z.Pools {
		z.Pools[i] = p[strings.LastIndexByte(p, '/')+1:]
		if !poolForm.MatchString(z.Pools[i]) {
			return fmt.Errorf("pools: %q is no id or ARN of a user pool", p)
		}
	}
	if len(z.Sources) != 1 || !strings.HasPrefix(z.Sources[0], "$request.header.") {
		return errors.New("sources: it is one header")
	}
	return nil
}

func (z *Authorizer) fillJWT(kind Kind) error {
	if kind != HTTP {
		return errors.New("type: jwt is for APIs of type http; those of type rest have cognito")
	}
	if err := outbound.Check(z.Issuer, false); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	if len(z.Audience) == 0 || len(z.Audience) > 50 {
		return errors.New("audience: there are 1 to 50")
	}
	if len(z.Sources) != 1 || !strings.HasPrefix(z.Sources[0], "$request.") {
		return errors.New("sources: it is one header or one parameter of the query")
	}
	if *z.TTL != 0 {
		return errors.New("ttl: results of jwt are not kept")
	}
	return nil
}

func (z *Authorizer) fillLambda(kind Kind, sources bool) error {
	if z.Payload == "" {
		z.Payload = map[Kind]string{REST: PayloadToken, HTTP: Payload2}[kind]
	}
	allowed := map[Kind][]string{REST: {PayloadToken, PayloadRequest}, HTTP: {Payload1, Payload2}}[kind]
	switch {
	case z.Function == "":
		return errors.New("function is missing")
	case !slices.Contains(allowed, z.Payload):
		return fmt.Errorf("payload: %q is none of %s", z.Payload, strings.Join(allowed, ", "))
	case z.Simple && z.Payload != Payload2:
		return errors.New("simple: it goes with the payload 2.0 only")
	case z.Payload == PayloadToken && (len(z.Sources) != 1 || !strings.HasPrefix(z.Sources[0], "$request.header.")):
		return errors.New("sources: for the payload token it is one header")
	}
	if !sources && z.Payload != PayloadToken {
		z.Sources = nil
		if *z.TTL > 0 && kind == REST {
			z.TTL = new(time.Duration) // nothing to keep results by
		}
	}
	if *z.TTL > 0 && len(z.Sources) == 0 {
		return errors.New("ttl: results are kept by sources, and there are none")
	}
	return nil
}
