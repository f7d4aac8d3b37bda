package aws

import (
	"errors"
	"net/http"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/gen/cognitoidentity"
	"cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/kit/sigv4"
)

// names is what one fault is called by each service. An empty name means that of cognito-idp.
type names struct{ idp, identity, policy string }

// what is a fault's place in the table.
type what struct {
	kind    fault.Kind
	subject fault.Subject
}

// table is the one place where faults become exceptions. A pair that is not here counts as its kind alone, and the
// subjects of a trigger count whatever the kind.
var table = map[what]names{
	{fault.Invalid, ""}:                    {invalidParameter, "", validation},
	{fault.Invalid, fault.Password}:        {"InvalidPasswordException", invalidParameter, validation},
	{fault.Invalid, fault.PasswordHistory}: {passwordHistory, invalidParameter, validation},
	{fault.Invalid, fault.OAuthFlow}:       {"InvalidOAuthFlowException", invalidParameter, validation},
	{fault.Invalid, fault.UserState}:       {"UnsupportedUserStateException", invalidParameter, validation},
	{fault.Invalid, fault.TokenType}:       {"UnsupportedTokenTypeException", invalidParameter, validation},
	{fault.Invalid, fault.Provider}:        {"UnsupportedIdentityProviderException", invalidParameter, validation},
	{fault.Invalid, fault.Tags}:            {"UserPoolTaggingException", invalidParameter, validation},

	{fault.Missing, ""}:                  {notFound, "", ""},
	{fault.Missing, fault.User}:          {userNotFound, notFound, notFound},
	{fault.Missing, fault.Username}:      {userNotFound, notFound, notFound},
	{fault.Missing, fault.Scope}:         {"ScopeDoesNotExistException", notFound, notFound},
	{fault.Missing, fault.MFAMethod}:     {"MFAMethodNotFoundException", notFound, notFound},
	{fault.Missing, fault.SoftwareToken}: {"SoftwareTokenMFANotFoundException", notFound, notFound},

	{fault.Exists, ""}:             {invalidParameter, "ResourceConflictException", conflict},
	{fault.Exists, fault.User}:     {usernameExists, "DeveloperUserAlreadyRegisteredException", conflict},
	{fault.Exists, fault.Username}: {usernameExists, "DeveloperUserAlreadyRegisteredException", conflict},
	{fault.Exists, fault.Alias}:    {"AliasExistsException", "ResourceConflictException", conflict},
	{fault.Exists, fault.Group}:    {"GroupExistsException", "ResourceConflictException", conflict},
	{fault.Exists, fault.Provider}: {"DuplicateProviderException", "ResourceConflictException", conflict},
	{fault.Exists, fault.Branding}: {"ManagedLoginBrandingExistsException", "ResourceConflictException", conflict},
	{fault.Exists, fault.Terms}:    {"TermsExistsException", "ResourceConflictException", conflict},
	{fault.Exists, fault.Device}:   {"DeviceKeyExistsException", "ResourceConflictException", conflict},

	{fault.Denied, ""}:            {notAuthorized, "", accessDenied},
	{fault.Denied, fault.Client}:  {"UnauthorizedException", notAuthorized, accessDenied},
	{fault.Denied, fault.Feature}: {"ForbiddenException", notAuthorized, accessDenied},
	{fault.Denied, fault.Tier}:    {"TierChangeNotAllowedException", notAuthorized, accessDenied},

	{fault.Unconfirmed, ""}:               {"UserNotConfirmedException", notAuthorized, validation},
	{fault.ResetRequired, ""}:             {"PasswordResetRequiredException", notAuthorized, validation},
	{fault.Mismatch, ""}:                  {codeMismatch, notAuthorized, validation},
	{fault.Mismatch, fault.SoftwareToken}: {"EnableSoftwareTokenMFAException", notAuthorized, validation},
	{fault.Expired, ""}:                   {"ExpiredCodeException", notAuthorized, validation},
	{fault.Limited, ""}:                   {limitExceeded, "", "ServiceQuotaExceededException"},
	{fault.Limited, fault.Tags}:           {"UserPoolTaggingException", limitExceeded, "TooManyTagsException"},
	{fault.TooManyTries, ""}:              {"TooManyFailedAttemptsException", tooManyRequests, throttling},
	{fault.Throttled, ""}:                 {tooManyRequests, "", throttling},
	{fault.Reused, ""}:                    {"RefreshTokenReuseException", notAuthorized, validation},
	{fault.Reused, fault.PasswordHistory}: {passwordHistory, invalidParameter, validation},
	{fault.Undelivered, ""}:               {"CodeDeliveryFailureException", "ExternalServiceException", validation},
	{fault.Conflict, ""}:                  {"ConcurrentModificationException", "", conflict},
	{fault.Conflict, fault.Import}:        {"UserImportInProgressException", "ConcurrentModificationException", conflict},
	{fault.Precondition, ""}:              {"PreconditionNotMetException", invalidParameter, "InvalidStateException"},
	{fault.Misconfigured, ""}:             {"InvalidUserPoolConfigurationException", "InvalidIdentityPoolConfigurationException", validation},

	{fault.Unsupported, ""}:              {"UnsupportedOperationException", invalidParameter, validation},
	{fault.Unsupported, fault.OAuthFlow}: {"InvalidOAuthFlowException", invalidParameter, validation},
	{fault.Unsupported, fault.Provider}:  {"UnsupportedIdentityProviderException", invalidParameter, validation},
	{fault.Unsupported, fault.TokenType}: {"UnsupportedTokenTypeException", invalidParameter, validation},
	{fault.Unsupported, fault.UserState}: {"UnsupportedUserStateException", invalidParameter, validation},
	{fault.Unsupported, fault.Feature}:   {"FeatureUnavailableInTierException", invalidParameter, validation},
	{fault.Unsupported, fault.Tier}:      {"FeatureUnavailableInTierException", invalidParameter, validation},

	{fault.Unsupported, fault.Operation}: {"OperationNotEnabledException", invalidParameter, validation},
	{fault.Unsupported, fault.Passkey}:   {"WebAuthnNotEnabledException", invalidParameter, validation},
	{fault.Misconfigured, fault.Passkey}: {"WebAuthnConfigurationMissingException", invalidParameter, validation},
	{fault.Missing, fault.Passkey}:       {"WebAuthnChallengeNotFoundException", notFound, notFound},
	{fault.Invalid, fault.Passkey}:       {"WebAuthnCredentialNotSupportedException", invalidParameter, validation},
	{fault.Denied, fault.PasskeyOrigin}:  {"WebAuthnOriginNotAllowedException", notAuthorized, accessDenied},
	{fault.Denied, fault.PasskeyClient}:  {"WebAuthnClientMismatchException", notAuthorized, accessDenied},
	{fault.Denied, fault.PasskeyParty}:   {"WebAuthnRelyingPartyMismatchException", notAuthorized, accessDenied},

	{fault.Unsupported, fault.AddOn}: {"UserPoolAddOnNotEnabledException", invalidParameter, validation},
	{fault.Limited, fault.Quota}:     {"ServiceQuotaExceededException", limitExceeded, "ServiceQuotaExceededException"},

	{anyKind, fault.Lambda}:         {"UserLambdaValidationException", notAuthorized, validation},
	{anyKind, fault.LambdaResponse}: {"InvalidLambdaResponseException", "ExternalServiceException", validation},
	{anyKind, fault.LambdaError}:    {"UnexpectedLambdaException", "ExternalServiceException", validation},

	{fault.Unavailable, ""}:             {unavailable, unavailable, unavailable},
	{fault.Unavailable, fault.Provider}: {unavailable, "ExternalServiceException", unavailable},
	{fault.NotYet, ""}:                  {unknownOperation, unknownOperation, unknownOperation},
	{fault.Internal, ""}:                {internalError, "", internalServer},
}

