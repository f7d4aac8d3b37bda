package cognitoidp

import (
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// registerFactors puts the operations on second factors, passkeys, devices and sessions into the table.
func registerFactors(table *awsjson.Table, s *Service) {
	awsjson.Handle(table, idp.AssociateSoftwareToken, s.associateSoftwareToken)
	awsjson.Handle(table, idp.VerifySoftwareToken, s.verifySoftwareToken)
	awsjson.Handle(table, idp.AdminDeleteSoftwareToken, s.adminDeleteSoftwareToken)
	awsjson.Handle(table, idp.SetUserMFAPreference, s.setUserMFAPreference)
	awsjson.Handle(table, idp.AdminSetUserMFAPreference, s.adminSetUserMFAPreference)
	awsjson.Handle(table, idp.SetUserSettings, s.setUserSettings)
	awsjson.Handle(table, idp.AdminSetUserSettings, s.adminSetUserSettings)

	awsjson.Handle(table, idp.StartWebAuthnRegistration, s.startWebAuthnRegistration)
	awsjson.Handle(table, idp.CompleteWebAuthnRegistration, s.completeWebAuthnRegistration)
	awsjson.Handle(table, idp.ListWebAuthnCredentials, s.listWebAuthnCredentials)
	awsjson.Handle(table, idp.DeleteWebAuthnCredential, s.deleteWebAuthnCredential)

	awsjson.Handle(table, idp.ConfirmDevice, s.confirmDevice)
	awsjson.Handle(table, idp.GetDevice, s.getDevice)
	awsjson.Handle(table, idp.ListDevices, s.listDevices)
	awsjson.Handle(table, idp.UpdateDeviceStatus, s.updateDeviceStatus)
	awsjson.Handle(table, idp.ForgetDevice, s.forgetDevice)
	awsjson.Handle(table, idp.AdminGetDevice, s.adminGetDevice)
	awsjson.Handle(table, idp.AdminListDevices, s.adminListDevices)
	awsjson.Handle(table, idp.AdminUpdateDeviceStatus, s.adminUpdateDeviceStatus)
	awsjson.Handle(table, idp.AdminForgetDevice, s.adminForgetDevice)

	awsjson.Handle(table, idp.ListUserSessions, s.listUserSessions)
	awsjson.Handle(table, idp.AdminListUserSessions, s.adminListUserSessions)
	awsjson.Handle(table, idp.RevokeUserSession, s.revokeUserSession)
	awsjson.Handle(table, idp.AdminRevokeUserSession, s.adminRevokeUserSession)
	awsjson.Handle(table, idp.GetUserPoolSessionConfiguration, s.getUserPoolSessionConfiguration)
	awsjson.Handle(table, idp.SetUserPoolSessionConfiguration, s.setUserPoolSessionConfiguration)
	awsjson.Handle(table, idp.GetUserPoolClientSessionConfiguration, s.getUserPoolClientSessionConfiguration)
	awsjson.Handle(table, idp.SetUserPoolClientSessionConfiguration, s.setUserPoolClientSessionConfiguration)
}
