package limit

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
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

// stsOperations is the quota of all operations of the Security Token Service together.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const stsOperations = 600

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

// Cognito's quotas within categories, per second.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#operation-quotas
const (
	perPoolOperation = 5  // of one operation about the parts or clients of one pool
	perUser          = 10 // of reads, and of writes, of one user
)

// Narrow tells which quotas an operation has besides that of its category: one for each pool and operation, and one for
// each user.
func Narrow(operation string) (pool, user bool) {
	switch CategoryOf(operation) {
	case UserPoolResourceRead, UserPoolResourceUpdate, UserPoolClientRead, UserPoolClientUpdate:
		return true, false
	case UserRead, UserResourceRead, UserUpdate, UserResourceUpdate:
		return false, true
	}
	return false, false
}

// Pool asks whether one more call of an operation may come now for a pool, by its id. Each node counts for itself: these
// quotas keep single pools and users from taking what is everybody's, and are not worth a write for each request.
func (g *Gate) Pool(ctx context.Context, operation, poolID string) error {
	if g == nil || g.poolOperation < 0 {
		return nil
	}
	if pool, _ := Narrow(operation); !pool || poolID == "" {
		return nil
	}
	_, err := g.take(ctx, byPool, CategoryOf(operation), "pool:"+operation+":"+short(poolID), Rule{Free: cmp.Or(g.poolOperation, perPoolOperation), Per: time.Second})
	return err
}

// User is Pool for the operations about one user, by what the caller calls it. Reads and writes are counted apart.
func (g *Gate) User(ctx context.Context, operation, poolID, user string) error {
	if g == nil || g.user < 0 {
		return nil
	}
	if _, one := Narrow(operation); !one || user == "" {
		return nil
	}
	kind := "read:"
	if c := CategoryOf(operation); c == UserUpdate || c == UserResourceUpdate {
		kind = "write:"
	}
	_, err := g.take(ctx, byUser, CategoryOf(operation), "user:"+kind+short(poolID)+":"+short(user), Rule{Free: cmp.Or(g.user, perUser), Per: time.Second})
	return err
}

// short bounds what a key takes in memory.
func short(s string) string { return s[:min(len(s), 160)] }

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
	case "sts":
		_, err := g.take(ctx, byCategory, "sts", "operation:sts", perSecond(stsOperations))
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