const anyKind fault.Kind = "any"

// internalText is all that a caller learns of what went wrong inside.
const internalText = "Something went wrong on our side. Please try again later."

// translate turns any error of an operation into what its caller may read.
func translate(spec *awsjson.Spec, err error) *awsjson.Failure {
	var (
		ready      *awsjson.Failure
		malformed  *awsjson.SerializationError
		broken     *awsjson.ValidationError
		unsigned   *sigv4.Error
		badRequest = http.StatusBadRequest
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &malformed):
		return &awsjson.Failure{Status: badRequest, Name: serialization, Message: malformed.Message}
	case errors.As(err, &broken):
		return &awsjson.Failure{Status: badRequest, Name: brokenName(spec), Message: broken.Message}
	case errors.As(err, &unsigned):
		return &awsjson.Failure{Status: badRequest, Name: unsigned.Name, Message: unsigned.Message}
	}
	f := fault.As(err)
	failure := &awsjson.Failure{Status: badRequest, Name: exception(spec, f.Kind, f.Subject), Message: f.Text, After: f.After}
	if f.Kind == fault.Throttled && f.Subject == fault.Load {
		failure.Status = http.StatusTooManyRequests // what proxies understand; Cognito's own limits answer 400
	}
	switch failure.Name {
	case internalError, internalServer:
		failure.Status, failure.Message = http.StatusInternalServerError, internalText
	case unavailable:
		failure.Status = http.StatusServiceUnavailable
	}
	var more *detail
	if errors.As(err, &more) {
		failure.Members = more.members
	}
	return failure
}

// brokenName is what a service calls a request that breaks its model. Identity pools do not use their own
// InvalidParameterException for that, user pools do.
func brokenName(spec *awsjson.Spec) string {
	if spec.Service == cognitoidp.Service {
		return invalidParameter
	}
	return validation
}

// exception names a fault as the operation's service does, with a name that the operation declares.
func exception(spec *awsjson.Spec, kind fault.Kind, subject fault.Subject) string {
	n, ok := table[what{kind, subject}]
	if !ok {
		n, ok = table[what{anyKind, subject}]
	}
	if !ok {
		n, ok = table[what{kind, ""}]
	}
	if !ok {
		n = table[what{fault.Internal, ""}]
	}
	name := n.idp
	switch {
	case spec.Service == cognitoidentity.Service && n.identity != "":
		name = n.identity
	case spec.Service == verifiedpermissions.Service && n.policy != "":
		name = n.policy
	}
	return nearest(spec, name)
}

// cause is the part of an error that only the log may see: all of an unexpected error, the private side of a fault.
func cause(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Cause
	}
	var (
		ready     *awsjson.Failure
		malformed *awsjson.SerializationError
		broken    *awsjson.ValidationError
		unsigned  *sigv4.Error
	)
	if errors.As(err, &ready) || errors.As(err, &malformed) || errors.As(err, &broken) || errors.As(err, &unsigned) {
		return nil // said to the caller in full, and may repeat what the caller wrote
	}
	return err
}
