package limit

import (
	"context"
	"slices"
	"strings"
)

// Cognito's categories of user pool operations.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#category_operations
const (
	UserAuthentication     = "UserAuthentication"
	UserCreation           = "UserCreation"
	UserFederation         = "UserFederation"
	UserAccountRecovery    = "UserAccountRecovery"
	UserRead               = "UserRead"
	UserUpdate             = "UserUpdate"
	UserToken              = "UserToken"
	UserResourceRead       = "UserResourceRead"
	UserResourceUpdate     = "UserResourceUpdate"
	UserList               = "UserList"
	UserPoolRead           = "UserPoolRead"
	UserPoolUpdate         = "UserPoolUpdate"
	UserPoolResourceRead   = "UserPoolResourceRead"
	UserPoolResourceUpdate = "UserPoolResourceUpdate"
	UserPoolClientRead     = "UserPoolClientRead"
	UserPoolClientUpdate   = "UserPoolClientUpdate"
	ClientAuthentication   = "ClientAuthentication"
	LimitManagement        = "LimitManagement"
)

// category is one row of Cognito's quotas.
type category struct {
	free       int // requests a second
	adjustable bool
}

func categories() map[string]category {
	return map[string]category{
		UserAuthentication: {120, true}, UserCreation: {50, true}, UserFederation: {25, true}, UserAccountRecovery: {30, false},
		UserRead: {120, true}, UserUpdate: {25, false}, UserToken: {120, true}, UserResourceRead: {50, true},
		UserResourceUpdate: {25, false}, UserList: {30, false}, UserPoolRead: {15, false}, UserPoolUpdate: {15, false},
		UserPoolResourceRead: {20, false}, UserPoolResourceUpdate: {15, false}, UserPoolClientRead: {15, false},
		UserPoolClientUpdate: {15, false}, ClientAuthentication: {150, false}, LimitManagement: {1, false},
	}
}

// userOperations says which category an operation counts for, where its name does not say it already.
var userOperations = map[string]string{
	"InitiateAuth": UserAuthentication, "AdminInitiateAuth": UserAuthentication, "GetTokensFromRefreshToken": UserAuthentication,
	"RespondToAuthChallenge": UserAuthentication, "AdminRespondToAuthChallenge": UserAuthentication, "GetClientToken": ClientAuthentication,

	"SignUp": UserCreation, "ConfirmSignUp": UserCreation, "AdminCreateUser": UserCreation, "AdminConfirmSignUp": UserCreation,

	"ChangePassword": UserAccountRecovery, "ForgotPassword": UserAccountRecovery, "ConfirmForgotPassword": UserAccountRecovery,
	"AdminResetUserPassword": UserAccountRecovery, "AdminSetUserPassword": UserAccountRecovery,

	"AdminGetUser": UserRead, "GetUser": UserRead, "AdminGetUserAuthFactors": UserRead, "GetUserAuthFactors": UserRead,

	"AdminAddUserToGroup": UserUpdate, "AdminRemoveUserFromGroup": UserUpdate, "AdminUpdateUserAttributes": UserUpdate,
	"UpdateUserAttributes": UserUpdate, "AdminDeleteUserAttributes": UserUpdate, "DeleteUserAttributes": UserUpdate,
	"AdminDeleteUser": UserUpdate, "DeleteUser": UserUpdate, "AdminEnableUser": UserUpdate, "AdminDisableUser": UserUpdate,
	"AdminLinkProviderForUser": UserUpdate, "AdminDisableProviderForUser": UserUpdate, "VerifyUserAttribute": UserUpdate,
	"GlobalSignOut": UserUpdate, "AdminUserGlobalSignOut": UserUpdate, "RevokeUserSession": UserUpdate, "AdminRevokeUserSession": UserUpdate,

	"RevokeToken": UserToken,

	"GetDevice": UserResourceRead, "AdminGetDevice": UserResourceRead, "ListDevices": UserResourceRead, "AdminListDevices": UserResourceRead,
	"AdminListGroupsForUser": UserResourceRead, "GetUserAttributeVerificationCode": UserResourceRead,
	"ResendConfirmationCode": UserResourceRead, "AdminListUserAuthEvents": UserResourceRead, "ListWebAuthnCredentials": UserResourceRead,
	"ListUserSessions": UserResourceRead, "AdminListUserSessions": UserResourceRead,

	"ConfirmDevice": UserResourceUpdate, "ForgetDevice": UserResourceUpdate, "AdminForgetDevice": UserResourceUpdate,
	"UpdateDeviceStatus": UserResourceUpdate, "AdminUpdateDeviceStatus": UserResourceUpdate, "SetUserMFAPreference": UserResourceUpdate,
	"AdminSetUserMFAPreference": UserResourceUpdate, "SetUserSettings": UserResourceUpdate, "AdminSetUserSettings": UserResourceUpdate,
	"AssociateSoftwareToken": UserResourceUpdate, "VerifySoftwareToken": UserResourceUpdate, "AdminDeleteSoftwareToken": UserResourceUpdate,
	"UpdateAuthEventFeedback": UserResourceUpdate, "AdminUpdateAuthEventFeedback": UserResourceUpdate,
	"StartWebAuthnRegistration": UserResourceUpdate, "CompleteWebAuthnRegistration": UserResourceUpdate, "DeleteWebAuthnCredential": UserResourceUpdate,

	"ListUsers": UserList, "ListUsersInGroup": UserList,

	"DescribeUserPool": UserPoolRead, "ListUserPools": UserPoolRead, "CreateUserPool": UserPoolUpdate, "UpdateUserPool": UserPoolUpdate,
	"DeleteUserPool": UserPoolUpdate,

	"DescribeUserPoolClient": UserPoolClientRead, "ListUserPoolClients": UserPoolClientRead, "CreateUserPoolClient": UserPoolClientUpdate,
	"UpdateUserPoolClient": UserPoolClientUpdate, "DeleteUserPoolClient": UserPoolClientUpdate,

	"GetProvisionedLimit": LimitManagement, "UpdateProvisionedLimit": LimitManagement,
}

