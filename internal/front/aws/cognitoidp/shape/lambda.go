package shape

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// plainTriggers are the members of a LambdaConfig that hold just an ARN, by their names on the wire.
func plainTriggers(c *idp.LambdaConfigType) map[string]**string {
	return map[string]**string{
		"PreSignUp": &c.PreSignUp, "CustomMessage": &c.CustomMessage, "PostConfirmation": &c.PostConfirmation,
		"PreAuthentication": &c.PreAuthentication, "PostAuthentication": &c.PostAuthentication,
		"DefineAuthChallenge": &c.DefineAuthChallenge, "CreateAuthChallenge": &c.CreateAuthChallenge,
		"VerifyAuthChallengeResponse": &c.VerifyAuthChallengeResponse, "PreTokenGeneration": &c.PreTokenGeneration,
		"UserMigration": &c.UserMigration,
	}
}

// lambdaOf reads the triggers of a pool.
func lambdaOf(c *idp.LambdaConfigType) directory.LambdaConfig {
	var out directory.LambdaConfig
	if c == nil {
		return out
	}
	for name, arn := range plainTriggers(c) {
		if member.Text(*arn) != "" {
			if out.ARNs == nil {
				out.ARNs = map[string]string{}
			}
			out.ARNs[name] = member.Text(*arn)
		}
	}
	out.KMSKeyID = member.Text(c.KMSKeyID)
	versioned := map[string]directory.VersionedLambda{}
	if v := c.PreTokenGenerationConfig; v != nil {
		versioned["PreTokenGenerationConfig"] = directory.VersionedLambda{Version: member.Text(v.LambdaVersion), ARN: member.Text(v.LambdaArn)}
	}
	if v := c.CustomSMSSender; v != nil {
		versioned["CustomSMSSender"] = directory.VersionedLambda{Version: member.Text(v.LambdaVersion), ARN: member.Text(v.LambdaArn)}
	}
	if v := c.CustomEmailSender; v != nil {
		versioned["CustomEmailSender"] = directory.VersionedLambda{Version: member.Text(v.LambdaVersion), ARN: member.Text(v.LambdaArn)}
	}
	if v := c.InboundFederation; v != nil {
		versioned["InboundFederation"] = directory.VersionedLambda{Version: member.Text(v.LambdaVersion), ARN: member.Text(v.LambdaArn)}
	}
	if len(versioned) > 0 {
		out.Versioned = versioned
	}
	return out
}

// lambdaAnswer writes the triggers of a pool; a pool without any answers {}.
func lambdaAnswer(c directory.LambdaConfig) *idp.LambdaConfigType {
	out := &idp.LambdaConfigType{KMSKeyID: member.Given(c.KMSKeyID)}
	for name, arn := range plainTriggers(out) {
		*arn = member.Given(c.ARNs[name])
	}
	for name, v := range c.Versioned {
		switch name {
		case "PreTokenGenerationConfig":
			out.PreTokenGenerationConfig = &idp.PreTokenGenerationVersionConfigType{LambdaVersion: member.Given(v.Version), LambdaArn: member.Given(v.ARN)}
		case "CustomSMSSender":
			out.CustomSMSSender = &idp.CustomSMSLambdaVersionConfigType{LambdaVersion: member.Given(v.Version), LambdaArn: member.Given(v.ARN)}
		case "CustomEmailSender":
			out.CustomEmailSender = &idp.CustomEmailLambdaVersionConfigType{LambdaVersion: member.Given(v.Version), LambdaArn: member.Given(v.ARN)}
		case "InboundFederation":
			out.InboundFederation = &idp.InboundFederationLambdaType{LambdaVersion: member.Given(v.Version), LambdaArn: member.Given(v.ARN)}
		}
	}
	// The two members for the pre-token-generation trigger say the same in two ways, whichever was sent.
	switch config := out.PreTokenGenerationConfig; {
	case config == nil && out.PreTokenGeneration != nil:
		out.PreTokenGenerationConfig = &idp.PreTokenGenerationVersionConfigType{
			LambdaVersion: new(idp.PreTokenGenerationLambdaVersionTypeV10), LambdaArn: out.PreTokenGeneration,
		}
	case config != nil && out.PreTokenGeneration == nil:
		out.PreTokenGeneration = config.LambdaArn
	}
	return out
}
