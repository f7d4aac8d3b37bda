package cognitoidp

import (
	"context"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func (s *Service) confirmDevice(ctx context.Context, in *idp.ConfirmDeviceRequest) (*idp.ConfirmDeviceResponse, error) {
	access, err := s.access(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	audit.NoteProven(ctx, access.Pool.ID, access.User.ID)
	if access.Claims.DeviceKey != member.Text(in.DeviceKey) {
		return nil, fault.Invalidf("Invalid device key given.")
	}
	n := factor.NewDevice{Key: member.Text(in.DeviceKey), Name: member.Text(in.DeviceName), Address: aws.CallFrom(ctx).RemoteAddr}
	if c := in.DeviceSecretVerifierConfig; c != nil {
		n.Salt, n.Verifier = member.Text(c.Salt), member.Text(c.PasswordVerifier)
	}
	ask, err := s.Factors.ConfirmDevice(ctx, access.Pool, access.User.ID, n)
	return &idp.ConfirmDeviceResponse{UserConfirmationNecessary: new(ask)}, err
}

func (s *Service) getDevice(ctx context.Context, in *idp.GetDeviceRequest) (*idp.GetDeviceResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	d, err := s.Factors.Device(ctx, self.Pool.ID, self.User.ID, member.Text(in.DeviceKey))
	if err != nil {
		return nil, err
	}
	return &idp.GetDeviceResponse{Device: s.deviceAnswer(self.Pool, self.User, *d)}, nil
}

func (s *Service) adminGetDevice(ctx context.Context, in *idp.AdminGetDeviceRequest) (*idp.AdminGetDeviceResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	d, err := s.Factors.Device(ctx, pool.ID, user.ID, member.Text(in.DeviceKey))
	if err != nil {
		return nil, err
	}
	return &idp.AdminGetDeviceResponse{Device: s.deviceAnswer(pool, user, *d)}, nil
}

func (s *Service) listDevices(ctx context.Context, in *idp.ListDevicesRequest) (*idp.ListDevicesResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return s.devices(ctx, self.Pool, self.User, in.Limit, in.PaginationToken)
}

func (s *Service) adminListDevices(ctx context.Context, in *idp.AdminListDevicesRequest) (*idp.AdminListDevicesResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	out, err := s.devices(ctx, pool, user, in.Limit, in.PaginationToken)
	if err != nil {
		return nil, err
	}
	return new(idp.AdminListDevicesResponse(*out)), nil
}

// devices is one page of a user's devices.
func (s *Service) devices(ctx context.Context, pool *directory.Pool, user *directory.User, limit *int32, token *string) (*idp.ListDevicesResponse, error) {
	page, err := s.Factors.DevicePage(ctx, pool.ID, user.ID, member.Count(limit), member.Text(token))
	if err != nil {
		return nil, err
	}
	out := &idp.ListDevicesResponse{Devices: []idp.DeviceType{}, PaginationToken: member.Given(page.Next)}
	for _, d := range page.Items {
		out.Devices = append(out.Devices, *s.deviceAnswer(pool, user, d))
	}
	return out, nil
}

func (s *Service) updateDeviceStatus(ctx context.Context, in *idp.UpdateDeviceStatusRequest) (*idp.UpdateDeviceStatusResponse, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.remember(ctx, self.Pool, self.User, in.DeviceKey, in.DeviceRememberedStatus)
}

func (s *Service) adminUpdateDeviceStatus(ctx context.Context, in *idp.AdminUpdateDeviceStatusRequest) (*idp.AdminUpdateDeviceStatusResponse, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.remember(ctx, pool, user, in.DeviceKey, in.DeviceRememberedStatus)
}

// remember sets the status of a device; a request without one changes nothing.
func (s *Service) remember(ctx context.Context, pool *directory.Pool, user *directory.User, key, status *string) error {
	if status == nil {
		_, err := s.Factors.Device(ctx, pool.ID, user.ID, member.Text(key))
		return err
	}
	return s.Factors.RememberDevice(ctx, pool, user.ID, member.Text(key), member.Text(status) == idp.DeviceRememberedStatusTypeRemembered)
}

func (s *Service) forgetDevice(ctx context.Context, in *idp.ForgetDeviceRequest) (*awsjson.Empty, error) {
	self, err := s.self(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return nil, s.Factors.ForgetDevice(ctx, self.Pool.ID, self.User.ID, member.Text(in.DeviceKey))
}

func (s *Service) adminForgetDevice(ctx context.Context, in *idp.AdminForgetDeviceRequest) (*awsjson.Empty, error) {
	pool, user, err := s.user(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	return nil, s.Factors.ForgetDevice(ctx, pool.ID, user.ID, member.Text(in.DeviceKey))
}

// deviceAnswer writes a device with the attributes that AWS gives it.
func (s *Service) deviceAnswer(pool *directory.Pool, user *directory.User, d factor.Device) *idp.DeviceType {
	status := idp.DeviceRememberedStatusTypeNotRemembered
	if d.Remembered {
		status = idp.DeviceRememberedStatusTypeRemembered
	}
	attributes := []directory.Value{
		{Name: "device_status", Value: "valid"},
		{Name: "device_name", Value: d.Name},
		{Name: "dev:device_arn", Value: "arn:aws:cognito-idp:" + pool.Region + ":" + s.Account + ":owner/" + pool.Region + "." + pool.ID + "." + user.ID + "/device/" + d.Key},
		{Name: "dev:device_owner", Value: pool.Region + "." + pool.ID + "." + user.ID},
		{Name: "last_ip_used", Value: d.Address},
		{Name: "dev:device_remembered_status", Value: status},
		{Name: "dev:device_sdk", Value: "aws-sdk"},
	}
	var known []directory.Value
	for _, a := range attributes {
		if a.Value != "" {
			known = append(known, a)
		}
	}
	return &idp.DeviceType{
		DeviceKey: new(d.Key), DeviceAttributes: shape.AttributesAnswer(known), DeviceCreateDate: awsjson.At(d.CreatedAt),
		DeviceLastModifiedDate: awsjson.At(d.ModifiedAt), DeviceLastAuthenticatedDate: awsjson.At(d.AuthenticatedAt),
	}
}
