package event

// PreSignUpRequest comes before a user is stored. The attributes are those given; there is no sub yet.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html
type PreSignUpRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ValidationData map[string]string `json:"validationData"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// PreSignUpResponse may confirm the user and verify the addresses. It is not looked at for users whom an administrator
// makes.
type PreSignUpResponse struct {
	AutoConfirmUser bool `json:"autoConfirmUser"`
	AutoVerifyEmail bool `json:"autoVerifyEmail"`
	AutoVerifyPhone bool `json:"autoVerifyPhone"`
}

// PostConfirmationRequest comes after an account was confirmed or a forgotten password replaced.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html
type PostConfirmationRequest struct {
	UserAttributes map[string]string `json:"userAttributes"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// Nothing is the response of a trigger that has nothing to say.
type Nothing struct{}

// MigrationRequest comes when nobody of that name is known. The password is absent from a forgotten one's.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html
type MigrationRequest struct {
	Password       string            `json:"password,omitempty"`
	ValidationData map[string]string `json:"validationData"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// MigrationResponse is the user to make; without attributes there is none.
type MigrationResponse struct {
	UserAttributes         map[string]string `json:"userAttributes"`
	ForceAliasCreation     *bool             `json:"forceAliasCreation"`
	EnableSMSMFA           *bool             `json:"enableSMSMFA"`
	FinalUserStatus        *string           `json:"finalUserStatus"` // CONFIRMED, RESET_REQUIRED
	MessageAction          *string           `json:"messageAction"`   // SUPPRESS
	DesiredDeliveryMediums []string          `json:"desiredDeliveryMediums"`
}
