// Package cognito is a UserMigration function that needs no code: it signs somebody whom the directory does not know in at
// another Cognito with the password that was typed, and answers with what is known of them there. It leaves making the
// user to trigger and every other event to other transports.
package cognito

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/kit/awscall"
	"cognate.dev/cognate/internal/trigger/event"
	"cognate.dev/cognate/internal/trigger/function"
)

// Config says where people come from. Without a client there is nowhere.
type Config struct {
	Endpoint            string   `yaml:"endpoint" doc:"aws (Amazon Cognito in the region), or the URL of another Cognito: https, or http to this machine"`
	Region              string   `yaml:"region" doc:"its region"`
	ClientID            string   `yaml:"client_id" doc:"app client there, with USER_PASSWORD_AUTH, or ADMIN_USER_PASSWORD_AUTH if user_pool_id is set"`
	ClientSecret        string   `yaml:"client_secret" given:"start" doc:"its secret, if it has one"`
	ClientSecretFile    string   `yaml:"client_secret_file" doc:"file that holds the secret instead"`
	UserPoolID          string   `yaml:"user_pool_id" doc:"its user pool; with it calls are signed, and people who forgot their password or have MFA can come, too"`
	AccessKeyID         string   `yaml:"access_key_id" doc:"access key for signed calls; empty means what AWS SDKs find"`
	SecretAccessKey     string   `yaml:"secret_access_key" given:"start" doc:"its secret"`
	SecretAccessKeyFile string   `yaml:"secret_access_key_file" doc:"file that holds it instead"`
	Attributes          []string `yaml:"attributes" doc:"attributes to bring; none means all, which the pool here must then have"`
	DropMFA             bool     `yaml:"drop_mfa" doc:"also bring people whose second factor cannot come along (authenticator app, email): their password alone is then enough to take the account over"`
	Plain               bool     `yaml:"plain" doc:"allow http to other machines; calls carry passwords"`
}

// aws is the endpoint that stands for Amazon Cognito itself.
const aws = "aws"

// Configured reports whether there is a client.
func (c Config) Configured() bool { return c.ClientID != "" }

// Check refuses a configuration that cannot work or is not safe.
func (c Config) Check() error {
	switch {
	case c.Region == "":
		return errors.New("cognito: region is missing")
	case c.ClientSecret != "" && c.ClientSecretFile != "":
		return errors.New("cognito: give one of client_secret and client_secret_file")
	case (c.AccessKeyID != "") != (c.SecretAccessKey != "" || c.SecretAccessKeyFile != "") || c.SecretAccessKey != "" && c.SecretAccessKeyFile != "":
		return errors.New("cognito: access_key_id belongs together with secret_access_key or secret_access_key_file")
	case c.AccessKeyID != "" && c.UserPoolID == "":
		return errors.New("cognito: an access key is of use with user_pool_id only")
	case c.Endpoint == aws:
		return nil
	}
	if err := awscall.CheckEndpoint(c.Endpoint, c.Plain); err != nil {
		return fmt.Errorf("cognito: endpoint: %w, or set plain where the network is trusted", err)
	}
	return nil
}

// Pool is the way to the other Cognito. Safe for concurrent use.
type Pool struct {
	Config
	secret string
	calls  *awscall.Client
}

// New opens the way of a configuration that Check accepts.
func New(ctx context.Context, c Config) (*Pool, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	p := &Pool{Config: c, secret: c.ClientSecret}
	if c.ClientSecretFile != "" {
		raw, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("cognito: read client_secret_file: %w", err)
		}
		p.secret = strings.TrimSpace(string(raw))
	}
	service := awscall.Service{Endpoint: c.Endpoint, Region: c.Region, Name: "cognito-idp", Target: "AWSCognitoIdentityProviderService"}
	if c.Endpoint == aws {
		service.Endpoint = "https://cognito-idp." + c.Region + ".amazonaws.com"
	}
	if c.UserPoolID == "" {
		p.calls = awscall.New(service, nil)
		return p, nil
	}
	keys, err := awscall.Keys(ctx, c.AccessKeyID, c.SecretAccessKey, c.SecretAccessKeyFile)
	if err != nil {
		return nil, fmt.Errorf("cognito: %w", err)
	}
	p.calls = awscall.New(service, keys)
	return p, nil
}

// Close lets idle connections go.
func (p *Pool) Close() error {
	p.calls.Close()
	return nil
}

// Invoke answers a UserMigration event. Whoever is not known there, or typed a wrong password, is an event with an empty
// response: nobody. https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
func (p *Pool) Invoke(ctx context.Context, _ string, raw []byte) ([]byte, error) {
	var e event.Event[event.MigrationRequest, event.MigrationResponse]
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, &function.Failure{Name: "InvalidRequestContentException", Cause: err}
	}
	var who *person
	var err error
	switch e.TriggerSource {
	case event.MigrateAtSignIn:
		who, err = p.signIn(ctx, e.UserName, e.Request.Password)
	case event.MigrateAtReset:
		if p.UserPoolID != "" {
			who, err = p.look(ctx, e.UserName)
		}
	default:
		return nil, &function.Failure{Name: "InvalidRequestContentException", Cause: fmt.Errorf("cognito serves UserMigration only, not %s", e.TriggerSource)}
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case awscall.Is(err, "NotAuthorizedException", "UserNotFoundException", "UserNotConfirmedException", "PasswordResetRequiredException"):
	case err != nil:
		return nil, &function.Failure{Name: "ServiceException", Cause: err}
	}
	e.Response = event.MigrationResponse{}
	if err == nil && who != nil {
		e.Response = p.response(who)
	}
	return json.Marshal(e)
}

