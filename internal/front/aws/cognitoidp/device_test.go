package cognitoidp_test

import (
	"encoding/base64"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/password/srp"
)

// TestDeviceFromFirstSignInToForgetting fails when a device cannot be confirmed, shown, remembered, used or forgotten, by
// its owner or by an administrator.
func TestDeviceFromFirstSignInToForgetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.DeviceConfiguration = &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true}
	})
	client := w.client(pool)
	w.person(pool, "alice")
	got := w.signIn(client, "alice", goodPass)
	token, meta := got.AccessToken, got.NewDeviceMetadata
	if meta == nil || !strings.HasPrefix(*meta.DeviceKey, region+"_") || len(*meta.DeviceGroupKey) < 8 {
		t.Fatalf("got %s", w.wire.last())
	}
	salt := srp.NewSalt()
	confirm := &sdk.ConfirmDeviceInput{AccessToken: token, DeviceKey: meta.DeviceKey, DeviceName: new("laptop"),
		DeviceSecretVerifierConfig: &types.DeviceSecretVerifierConfigType{
			Salt:             new(base64.StdEncoding.EncodeToString(salt)),
			PasswordVerifier: new(base64.StdEncoding.EncodeToString(srp.Verifier(*meta.DeviceGroupKey, *meta.DeviceKey, "secret", salt))),
		}}
	other := *confirm
	other.DeviceKey = new(region + "_00000000-0000-4000-8000-000000000000")
	_, err := w.ConfirmDevice(t.Context(), &other)
	w.refused(err, "InvalidParameterException", "Invalid device key given.")
	asked, err := w.ConfirmDevice(t.Context(), confirm)
	w.check(err)
	if !asked.UserConfirmationNecessary {
		t.Errorf("got %s", w.wire.last())
	}
	_, err = w.ConfirmDevice(t.Context(), confirm)
	w.refused(err, "DeviceKeyExistsException", "Device already exists.")
	sub := w.sub(pool, "alice")
	_, err = w.GetDevice(t.Context(), &sdk.GetDeviceInput{AccessToken: token, DeviceKey: meta.DeviceKey})
	w.check(err)
	shown := strings.NewReplacer(*meta.DeviceKey, "KEY", *pool, "POOL", sub, "SUB").Replace(string(w.wire.last()))
	golden(t, "testdata/device.json", []byte(shown))
	_, err = w.UpdateDeviceStatus(t.Context(), &sdk.UpdateDeviceStatusInput{AccessToken: token, DeviceKey: meta.DeviceKey, DeviceRememberedStatus: "remembered"})
	w.check(err)
	devices, err := w.ListDevices(t.Context(), &sdk.ListDevicesInput{AccessToken: token})
	w.check(err)
	if len(devices.Devices) != 1 || attribute(devices.Devices[0], "dev:device_remembered_status") != "remembered" {
		t.Errorf("got %s", w.wire.last())
	}

	start := passwordFlow(client, "alice", goodPass)
	start.AuthParameters["DEVICE_KEY"] = *meta.DeviceKey
	first, err := w.InitiateAuth(t.Context(), start)
	w.check(err)
	if first.ChallengeName != "DEVICE_SRP_AUTH" {
		t.Fatalf("got %s", w.wire.last())
	}
	c := srp.NewClient()
	second, err := w.respond(client, "DEVICE_SRP_AUTH", nil, "USERNAME", "alice", "DEVICE_KEY", *meta.DeviceKey, "SRP_A", c.PublicA())
	w.check(err)
	p := second.ChallengeParameters
	claim, err := c.Sign(srp.Challenge{PoolName: *meta.DeviceGroupKey, UserID: *meta.DeviceKey, Salt: p["SALT"], PublicB: p["SRP_B"],
		SecretBlock: p["SECRET_BLOCK"]}, "secret", w.now.Now())
	w.check(err)
	out, err := w.respond(client, "DEVICE_PASSWORD_VERIFIER", nil, "USERNAME", "alice", "DEVICE_KEY", *meta.DeviceKey,
		"PASSWORD_CLAIM_SECRET_BLOCK", p["SECRET_BLOCK"], "PASSWORD_CLAIM_SIGNATURE", claim.Signature, "TIMESTAMP", claim.Timestamp)
	w.check(err)
	if out.AuthenticationResult == nil || out.AuthenticationResult.NewDeviceMetadata != nil {
		t.Errorf("got %s", w.wire.last())
	}

	_, err = w.AdminUpdateDeviceStatus(t.Context(), &sdk.AdminUpdateDeviceStatusInput{
		UserPoolId: pool, Username: new("alice"), DeviceKey: meta.DeviceKey, DeviceRememberedStatus: "not_remembered"})
	w.check(err)
	one, err := w.AdminGetDevice(t.Context(), &sdk.AdminGetDeviceInput{UserPoolId: pool, Username: new("alice"), DeviceKey: meta.DeviceKey})
	w.check(err)
	if attribute(*one.Device, "dev:device_remembered_status") != "not_remembered" {
		t.Errorf("got %s", w.wire.last())
	}
	_, err = w.AdminForgetDevice(t.Context(), &sdk.AdminForgetDeviceInput{UserPoolId: pool, Username: new("alice"), DeviceKey: meta.DeviceKey})
	w.check(err)
	_, err = w.ForgetDevice(t.Context(), &sdk.ForgetDeviceInput{AccessToken: token, DeviceKey: meta.DeviceKey})
	w.refused(err, "ResourceNotFoundException", "Device does not exist.")
	_, err = w.InitiateAuth(t.Context(), start)
	w.refused(err, "ResourceNotFoundException", "Device does not exist.")
	none, err := w.AdminListDevices(t.Context(), &sdk.AdminListDevicesInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	if len(none.Devices) != 0 {
		t.Errorf("got %s", w.wire.last())
	}
}

func attribute(d types.DeviceType, name string) string { return values(d.DeviceAttributes)[name] }

// sub gives the sub of a person.
func (w *world) sub(pool *string, name string) string {
	w.t.Helper()
	out, err := w.AdminGetUser(w.t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: &name})
	w.check(err)
	return values(out.UserAttributes)["sub"]
}

// TestUntrackedPoolsHaveNoDevices fails when a pool without device tracking hands out or takes device keys.
func TestUntrackedPoolsHaveNoDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	start := passwordFlow(client, "alice", goodPass)
	start.AuthParameters["DEVICE_KEY"] = region + "_00000000-0000-4000-8000-000000000000"
	out, err := w.InitiateAuth(t.Context(), start)
	w.check(err)
	if out.AuthenticationResult == nil || out.AuthenticationResult.NewDeviceMetadata != nil {
		t.Fatalf("got %s", w.wire.last())
	}
	_, err = w.ConfirmDevice(t.Context(), &sdk.ConfirmDeviceInput{AccessToken: out.AuthenticationResult.AccessToken, DeviceKey: new(start.AuthParameters["DEVICE_KEY"])})
	w.refused(err, "InvalidParameterException", "Invalid device key given.")
}
