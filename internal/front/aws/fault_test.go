package aws

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
)

func allOperations() []awsjson.Spec {
	return slices.Concat(cognitoidp.Operations(), cognitoidentity.Operations(), verifiedpermissions.Operations())
}

// Clients switch on exception names, and generated ones know only those that the model declares.
func TestEveryFaultOfEveryOperationIsDeclared(t *testing.T) {
	t.Parallel()
	ops := allOperations()
	if len(ops) != 140+23+34 {
		t.Errorf("%d operations", len(ops))
	}
	for _, op := range ops {
		for pair := range table {
			kinds := []fault.Kind{pair.kind}
			if pair.kind == anyKind {
				kinds = []fault.Kind{fault.Denied, fault.Invalid, fault.Unavailable}
			}
			for _, kind := range kinds {
				if name := exception(&op, kind, pair.subject); !Declares(&op, name) {
					t.Errorf("%s.%s: %s/%s becomes %s, which it does not declare", op.Service, op.Name, kind, pair.subject, name)
				}
			}
		}
	}
}

// A name that no operation of the service declares is a slip of the pen in the table.
func TestEveryNameOfTheTableExists(t *testing.T) {
	t.Parallel()
	known := map[string]map[string]bool{}
	for _, op := range allOperations() {
		if known[op.Service] == nil {
			known[op.Service] = map[string]bool{}
		}
		for _, e := range op.Errors {
			known[op.Service][e] = true
		}
	}
	check := func(service, name string) {
		if name != "" && !known[service][name] && !slices.Contains(everywhere, name) {
			t.Errorf("%s has no %s", service, name)
		}
	}
	for _, n := range table {
		check(cognitoidp.Service, n.idp)
		check(cognitoidentity.Service, n.identity)
		check(verifiedpermissions.Service, n.policy)
		if n.identity == "" {
			check(cognitoidentity.Service, n.idp)
		}
		if n.policy == "" {
			check(verifiedpermissions.Service, n.idp)
		}
	}
	for name, following := range next {
		if !slices.ContainsFunc(slices.Collect(maps.Values(known)), func(k map[string]bool) bool { return k[name] }) {
			t.Errorf("next has %s, which no service knows", name)
		}
		if !strings.HasSuffix(following, "Exception") {
			t.Errorf("%s is followed by %q", name, following)
		}
	}
}

func TestFaultsHaveTheirNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op      awsjson.Spec
		kind    fault.Kind
		subject fault.Subject
		want    string
	}{
		{cognitoidp.SignUp.Spec, fault.Exists, fault.Username, "UsernameExistsException"},
		{cognitoidp.SignUp.Spec, fault.Missing, fault.User, "ResourceNotFoundException"}, // SignUp does not declare UserNotFound
		{cognitoidp.SignUp.Spec, fault.Denied, fault.Lambda, "UserLambdaValidationException"},
		{cognitoidp.AdminGetUser.Spec, fault.Missing, fault.User, "UserNotFoundException"},
		{cognitoidp.AdminGetUser.Spec, fault.Missing, fault.Client, "ResourceNotFoundException"},
		{cognitoidp.AdminGetUser.Spec, fault.Expired, "", "NotAuthorizedException"},
		{cognitoidp.AdminGetUser.Spec, fault.Exists, fault.Group, "InvalidParameterException"},
		{cognitoidp.InitiateAuth.Spec, fault.Throttled, "", "TooManyRequestsException"},
		{cognitoidp.InitiateAuth.Spec, fault.ResetRequired, "", "PasswordResetRequiredException"},
		{cognitoidp.AssociateSoftwareToken.Spec, fault.Throttled, "", "ThrottlingException"}, // retried by every SDK all the same
		{cognitoidp.VerifySoftwareToken.Spec, fault.Mismatch, fault.SoftwareToken, "EnableSoftwareTokenMFAException"},
		{cognitoidp.RespondToAuthChallenge.Spec, fault.Mismatch, fault.SoftwareToken, "CodeMismatchException"},
		{cognitoidp.RevokeToken.Spec, fault.Denied, fault.Client, "UnauthorizedException"},
		{cognitoidp.GetUser.Spec, fault.Denied, fault.Client, "NotAuthorizedException"},
		{cognitoidp.GetTokensFromRefreshToken.Spec, fault.Reused, "", "RefreshTokenReuseException"},
		{cognitoidp.InitiateAuth.Spec, fault.Reused, "", "NotAuthorizedException"},
		{cognitoidp.ChangePassword.Spec, fault.Invalid, fault.PasswordHistory, "PasswordHistoryPolicyViolationException"},
		{cognitoidp.AddUserPoolClientSecret.Spec, fault.Internal, "", "InternalServerException"},
		{cognitoidp.AddUserPoolClientSecret.Spec, fault.Denied, "", "AccessDeniedException"},
		{cognitoidp.GetUser.Spec, "no such kind", "", "InternalErrorException"},
		{cognitoidp.GetUser.Spec, fault.NotYet, "", "UnknownOperationException"},
		{cognitoidp.GetUser.Spec, fault.Unavailable, "", "ServiceUnavailableException"},
		{cognitoidentity.GetId.Spec, fault.Invalid, "", "InvalidParameterException"},
		{cognitoidentity.GetId.Spec, fault.Exists, "", "ResourceConflictException"},
		{cognitoidentity.GetCredentialsForIdentity.Spec, fault.Misconfigured, "", "InvalidIdentityPoolConfigurationException"},
		{verifiedpermissions.GetPolicy.Spec, fault.Invalid, "", "ValidationException"},
		{verifiedpermissions.GetPolicy.Spec, fault.Denied, "", "AccessDeniedException"},
		{verifiedpermissions.GetPolicy.Spec, fault.Internal, "", "InternalServerException"},
		{verifiedpermissions.PutSchema.Spec, fault.Limited, "", "ServiceQuotaExceededException"},
	} {
		if got := exception(&c.op, c.kind, c.subject); got != c.want {
			t.Errorf("%s: %s/%s becomes %s, want %s", c.op.Name, c.kind, c.subject, got, c.want)
		}
	}
}
