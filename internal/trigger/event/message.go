package event

// The placeholders that a custom message is built with.
const (
	CodeParameter     = "{####}"
	LinkParameter     = "{##Verify Email##}"
	UsernameParameter = "{username}"
)

// MessageRequest comes before a message is sent.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
type MessageRequest struct {
	UserAttributes    map[string]string `json:"userAttributes"`
	CodeParameter     string            `json:"codeParameter"`
	LinkParameter     *string           `json:"linkParameter,omitempty"` // where a link is sent
	UsernameParameter *string           `json:"usernameParameter"`       // of an invitation
	ClientMetadata    map[string]string `json:"clientMetadata,omitempty"`
}

// MessageResponse replaces texts; null and empty keep the pool's own.
type MessageResponse struct {
	SMSMessage   *string `json:"smsMessage"`
	EmailMessage *string `json:"emailMessage"`
	EmailSubject *string `json:"emailSubject"`
}

// The types of a sender's request.
const (
	EmailSenderRequest = "customEmailSenderRequestV1"
	SMSSenderRequest   = "customSMSSenderRequestV1"
)

// SenderRequest comes in the place of a message. The code is the base64 of an AWS Encryption SDK message.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-email-sender.html
type SenderRequest struct {
	Type           string            `json:"type"`
	Code           string            `json:"code"`
	ClientMetadata map[string]string `json:"clientMetadata"`
	UserAttributes map[string]string `json:"userAttributes"`
}
