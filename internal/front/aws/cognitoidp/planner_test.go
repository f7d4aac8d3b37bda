package cognitoidp_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Tools that plan compare what they sent with what they read, and do again what seems to be missing. These tests make the
// calls of Terraform's resources aws_cognito_user_pool, _client, _domain, _user_group, _user, _resource_server and
// _identity_provider: create, read, update one thing, read, delete.

// planned calls an operation that must succeed and gives its answer.
func (x *tried) planned(operation string, input object) object {
	x.t.Helper()
	r := x.call(operation, input)
	if r.status != http.StatusOK {
		x.t.Fatalf("%s %v: %v", operation, input, r)
	}
	var out object
	x.check(json.Unmarshal(r.body, &out))
	return out
}

// holds fails for every member that was sent and is not read again as it was. Names of custom attributes get their
// prefix, lists of attributes and rules may have more, and order counts only where it means something.
func (x *tried) holds(what string, sent, read any) {
	x.t.Helper()
	switch sent := sent.(type) {
	case object:
		got, ok := read.(object)
		if !ok {
			x.t.Errorf("%s: sent %v, read %v", what, sent, read)
			return
		}
		for name, v := range sent {
			x.holds(what+"."+name, v, got[name])
		}
	case []any:
		got, _ := read.([]any)
		for _, one := range sent {
			if !slices.ContainsFunc(got, func(g any) bool { return includes(g, one) }) {
				x.t.Errorf("%s: %v is not in %v", what, one, got)
			}
		}
		if len(got) != len(sent) && !strings.HasSuffix(what, ".Schema") && !strings.HasSuffix(what, ".UserAttributes") {
			x.t.Errorf("%s: sent %d, read %d", what, len(sent), len(got))
		}
	default:
		if fmt.Sprint(sent) != fmt.Sprint(read) {
			x.t.Errorf("%s: sent %v, read %v", what, sent, read)
		}
	}
}

// includes tells whether what was read has all that was sent.
func includes(read, sent any) bool {
	want, ok := sent.(object)
	if !ok {
		return fmt.Sprint(read) == fmt.Sprint(sent)
	}
	got, ok := read.(object)
	if !ok {
		return false
	}
	for name, v := range want {
		text, _ := got[name].(string)
		if short := text[strings.LastIndexByte(text, ':')+1:]; name == "Name" && short == v {
			continue
		}
		if !includes(got[name], v) {
			return false
		}
	}
	return true
}

// steady fails when reading twice gives two answers.
func (x *tried) steady(operation string, input object) object {
	x.t.Helper()
	first, second := x.planned(operation, input), x.planned(operation, input)
	if fmt.Sprint(first) != fmt.Sprint(second) {
		x.t.Errorf("%s: %v, then %v", operation, first, second)
	}
	return first
}

const lambda = "arn:aws:lambda:eu-west-1:123456789012:function:f"

func newPlanned(t *testing.T) *tried {
	x := &tried{world: newWorld(t, codes), contract: readContract(t)}
	return x
}

var sms = object{"ExternalId": "e", "SnsCallerArn": "arn:aws:iam::123456789012:role/r", "SnsRegion": "eu-west-1"}