// identityOperations are the quotas of identity pool operations, each by itself.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
var identityOperations = map[string]int{
	"GetId": 25, "GetOpenIdToken": 200, "GetCredentialsForIdentity": 200, "GetOpenIdTokenForDeveloperIdentity": 50,
	"ListIdentities": 5, "DeleteIdentities": 10, "TagResource": 5, "UntagResource": 5, "ListTagsForResource": 10,
}

// CategoryOf is the category of a user pool operation: what is about a pool's parts is read or changed.
func CategoryOf(operation string) string {
	if c := userOperations[operation]; c != "" {
		return c
	}
	if slices.ContainsFunc([]string{"Describe", "List", "Get"}, func(p string) bool { return strings.HasPrefix(operation, p) }) {
		return UserPoolResourceRead
	}
	return UserPoolResourceUpdate
}

// answersPerAttempt is how many challenges may be answered for each sign-in before answers count as sign-ins.
const answersPerAttempt = 3

// Operation asks whether an operation may be carried out now. Services without quotas here are not limited.
func (g *Gate) Operation(ctx context.Context, service, operation string) error {
	if g == nil {
		return nil
	}
	switch service {
	case "cognito-idp":
		if strings.HasSuffix(operation, "RespondToAuthChallenge") {
			return g.Answer(ctx)
		}
		return g.Category(ctx, CategoryOf(operation))
	case "cognito-identity":
		n := identityOperations[operation]
		if n == 0 {
			return nil
		}
		_, err := g.take(ctx, byCategory, operation, "operation:"+service+":"+operation, perSecond(n))
		return err
	}
	return nil
}

// Category asks whether one more request of a category may come now.
func (g *Gate) Category(ctx context.Context, name string) error {
	if g == nil {
		return nil
	}
	n, err := g.rates.current(ctx, name)
	if err != nil {
		return err
	}
	_, err = g.take(ctx, byCategory, name, "category:"+name, perSecond(n))
	return err
}

// Answer is Category for the answer to a challenge: it counts for UserAuthentication only where there are more than
// three for each sign-in.
func (g *Gate) Answer(ctx context.Context) error {
	if g == nil {
		return nil
	}
	n, err := g.rates.current(ctx, UserAuthentication)
	if err != nil {
		return err
	}
	_, ok, err := g.leases.take(ctx, "answers", perSecond(answersPerAttempt*n))
	if ok || err != nil {
		return err
	}
	return g.Category(ctx, UserAuthentication)
}

// The quotas of a pool's endpoints and pages, per second.
const (
	perSite        = 500
	perSiteAddress = 300
	perSiteClient  = 300
)

// Site asks whether one more request may come to the endpoints and pages of a pool from an address.
func (g *Gate) Site(ctx context.Context, poolID, address string) error {
	if g == nil {
		return nil
	}
	if err := g.share(ctx, byAddress, "site-address:"+poolID+":"+address[:min(len(address), 64)], perSiteAddress); err != nil {
		return err
	}
	return g.share(ctx, bySite, "site:"+poolID, perSite)
}

// Client asks whether one more request may come there for a client, which has been authenticated: else anybody could use
// up what is its.
func (g *Gate) Client(ctx context.Context, poolID, clientID string) error {
	if g == nil {
		return nil
	}
	return g.share(ctx, byClient, "site-client:"+poolID+":"+clientID, perSiteClient)
}

// share takes one of so many a second. A node gives a tenth of them without asking: most sites and addresses never need
// more, and so no write.
func (g *Gate) share(ctx context.Context, kind, key string, limit int) error {
	r := perSecond(limit)
	r.Free = limit / 10
	_, err := g.take(ctx, kind, "", key, r)
	return err
}
