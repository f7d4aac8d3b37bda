package cognitoidp_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// TestSigningCertificateIsThePools fails when a pool gives another certificate at the second call, or one that nobody
// can read.
func TestSigningCertificateIsThePools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(), w.pool()
	get := func(pool *string) string {
		out, err := w.GetSigningCertificate(t.Context(), &sdk.GetSigningCertificateInput{UserPoolId: pool})
		w.check(err)
		return *out.Certificate
	}
	first := get(pool)
	der, err := base64.StdEncoding.DecodeString(first)
	w.check(err)
	c, err := x509.ParseCertificate(der)
	w.check(err)
	if c.Subject.CommonName != *pool || first != get(pool) || first == get(other) {
		t.Errorf("the certificate of %s says %s", *pool, c.Subject)
	}
	_, err = w.GetSigningCertificate(t.Context(), &sdk.GetSigningCertificateInput{UserPoolId: new("eu-west-1_unknown00")})
	w.refused(err, "ResourceNotFoundException", "User pool eu-west-1_unknown00 does not exist.")
}

// TestRiskConfigurationKeepsItsParts fails when setting one part loses another, or a client shares that of its pool.
func TestRiskConfigurationKeepsItsParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityMode: "AUDIT"}
	})
	client := w.client(pool)
	describe := func(client *string) *types.RiskConfigurationType {
		out, err := w.DescribeRiskConfiguration(t.Context(), &sdk.DescribeRiskConfigurationInput{UserPoolId: pool, ClientId: client})
		w.check(err)
		return out.RiskConfiguration
	}
	if diff := cmp.Diff(&types.RiskConfigurationType{UserPoolId: pool}, describe(nil), ignoreUnexported); diff != "" {
		t.Errorf("never set (-want +got):\n%s", diff)
	}
	takeover := &types.AccountTakeoverRiskConfigurationType{
		Actions: &types.AccountTakeoverActionsType{HighAction: &types.AccountTakeoverActionType{Notify: true, EventAction: "BLOCK"}},
	}
	set := func(in *sdk.SetRiskConfigurationInput) error {
		in.UserPoolId = pool
		_, err := w.SetRiskConfiguration(t.Context(), in)
		return err
	}
	w.refused(set(&sdk.SetRiskConfigurationInput{AccountTakeoverRiskConfiguration: takeover}), "InvalidParameterException",
		"NotifyConfiguration is required when an action notifies users.")
	takeover.NotifyConfiguration = &types.NotifyConfigurationType{
		SourceArn: new("arn:aws:ses:eu-west-1:123456789012:identity/example.com"), From: new("a@example.com"),
		BlockEmail: &types.NotifyEmailType{Subject: new("Blocked"), HtmlBody: new("blocked"), TextBody: new("blocked")},
	}
	w.check(set(&sdk.SetRiskConfigurationInput{AccountTakeoverRiskConfiguration: takeover}))
	w.check(set(&sdk.SetRiskConfigurationInput{RiskExceptionConfiguration: &types.RiskExceptionConfigurationType{BlockedIPRangeList: []string{"10.0.0.0/8", "192.0.2.1"}}}))
	w.check(set(&sdk.SetRiskConfigurationInput{ClientId: client, CompromisedCredentialsRiskConfiguration: &types.CompromisedCredentialsRiskConfigurationType{
		EventFilter: []types.EventFilterType{"SIGN_UP"}, Actions: &types.CompromisedCredentialsActionsType{EventAction: "BLOCK"},
	}}))
	got := describe(nil)
	want := &types.RiskConfigurationType{
		UserPoolId: pool, AccountTakeoverRiskConfiguration: takeover, LastModifiedDate: got.LastModifiedDate,
		RiskExceptionConfiguration: &types.RiskExceptionConfigurationType{BlockedIPRangeList: []string{"10.0.0.0/8", "192.0.2.1"}},
	}
	if diff := cmp.Diff(want, got, ignoreUnexported); diff != "" || got.LastModifiedDate == nil {
		t.Errorf("of the pool (-want +got):\n%s", diff)
	}
	if got := describe(client); *got.ClientId != *client || got.CompromisedCredentialsRiskConfiguration == nil || got.AccountTakeoverRiskConfiguration != nil {
		t.Errorf("of the client: %s", w.wire.last())
	}
	w.refused(set(&sdk.SetRiskConfigurationInput{RiskExceptionConfiguration: &types.RiskExceptionConfigurationType{SkippedIPRangeList: []string{"10.0.0.0/33"}}}),
		"InvalidParameterException", "10.0.0.0/33 is not an IP range in CIDR notation.")
	pool = w.pool()
	w.refused(set(&sdk.SetRiskConfigurationInput{}), "UserPoolAddOnNotEnabledException", "Threat protection is not enabled for this user pool.")
}