// person is what the other Cognito knows of somebody.
type person struct {
	username   string
	attributes map[string]string
	status     string // the state that they are in here
	sms        bool   // SMS_MFA is on
}

// The answers of the operations that are called, as far as they are read.
type (
	signedIn struct {
		ChallengeName        string
		AuthenticationResult *struct{ AccessToken string }
	}
	shownUser struct {
		Username           string
		UserAttributes     []attribute
		Attributes         []attribute
		UserStatus         string
		Enabled            *bool
		UserMFASettingList []string
		MFAOptions         []struct{ DeliveryMedium string }
	}
	attribute struct{ Name, Value string }
)

// signIn proves the password there. Nil: it is right, but the person must not come.
func (p *Pool) signIn(ctx context.Context, name, password string) (*person, error) {
	parameters := map[string]string{"USERNAME": name, "PASSWORD": password}
	if p.secret != "" {
		mac := hmac.New(sha256.New, []byte(p.secret))
		mac.Write([]byte(name + p.ClientID))
		parameters["SECRET_HASH"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	in := map[string]any{"ClientId": p.ClientID, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
	var got signedIn
	var err error
	if p.UserPoolID != "" {
		in["UserPoolId"], in["AuthFlow"] = p.UserPoolID, "ADMIN_USER_PASSWORD_AUTH"
		err = p.calls.Signed(ctx, "AdminInitiateAuth", in, &got)
	} else {
		err = p.calls.Unsigned(ctx, "InitiateAuth", in, &got)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case p.UserPoolID != "":
		return p.afterChallenge(ctx, name, got)
	case got.AuthenticationResult == nil:
		return nil, fmt.Errorf("the sign-in asks for %s; people with MFA or temporary passwords can come only with user_pool_id", got.ChallengeName)
	}
	var u shownUser
	if err := p.calls.Unsigned(ctx, "GetUser", map[string]string{"AccessToken": got.AuthenticationResult.AccessToken}, &u); err != nil {
		return nil, err
	}
	return read(u), nil
}

// afterChallenge asks who it is. Whatever is asked for behind the password, the password was right; whose second factor
// cannot come along stays away, since the password alone must not open the account here.
func (p *Pool) afterChallenge(ctx context.Context, name string, got signedIn) (*person, error) {
	who, err := p.look(ctx, name)
	if err != nil || who == nil {
		return nil, err
	}
	who.status = "CONFIRMED"
	switch got.ChallengeName {
	case "", "MFA_SETUP": // there is no second factor yet
	case "SMS_MFA":
		who.sms = true
	case "NEW_PASSWORD_REQUIRED": // a temporary password is no password to keep
		who.status = "RESET_REQUIRED"
	default:
		if !p.DropMFA && !who.sms {
			return nil, fmt.Errorf("the second factor of this user cannot come along (%s); see drop_mfa", got.ChallengeName)
		}
	}
	return who, nil
}

// look asks for a user as an administrator does. Nil: the account is disabled.
func (p *Pool) look(ctx context.Context, name string) (*person, error) {
	var u shownUser
	if err := p.calls.Signed(ctx, "AdminGetUser", map[string]string{"UserPoolId": p.UserPoolID, "Username": name}, &u); err != nil {
		return nil, err
	}
	if u.Enabled != nil && !*u.Enabled {
		return nil, nil
	}
	switch u.UserStatus {
	case "CONFIRMED", "RESET_REQUIRED":
	case "FORCE_CHANGE_PASSWORD":
	default: // nobody who could have signed in
		return nil, nil
	}
	who := read(u)
	who.status = "RESET_REQUIRED"
	who.sms = slices.Contains(u.UserMFASettingList, "SMS_MFA")
	return who, nil
}

func read(u shownUser) *person {
	who := &person{username: u.Username, attributes: map[string]string{}, status: "CONFIRMED"}
	for _, a := range append(u.UserAttributes, u.Attributes...) {
		who.attributes[a.Name] = a.Value
	}
	for _, o := range u.MFAOptions {
		who.sms = who.sms || o.DeliveryMedium == "SMS"
	}
	return who
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// response is what the event is answered with. The username comes along unless it is one that the other pool made up, as
// pools do where people sign in with an email address.
func (p *Pool) response(who *person) event.MigrationResponse {
	out := map[string]string{}
	for name, value := range who.attributes {
		if name == "sub" || name == "identities" || strings.HasPrefix(name, "cognito:") ||
			len(p.Attributes) > 0 && !slices.Contains(p.Attributes, name) {
			continue
		}
		out[name] = value
	}
	if !uuid.MatchString(who.username) {
		out["username"] = who.username
	}
	return event.MigrationResponse{UserAttributes: out, FinalUserStatus: &who.status, MessageAction: new("SUPPRESS"), EnableSMSMFA: &who.sms}
}

var _ function.Transport = (*Pool)(nil)
