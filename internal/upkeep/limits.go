package upkeep

import (
	"context"

	"cognate.dev/cognate/internal/fault"
)

// Limit is how many requests a second the operations of a category may make together.
type Limit struct {
	Category    string
	Free        int // what every account has
	Provisioned int // what is set; Free unless somebody asked for more
}

// category is one row of Cognito's quotas.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#category_operations
type category struct {
	free       int
	adjustable bool
}

// categories are Cognito's.
func categories() map[string]category {
	return map[string]category{
		"UserAuthentication": {120, true}, "UserCreation": {50, true}, "UserFederation": {25, true},
		"UserAccountRecovery": {30, false}, "UserRead": {120, true}, "UserUpdate": {25, false}, "UserToken": {120, true},
		"UserResourceRead": {50, true}, "UserResourceUpdate": {25, false}, "UserList": {30, false}, "UserPoolRead": {15, false},
		"UserPoolUpdate": {15, false}, "UserPoolResourceRead": {20, false}, "UserPoolResourceUpdate": {15, false},
		"UserPoolClientRead": {15, false}, "UserPoolClientUpdate": {15, false}, "ClientAuthentication": {150, false},
		"LimitManagement": {1, false},
	}
}

// maxLimit keeps a typing error from being believed.
const maxLimit = 1_000_000

// Limits sets and gives request limits.
type Limits struct{ store Store }

// Get gives the limit of a category.
func (l *Limits) Get(ctx context.Context, name string) (Limit, error) {
	c, ok := categories()[name]
	if !ok {
		return Limit{}, fault.Missingf("There is no API category %s.", name)
	}
	set, err := l.store.Provisioned(ctx, name)
	if err != nil {
		return Limit{}, err
	}
	return Limit{Category: name, Free: c.free, Provisioned: max(set, c.free)}, nil
}

// Set raises the limit of a category, or lowers it again, but not below what is free.
func (l *Limits) Set(ctx context.Context, name string, value int) (Limit, error) {
	c, ok := categories()[name]
	switch {
	case !ok:
		return Limit{}, fault.Missingf("There is no API category %s.", name)
	case value < c.free:
		return Limit{}, fault.Invalidf("The limit of %s cannot be less than %d.", name, c.free)
	case !c.adjustable && value != c.free, value > maxLimit:
		return Limit{}, fault.Newf(fault.Limited, fault.Quota, "The limit of %s cannot be raised to %d.", name, value)
	}
	if err := l.store.Provision(ctx, name, value); err != nil {
		return Limit{}, err
	}
	return l.Get(ctx, name)
}