// TestLogDeliveryIsReplaced fails when a delivery that AWS would not make is kept, or an old one stays.
func TestLogDeliveryIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	plus := w.pool(func(in *sdk.CreateUserPoolInput) { in.UserPoolTier = "PLUS" })
	notifications := types.LogConfigurationType{
		EventSource: "userNotification", LogLevel: "ERROR",
		CloudWatchLogsConfiguration: &types.CloudWatchLogsConfigurationType{LogGroupArn: new("arn:aws:logs:eu-west-1:123456789012:log-group:a")},
	}
	events := types.LogConfigurationType{
		EventSource: "userAuthEvents", LogLevel: "INFO", S3Configuration: &types.S3ConfigurationType{BucketArn: new("arn:aws:s3:::a")},
	}
	set := func(pool *string, list ...types.LogConfigurationType) error {
		_, err := w.SetLogDeliveryConfiguration(t.Context(), &sdk.SetLogDeliveryConfigurationInput{UserPoolId: pool, LogConfigurations: list})
		return err
	}
	for _, want := range [][]types.LogConfigurationType{{notifications, events}, {}} {
		w.check(set(plus, want...))
		got, err := w.GetLogDeliveryConfiguration(t.Context(), &sdk.GetLogDeliveryConfigurationInput{UserPoolId: plus})
		w.check(err)
		if diff := cmp.Diff(&types.LogDeliveryConfigurationType{UserPoolId: plus, LogConfigurations: want}, got.LogDeliveryConfiguration, ignoreUnexported); diff != "" {
			t.Errorf("set (-want +got):\n%s", diff)
		}
	}
	w.refused(set(pool, events), "FeatureUnavailableInTierException", "User activity logs are not available in the tier of this user pool.")
	w.refused(set(pool, notifications, notifications), "InvalidParameterException", "The event source userNotification is configured more than once.")
	loud, nowhere, bucket := events, notifications, notifications
	loud.LogLevel = "ERROR"
	nowhere.CloudWatchLogsConfiguration = nil
	bucket.CloudWatchLogsConfiguration, bucket.S3Configuration = nil, events.S3Configuration
	w.refused(set(plus, loud), "InvalidParameterException", "The log level of userAuthEvents must be INFO.")
	w.refused(set(plus, bucket), "InvalidParameterException", "The event source userNotification can only be delivered to CloudWatch Logs.")
	w.refused(set(plus, nowhere), "InvalidParameterException",
		"The event source userNotification needs exactly one of CloudWatchLogsConfiguration, S3Configuration and FirehoseConfiguration.")
}

// answer is what an operation that the SDK does not know yet gave.
type answer struct {
	Type             string `json:"__type"`
	Message          string `json:"message"`
	UserPoolReplica  replica
	UserPoolReplicas []replica
	Limit            struct{ ProvisionedLimitValue, FreeLimitValue int }
}

type replica struct{ RegionName, Status, Role, UserPoolArn string }

func (w *world) ask(operation, body string, args ...any) (out answer) {
	w.t.Helper()
	w.check(json.Unmarshal(w.raw(operation, fmt.Sprintf(body, args...)), &out))
	return out
}

