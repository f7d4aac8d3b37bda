package aws

import (
	"slices"

	"cognate.dev/cognate/internal/gen/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/awsjson"
)

// Exceptions that the code names in more than one place.
const (
	accessDenied     = "AccessDeniedException"
	codeMismatch     = "CodeMismatchException"
	conflict         = "ConflictException"
	internalError    = "InternalErrorException"
	internalServer   = "InternalServerException"
	invalidParameter = "InvalidParameterException"
	limitExceeded    = "LimitExceededException"
	notAuthorized    = "NotAuthorizedException"
	notFound         = "ResourceNotFoundException"
	passwordHistory  = "PasswordHistoryPolicyViolationException"
	throttling       = "ThrottlingException"
	tooManyRequests  = "TooManyRequestsException"
	usernameExists   = "UsernameExistsException"
	userNotFound     = "UserNotFoundException"
	validation       = "ValidationException"

	entityTooLarge   = "RequestEntityTooLargeException"
	serialization    = "SerializationException"
	unavailable      = "ServiceUnavailableException"
	unknownOperation = "UnknownOperationException"
)

// everywhere are the exceptions that any AWS operation may answer without declaring them
// (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html), and 413's.
var everywhere = []string{
	accessDenied, throttling, validation, serialization, unknownOperation, unavailable, entityTooLarge,
	"ExpiredTokenException", "IncompleteSignatureException", "InvalidSignatureException",
	"MissingAuthenticationTokenException", "UnrecognizedClientException",
}

// Declares reports whether an operation may answer with an exception: the model lists it, or every operation may.
func Declares(spec *awsjson.Spec, exception string) bool {
	return spec.Declares(exception) || slices.Contains(everywhere, exception)
}

// next is what comes closest to an exception that an operation does not declare. Whoever is not here is followed by
// the service's word for a bad request.
var next = map[string]string{
	"AliasExistsException":              usernameExists,
	"DeviceKeyExistsException":          usernameExists,
	"EnableSoftwareTokenMFAException":   codeMismatch,
	"ExpiredCodeException":              codeMismatch,
	"ForbiddenException":                notAuthorized,
	"MFAMethodNotFoundException":        notFound,
	"PasswordResetRequiredException":    notAuthorized,
	"RefreshTokenReuseException":        notAuthorized,
	"ScopeDoesNotExistException":        notFound,
	"SoftwareTokenMFANotFoundException": notFound,
	"TierChangeNotAllowedException":     "FeatureUnavailableInTierException",
	"TooManyFailedAttemptsException":    limitExceeded,
	"UnauthorizedException":             notAuthorized,
	"UnexpectedLambdaException":         "UserLambdaValidationException",
	"InvalidLambdaResponseException":    "UserLambdaValidationException",
	"UserNotConfirmedException":         notAuthorized,
	"ConcurrentModificationException":   "ResourceConflictException",
	codeMismatch:                        notAuthorized,
	conflict:                            validation,
	internalError:                       internalServer,
	internalServer:                      internalError,
	limitExceeded:                       tooManyRequests,
	notAuthorized:                       accessDenied,
	passwordHistory:                     "InvalidPasswordException",
	tooManyRequests:                     throttling,
	usernameExists:                      invalidParameter,
	userNotFound:                        notFound,
}

// nearest follows next until the operation declares the name; a request that named no operation gets what it got. Every operation declares a word for a bad request and
// one for an internal error, which a test makes sure of.
func nearest(spec *awsjson.Spec, name string) string {
	for range len(next) {
		if len(spec.Errors) == 0 || Declares(spec, name) {
			return name
		}
		following, ok := next[name]
		switch {
		case ok:
			name = following
		case spec.Service == verifiedpermissions.Service:
			return validation
		default:
			return invalidParameter
		}
	}
	return name
}

// detail is an error whose exception has members besides its message.
type detail struct {
	error
	members map[string]any
}

func (d *detail) Unwrap() error { return d.error }

// Detail adds members to the exception that err becomes, as in {"reasonCode": …}. Values must be fit for any caller.
func Detail(err error, members map[string]any) error { return &detail{err, members} }
