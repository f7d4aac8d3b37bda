package cognitoidp

import (
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// Register puts every operation that is served into the table. docs/standards.md lists the others.
func Register(table *awsjson.Table, s *Service) {
	awsjson.Handle(table, idp.CreateUserPool, s.createUserPool)
	awsjson.Handle(table, idp.DescribeUserPool, s.describeUserPool)
	awsjson.Handle(table, idp.UpdateUserPool, s.updateUserPool)
	awsjson.Handle(table, idp.DeleteUserPool, s.deleteUserPool)
	awsjson.Handle(table, idp.ListUserPools, s.listUserPools)
	awsjson.Handle(table, idp.AddCustomAttributes, s.addCustomAttributes)
	awsjson.Handle(table, idp.TagResource, s.tagResource)
	awsjson.Handle(table, idp.UntagResource, s.untagResource)
	awsjson.Handle(table, idp.ListTagsForResource, s.listTagsForResource)
	awsjson.Handle(table, idp.GetUserPoolMfaConfig, s.getUserPoolMfaConfig)
	awsjson.Handle(table, idp.SetUserPoolMfaConfig, s.setUserPoolMfaConfig)

	awsjson.Handle(table, idp.CreateUserPoolClient, s.createUserPoolClient)
	awsjson.Handle(table, idp.DescribeUserPoolClient, s.describeUserPoolClient)
	awsjson.Handle(table, idp.UpdateUserPoolClient, s.updateUserPoolClient)
	awsjson.Handle(table, idp.DeleteUserPoolClient, s.deleteUserPoolClient)
	awsjson.Handle(table, idp.ListUserPoolClients, s.listUserPoolClients)
	awsjson.Handle(table, idp.AddUserPoolClientSecret, s.addUserPoolClientSecret)
	awsjson.Handle(table, idp.ListUserPoolClientSecrets, s.listUserPoolClientSecrets)
	awsjson.Handle(table, idp.DeleteUserPoolClientSecret, s.deleteUserPoolClientSecret)

	awsjson.Handle(table, idp.CreateResourceServer, s.createResourceServer)
	awsjson.Handle(table, idp.DescribeResourceServer, s.describeResourceServer)
	awsjson.Handle(table, idp.UpdateResourceServer, s.updateResourceServer)
	awsjson.Handle(table, idp.DeleteResourceServer, s.deleteResourceServer)
	awsjson.Handle(table, idp.ListResourceServers, s.listResourceServers)

	awsjson.Handle(table, idp.CreateGroup, s.createGroup)
	awsjson.Handle(table, idp.GetGroup, s.getGroup)
	awsjson.Handle(table, idp.UpdateGroup, s.updateGroup)
	awsjson.Handle(table, idp.DeleteGroup, s.deleteGroup)
	awsjson.Handle(table, idp.ListGroups, s.listGroups)
	awsjson.Handle(table, idp.AdminAddUserToGroup, s.adminAddUserToGroup)
	awsjson.Handle(table, idp.AdminRemoveUserFromGroup, s.adminRemoveUserFromGroup)
	awsjson.Handle(table, idp.AdminListGroupsForUser, s.adminListGroupsForUser)
	awsjson.Handle(table, idp.ListUsersInGroup, s.listUsersInGroup)

	awsjson.Handle(table, idp.AdminCreateUser, s.adminCreateUser)
	awsjson.Handle(table, idp.AdminGetUser, s.adminGetUser)
	awsjson.Handle(table, idp.AdminDeleteUser, s.adminDeleteUser)
	awsjson.Handle(table, idp.AdminEnableUser, s.adminEnableUser)
	awsjson.Handle(table, idp.AdminDisableUser, s.adminDisableUser)
	awsjson.Handle(table, idp.AdminUpdateUserAttributes, s.adminUpdateUserAttributes)
	awsjson.Handle(table, idp.AdminDeleteUserAttributes, s.adminDeleteUserAttributes)
	awsjson.Handle(table, idp.AdminConfirmSignUp, s.adminConfirmSignUp)
	awsjson.Handle(table, idp.AdminResetUserPassword, s.adminResetUserPassword)
	awsjson.Handle(table, idp.AdminSetUserPassword, s.adminSetUserPassword)
	awsjson.Handle(table, idp.AdminUserGlobalSignOut, s.adminUserGlobalSignOut)
	awsjson.Handle(table, idp.AdminGetUserAuthFactors, s.adminGetUserAuthFactors)
	awsjson.Handle(table, idp.ListUsers, s.listUsers)

	awsjson.Handle(table, idp.SignUp, s.signUp)
	awsjson.Handle(table, idp.ConfirmSignUp, s.confirmSignUp)
	awsjson.Handle(table, idp.ResendConfirmationCode, s.resendConfirmationCode)
	awsjson.Handle(table, idp.ForgotPassword, s.forgotPassword)
	awsjson.Handle(table, idp.ConfirmForgotPassword, s.confirmForgotPassword)

	awsjson.Handle(table, idp.InitiateAuth, s.initiateAuth)
	awsjson.Handle(table, idp.RespondToAuthChallenge, s.respondToAuthChallenge)
	awsjson.Handle(table, idp.AdminInitiateAuth, s.adminInitiateAuth)
	awsjson.Handle(table, idp.AdminRespondToAuthChallenge, s.adminRespondToAuthChallenge)
	awsjson.Handle(table, idp.GetTokensFromRefreshToken, s.getTokensFromRefreshToken)
	awsjson.Handle(table, idp.RevokeToken, s.revokeToken)
	awsjson.Handle(table, idp.GetClientToken, s.getClientToken)

	awsjson.Handle(table, idp.GetUser, s.getUser)
	awsjson.Handle(table, idp.UpdateUserAttributes, s.updateUserAttributes)
	awsjson.Handle(table, idp.DeleteUserAttributes, s.deleteUserAttributes)
	awsjson.Handle(table, idp.GetUserAttributeVerificationCode, s.getUserAttributeVerificationCode)
	awsjson.Handle(table, idp.VerifyUserAttribute, s.verifyUserAttribute)
	awsjson.Handle(table, idp.ChangePassword, s.changePassword)
	awsjson.Handle(table, idp.GetUserAuthFactors, s.getUserAuthFactors)
	awsjson.Handle(table, idp.GlobalSignOut, s.globalSignOut)
	awsjson.Handle(table, idp.DeleteUser, s.deleteUser)

	registerPoolParts(table, s)

	registerFactors(table, s)
}