// TestReplicasAreListed fails when a replica is lost, or one is kept where none can be.
func TestReplicasAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := *w.pool()
	lite := *w.pool(func(in *sdk.CreateUserPoolInput) { in.UserPoolTier = "LITE" })
	want := replica{"us-east-1", "INACTIVE", "SECONDARY", "arn:aws:cognito-idp:us-east-1:" + accountID + ":userpool/" + pool}
	if got := w.ask("CreateUserPoolReplica", `{"UserPoolId":%q,"RegionName":"us-east-1"}`, pool); got.UserPoolReplica != want {
		t.Errorf("created %+v", got)
	}
	want.Status = "ACTIVE"
	if got := w.ask("UpdateUserPoolReplica", `{"UserPoolId":%q,"RegionName":"us-east-1","Status":"ACTIVE"}`, pool); got.UserPoolReplica != want {
		t.Errorf("updated to %+v", got)
	}
	if got := w.ask("ListUserPoolReplicas", `{"UserPoolId":%q}`, pool); len(got.UserPoolReplicas) != 1 || got.UserPoolReplicas[0] != want {
		t.Errorf("listed %+v", got)
	}
	want.Status = "DELETING"
	if got := w.ask("DeleteUserPoolReplica", `{"UserPoolId":%q,"RegionName":"us-east-1"}`, pool); got.UserPoolReplica != want {
		t.Errorf("deleted %+v", got)
	}
	for _, c := range []struct{ operation, body, exception string }{
		{"DeleteUserPoolReplica", `{"UserPoolId":%q,"RegionName":"us-east-1"}`, "ResourceNotFoundException"},
		{"UpdateUserPoolReplica", `{"UserPoolId":%q,"RegionName":"us-east-1","Status":"DONE"}`, "InvalidParameterException"},
		{"CreateUserPoolReplica", `{"UserPoolId":%q,"RegionName":"eu-west-1"}`, "InvalidParameterException"},
		{"CreateUserPoolReplica", `{"UserPoolId":%q,"RegionName":"../etc"}`, "InvalidParameterException"},
		{"ListUserPoolReplicas", `{"UserPoolId":%q,"NextToken":"x"}`, "InvalidParameterException"},
	} {
		if got := w.ask(c.operation, c.body, pool); got.Type != c.exception {
			t.Errorf("%s %s: %+v, want %s", c.operation, c.body, got, c.exception)
		}
	}
	if got := w.ask("CreateUserPoolReplica", `{"UserPoolId":%q,"RegionName":"us-east-1"}`, lite); got.Type != "FeatureUnavailableInTierException" {
		t.Errorf("of a pool of the tier LITE: %+v", got)
	}
}

// TestLimitsCanBeRaised fails when a limit is lost, lowered below what is free, or raised where that is not possible.
func TestLimitsCanBeRaised(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	get := func(category string) answer {
		return w.ask("GetProvisionedLimit", `{"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":%q}}}`, category)
	}
	set := func(category string, value int) answer {
		return w.ask("UpdateProvisionedLimit", `{"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{"Category":%q}},"RequestedLimitValue":%d}`, category, value)
	}
	if got := get("UserAuthentication").Limit; got.FreeLimitValue != 120 || got.ProvisionedLimitValue != 120 {
		t.Errorf("never set: %+v", got)
	}
	for _, value := range []int{500, 120} {
		for name, got := range map[string]answer{"set": set("UserAuthentication", value), "read": get("UserAuthentication")} {
			if got.Limit.ProvisionedLimitValue != value || got.Limit.FreeLimitValue != 120 {
				t.Errorf("%s %d: %+v", name, value, got)
			}
		}
	}
	for _, c := range []struct {
		got       answer
		exception string
	}{
		{set("UserAuthentication", 119), "InvalidParameterException"},
		{set("UserAuthentication", 2_000_000_000), "ServiceQuotaExceededException"},
		{set("UserList", 31), "ServiceQuotaExceededException"},
		{set("Nothing", 1), "ResourceNotFoundException"},
		{get("Nothing"), "ResourceNotFoundException"},
		{w.ask("GetProvisionedLimit", `{"LimitDefinition":{"LimitClass":"OTHER","Attributes":{"Category":"UserRead"}}}`), "InvalidParameterException"},
		{w.ask("GetProvisionedLimit", `{"LimitDefinition":{"LimitClass":"API_CATEGORY","Attributes":{}}}`), "InvalidParameterException"},
	} {
		if c.got.Type != c.exception {
			t.Errorf("got %+v, want %s", c.got, c.exception)
		}
	}
}
