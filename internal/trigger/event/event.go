// Package event is the wire form of what Cognito sends to the functions of a user pool and of what they may answer, one
// file per kind of trigger, member for member as an AWS Lambda handler knows them. It leaves firing to trigger.
package event

import "strings"

// Header is what every event begins with.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
type Header struct {
	Version       string `json:"version"` // "1"; of pre-token-generation also "2" and "3"
	Region        string `json:"region"`
	UserPoolID    string `json:"userPoolId"`
	UserName      string `json:"userName"`
	CallerContext Caller `json:"callerContext"`
	TriggerSource Source `json:"triggerSource"`
}

// Caller is who made the request that fired the trigger.
type Caller struct {
	AWSSDKVersion string `json:"awsSdkVersion"`
	ClientID      string `json:"clientId"`
}

// What the caller's members hold where nobody can know better.
const (
	UnknownSDK = "aws-sdk-unknown-unknown"
	NoClient   = "CLIENT_ID_NOT_APPLICABLE"
)

// Event is a whole event: a request of type Q and a response of type R, which the function fills in.
type Event[Q, R any] struct {
	Header
	Request  Q `json:"request"`
	Response R `json:"response"`
}

// Source says what fired a trigger.
type Source string

// The sources. Those of pre-token-generation and of messages stand with their events.
const (
	PreSignUpSignUp       Source = "PreSignUp_SignUp"
	PreSignUpAdminCreate  Source = "PreSignUp_AdminCreateUser"
	PreSignUpProvider     Source = "PreSignUp_ExternalProvider"
	PostConfirmSignUp     Source = "PostConfirmation_ConfirmSignUp"
	PostConfirmReset      Source = "PostConfirmation_ConfirmForgotPassword"
	PreAuthenticate       Source = "PreAuthentication_Authentication"
	PostAuthenticate      Source = "PostAuthentication_Authentication"
	DefineChallenge       Source = "DefineAuthChallenge_Authentication"
	CreateChallenge       Source = "CreateAuthChallenge_Authentication"
	VerifyChallenge       Source = "VerifyAuthChallengeResponse_Authentication"
	MigrateAtSignIn       Source = "UserMigration_Authentication"
	MigrateAtReset        Source = "UserMigration_ForgotPassword"
	InboundFromProvider   Source = "InboundFederation_ExternalProvider"
	TokenClientCredential Source = "TokenGeneration_ClientCredentials"
)

// Trigger is the name of the source's trigger, as error texts and LambdaConfig say it.
func (s Source) Trigger() string {
	name, _, _ := strings.Cut(string(s), "_")
	if name == "TokenGeneration" {
		return "PreTokenGeneration"
	}
	return name
}