func TestAPlannedUserPoolIsReadAsItWasSent(t *testing.T) {
	t.Parallel()
	x := newPlanned(t)
	sent := object{
		"PoolName": "planned", "UserPoolTags": object{"team": "blue"}, "DeletionProtection": "INACTIVE",
		"AccountRecoverySetting": object{"RecoveryMechanisms": []any{object{"Name": "verified_email", "Priority": 1}, object{"Name": "verified_phone_number", "Priority": 2}}},
		"AdminCreateUserConfig": object{"AllowAdminCreateUserOnly": true, "InviteMessageTemplate": object{
			"EmailMessage": "{username} {####}", "EmailSubject": "welcome", "SMSMessage": "{username} {####}"}},
		"AliasAttributes": []any{"email", "preferred_username"}, "AutoVerifiedAttributes": []any{"email", "phone_number"},
		"DeviceConfiguration": object{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false},
		"EmailConfiguration": object{"EmailSendingAccount": "DEVELOPER", "From": "shop@example.com", "ReplyToEmailAddress": "help@example.com",
			"SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/shop@example.com"},
		"LambdaConfig": object{"PreTokenGeneration": lambda, "KMSKeyID": "arn:aws:kms:eu-west-1:123456789012:key/k",
			"CustomEmailSender": object{"LambdaArn": lambda, "LambdaVersion": "V1_0"}},
		"Policies": object{
			"PasswordPolicy": object{"MinimumLength": 10, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": false,
				"RequireUppercase": true, "TemporaryPasswordValidityDays": 3, "PasswordHistorySize": 2},
			"SignInPolicy": object{"AllowedFirstAuthFactors": []any{"PASSWORD", "WEB_AUTHN"}},
		},
		"Schema": []any{
			object{"Name": "email", "AttributeDataType": "String", "Required": true, "Mutable": true, "DeveloperOnlyAttribute": false,
				"StringAttributeConstraints": object{"MinLength": "7", "MaxLength": "50"}},
			object{"Name": "tenant", "AttributeDataType": "String", "Required": false, "Mutable": false, "DeveloperOnlyAttribute": false,
				"StringAttributeConstraints": object{"MinLength": "1", "MaxLength": "9"}},
			object{"Name": "age", "AttributeDataType": "Number", "Required": false, "Mutable": true, "DeveloperOnlyAttribute": false,
				"NumberAttributeConstraints": object{"MinValue": "0"}},
			object{"Name": "vip", "AttributeDataType": "Boolean", "Required": false, "Mutable": true, "DeveloperOnlyAttribute": true},
		},
		"SmsAuthenticationMessage": "code {####}", "SmsConfiguration": sms,
		"UsernameConfiguration":       object{"CaseSensitive": false},
		"UserAttributeUpdateSettings": object{"AttributesRequireVerificationBeforeUpdate": []any{"email"}},
		"UserPoolAddOns":              object{"AdvancedSecurityMode": "AUDIT"},
		"VerificationMessageTemplate": object{"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessage": "code {####}", "EmailSubject": "code",
			"EmailMessageByLink": "go {##here##}", "EmailSubjectByLink": "link", "SmsMessage": "code {####}"},
	}
	made := x.planned("CreateUserPool", sent)["UserPool"].(object)
	id := object{"UserPoolId": made["Id"]}
	mfa := object{"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": object{"Enabled": false},
		"SmsMfaConfiguration":   object{"SmsConfiguration": sms, "SmsAuthenticationMessage": "code {####}"},
		"WebAuthnConfiguration": object{"RelyingPartyId": "example.com", "UserVerification": "preferred"}}
	with := func(more object) object {
		all := maps.Clone(id)
		maps.Copy(all, more)
		return all
	}
	x.planned("SetUserPoolMfaConfig", with(mfa))
	check := func(sent object) {
		t.Helper()
		read := x.steady("DescribeUserPool", id)["UserPool"].(object)
		read["PoolName"], read["Schema"] = read["Name"], read["SchemaAttributes"]
		x.holds("UserPool", sent, read)
		x.holds("MFA", mfa, x.steady("GetUserPoolMfaConfig", id))
		lambdas := read["LambdaConfig"].(object)
		if config, _ := lambdas["PreTokenGenerationConfig"].(object); config["LambdaArn"] != lambda || config["LambdaVersion"] != "V1_0" {
			t.Errorf("the two ways to name the trigger before tokens differ: %v", lambdas)
		}
	}
	check(sent)

	// An update sends everything again but tags, what cannot change, and settings that are off by being omitted.
	update := maps.Clone(sent)
	for _, fixed := range []string{"PoolName", "UserPoolTags", "AliasAttributes", "Schema", "UsernameConfiguration"} {
		delete(update, fixed)
	}
	update["MfaConfiguration"], update["SmsAuthenticationMessage"] = "OPTIONAL", "your code {####}"
	mfa["SmsMfaConfiguration"].(object)["SmsAuthenticationMessage"] = "your code {####}"
	delete(update, "UserAttributeUpdateSettings")
	x.planned("UpdateUserPool", with(update))
	sent["SmsAuthenticationMessage"] = "your code {####}"
	check(sent)
	x.planned("AddCustomAttributes", with(object{"CustomAttributes": []any{object{"Name": "later", "AttributeDataType": "String", "Mutable": true}}}))
	x.planned("UpdateUserPool", with(object{"UserAttributeUpdateSettings": object{"AttributesRequireVerificationBeforeUpdate": []any{}}, "AutoVerifiedAttributes": []any{"email"}}))
	if read := x.planned("DescribeUserPool", id)["UserPool"].(object); fmt.Sprint(read["UserPoolTags"]) != "map[team:blue]" ||
		fmt.Sprint(read["UserAttributeUpdateSettings"]) != "map[AttributesRequireVerificationBeforeUpdate:[]]" {
		t.Errorf("tags %v, verification %v", read["UserPoolTags"], read["UserAttributeUpdateSettings"])
	}
	r := x.call("SetUserPoolMfaConfig", with(object{"MfaConfiguration": "OFF", "SmsMfaConfiguration": object{"SmsConfiguration": sms}}))
	if r.name != "InvalidParameterException" || r.message != "Invalid MFA configuration given, can't turn off MFA and configure an MFA together." {
		t.Errorf("MFA off with a factor: %v", r)
	}
	x.planned("SetUserPoolMfaConfig", with(object{"MfaConfiguration": "OFF"}))
	x.planned("DeleteUserPool", id)
	if r := x.call("DescribeUserPool", id); r.name != "ResourceNotFoundException" {
		t.Errorf("after the end: %v", r)
	}
}

