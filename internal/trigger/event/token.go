package event

// Groups is the group configuration of a user. In a response a nil slice says nothing, an empty one removes.
type Groups struct {
	GroupsToOverride   []string `json:"groupsToOverride"`
	IAMRolesToOverride []string `json:"iamRolesToOverride"`
	PreferredRole      *string  `json:"preferredRole"`
}

// TokenRequestV1 comes before tokens are signed.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
type TokenRequestV1 struct {
	UserAttributes     map[string]string `json:"userAttributes"`
	GroupConfiguration Groups            `json:"groupConfiguration"`
	ClientMetadata     map[string]string `json:"clientMetadata,omitempty"`
}

// TokenRequestV2 is the same for versions 2 and 3, which also know scopes.
type TokenRequestV2 struct {
	TokenRequestV1
	Scopes []string `json:"scopes"`
}

// TokenResponseV1 changes the ID token; values are strings.
type TokenResponseV1 struct {
	ClaimsOverrideDetails *ClaimsV1 `json:"claimsOverrideDetails"`
}

// ClaimsV1 are the changes of version 1.
type ClaimsV1 struct {
	ClaimsToAddOrOverride map[string]string `json:"claimsToAddOrOverride"`
	ClaimsToSuppress      []string          `json:"claimsToSuppress"`
	GroupOverrideDetails  *GroupOverride    `json:"groupOverrideDetails"`
}

// TokenResponseV2 changes both tokens; values are of any shape. Version 3 has the same.
type TokenResponseV2 struct {
	ClaimsAndScopeOverrideDetails *ClaimsV2 `json:"claimsAndScopeOverrideDetails"`
}

// ClaimsV2 are the changes of versions 2 and 3.
type ClaimsV2 struct {
	IDTokenGeneration     *IDClaims      `json:"idTokenGeneration"`
	AccessTokenGeneration *AccessClaims  `json:"accessTokenGeneration"`
	GroupOverrideDetails  *GroupOverride `json:"groupOverrideDetails"`
}

// IDClaims are changes of the ID token.
type IDClaims struct {
	ClaimsToAddOrOverride map[string]any `json:"claimsToAddOrOverride"`
	ClaimsToSuppress      []string       `json:"claimsToSuppress"`
}

// AccessClaims are changes of the access token.
type AccessClaims struct {
	ClaimsToAddOrOverride map[string]any `json:"claimsToAddOrOverride"`
	ClaimsToSuppress      []string       `json:"claimsToSuppress"`
	ScopesToAdd           []string       `json:"scopesToAdd"`
	ScopesToSuppress      []string       `json:"scopesToSuppress"`
}