func TestWhatIsPlannedInAPoolIsReadAsItWasSent(t *testing.T) {
	t.Parallel()
	x := newPlanned(t)
	pool := x.planned("CreateUserPool", object{"PoolName": "planned", "Schema": []any{object{"Name": "tenant", "AttributeDataType": "String", "Mutable": true}}})["UserPool"].(object)["Id"]
	in := func(more object) object {
		all := object{"UserPoolId": pool}
		maps.Copy(all, more)
		return all
	}
	google := object{"client_id": "a", "client_secret": "b", "authorize_scopes": "email", "attributes_url": "https://people.googleapis.com/v1/people/me?personFields=",
		"attributes_url_add_attributes": "true", "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth", "oidc_issuer": "https://accounts.google.com",
		"token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token"}
	callback := []any{"https://example.com/callback", "myapp://callback"}
	for _, r := range []struct {
		create, read, update, remove string
		key, sent, changed           object
		answer                       string // the member of the answer
		gone                         string // the error of reading what is gone; empty: an empty answer
	}{
		{"CreateResourceServer", "DescribeResourceServer", "UpdateResourceServer", "DeleteResourceServer", object{"Identifier": "https://api.example.com"},
			object{"Name": "api", "Scopes": []any{object{"ScopeName": "read", "ScopeDescription": "may read"}}},
			object{"Name": "API", "Scopes": []any{object{"ScopeName": "write", "ScopeDescription": "may write"}}}, "ResourceServer", "ResourceNotFoundException"},
		{"CreateIdentityProvider", "DescribeIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider", object{"ProviderName": "Google"},
			object{"ProviderType": "Google", "ProviderDetails": google, "AttributeMapping": object{"email": "email", "username": "sub"}},
			object{"ProviderDetails": google, "AttributeMapping": object{"email": "email", "name": "name", "username": "sub"}, "IdpIdentifiers": []any{"g"}},
			"IdentityProvider", "ResourceNotFoundException"},
		{"CreateGroup", "GetGroup", "UpdateGroup", "DeleteGroup", object{"GroupName": "admins"},
			object{"Description": "may do all", "Precedence": 0, "RoleArn": "arn:aws:iam::123456789012:role/r"},
			object{"Description": "may do more", "Precedence": 7, "RoleArn": "arn:aws:iam::123456789012:role/s"}, "Group", "ResourceNotFoundException"},
		{"CreateUserPoolDomain", "DescribeUserPoolDomain", "UpdateUserPoolDomain", "DeleteUserPoolDomain", object{"Domain": "planned"},
			object{"ManagedLoginVersion": 1}, object{"ManagedLoginVersion": 2}, "DomainDescription", ""},
		{"AdminCreateUser", "AdminGetUser", "AdminUpdateUserAttributes", "AdminDeleteUser", object{"Username": "dana"},
			object{"MessageAction": "SUPPRESS", "UserAttributes": []any{object{"Name": "email", "Value": "dana@example.com"}, object{"Name": "custom:tenant", "Value": "t"}}},
			object{"UserAttributes": []any{object{"Name": "email", "Value": "dana@example.org"}, object{"Name": "custom:tenant", "Value": "u"}}},
			"", "UserNotFoundException"},
	} {
		with := func(more object) object {
			all := in(r.key)
			maps.Copy(all, more)
			return all
		}
		check := func(sent object) {
			t.Helper()
			key := in(r.key)
			if r.answer == "DomainDescription" {
				key = r.key
			}
			read := x.steady(r.read, key)
			if r.answer != "" {
				read = read[r.answer].(object)
			}
			sent = maps.Clone(sent)
			delete(sent, "MessageAction")
			x.holds(r.create, sent, read)
		}
		x.planned(r.create, with(r.sent))
		check(r.sent)
		x.planned(r.update, with(r.changed))
		check(r.changed)
		x.planned(r.remove, in(r.key))
		key := in(r.key)
		if r.answer == "DomainDescription" {
			key = r.key
		}
		if got := x.call(r.read, key); got.name != r.gone || r.gone == "" && string(got.body) != `{"DomainDescription":{}}` {
			t.Errorf("%s: after the end: %v %s", r.read, got, got.body)
		}
	}

	sent := object{
		"ClientName": "web", "GenerateSecret": true, "AccessTokenValidity": 10, "IdTokenValidity": 20, "RefreshTokenValidity": 40,
		"TokenValidityUnits": object{"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
		"AllowedOAuthFlows":  []any{"code"}, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthScopes": []any{"openid", "email"}, "AuthSessionValidity": 5,
		"CallbackURLs": callback, "DefaultRedirectURI": "https://example.com/callback", "LogoutURLs": []any{"https://example.com/"},
		"EnableTokenRevocation": true, "EnablePropagateAdditionalUserContextData": false, "ExplicitAuthFlows": []any{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"},
		"PreventUserExistenceErrors": "ENABLED", "ReadAttributes": []any{"email", "custom:tenant"}, "WriteAttributes": []any{"email"},
		"SupportedIdentityProviders": []any{"COGNITO"}, "RefreshTokenRotation": object{"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
	}
	made := x.planned("CreateUserPoolClient", in(sent))["UserPoolClient"].(object)
	key := in(object{"ClientId": made["ClientId"]})
	delete(sent, "GenerateSecret")
	read := x.steady("DescribeUserPoolClient", key)["UserPoolClient"].(object)
	x.holds("UserPoolClient", sent, read)
	if read["ClientSecret"] != made["ClientSecret"] {
		t.Error("the secret is not read again")
	}
	bare := object{"ClientName": "web"} // everything else goes back to its default
	all := maps.Clone(key)
	maps.Copy(all, bare)
	x.planned("UpdateUserPoolClient", all)
	after := x.steady("DescribeUserPoolClient", key)["UserPoolClient"].(object)
	fresh := x.planned("CreateUserPoolClient", in(bare))["UserPoolClient"].(object)
	for _, own := range []string{"ClientId", "ClientSecret", "CreationDate", "LastModifiedDate"} {
		delete(after, own)
		delete(fresh, own)
	}
	if fmt.Sprint(after) != fmt.Sprint(fresh) {
		t.Errorf("after an update without settings %v, a new client has %v", after, fresh)
	}
}
