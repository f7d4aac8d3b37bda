package shape

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// Reader reads what another Cognito shows of a pool and its parts, in the words of the wire. Notes say what of it cannot be
// had here.
type Reader struct {
	Triggers bool // keep LambdaConfig: only of use where its functions can be reached
}

// Pool reads the member UserPool of DescribeUserPool.
func (r Reader) Pool(raw []byte) (spec directory.PoolSpec, notes []string, err error) {
	var in idp.CreateUserPoolRequest // its members have the names of the answer, but for two
	var shown struct {
		Name             *string
		SchemaAttributes []idp.SchemaAttributeType
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return spec, nil, fmt.Errorf("read the user pool: %w", err)
	}
	if err := json.Unmarshal(raw, &shown); err != nil {
		return spec, nil, fmt.Errorf("read the user pool: %w", err)
	}
	in.PoolName = shown.Name
	if !r.Triggers && in.LambdaConfig != nil {
		for name, arn := range plainTriggers(in.LambdaConfig) {
			if member.Text(*arn) != "" {
				notes = append(notes, fmt.Sprintf("the trigger %s (%s); --with-triggers takes triggers along", name, member.Text(*arn)))
			}
		}
		slices.Sort(notes)
		in.LambdaConfig = nil
	}
	spec.Settings = SettingsOf(&in)
	spec.Schema = SchemaOf(bareNames(shown.SchemaAttributes))
	spec.AliasAttributes, spec.UsernameAttributes = member.Some(in.AliasAttributes), member.Some(in.UsernameAttributes)
	if in.UsernameConfiguration != nil {
		spec.CaseSensitive = in.UsernameConfiguration.CaseSensitive
	}
	return spec, notes, nil
}

// bareNames gives attributes the names that they are asked for with. Those that every pool has unchanged are left out.
func bareNames(list []idp.SchemaAttributeType) (out []idp.SchemaAttributeType) {
	for _, a := range list {
		name := member.Text(a.Name)
		switch name {
		case "sub", "identities", "email_verified", "phone_number_verified":
			continue
		}
		a.Name = new(strings.TrimPrefix(strings.TrimPrefix(name, "dev:"), "custom:"))
		out = append(out, a)
	}
	return out
}

// MFA reads the answer of GetUserPoolMfaConfig.
func (r Reader) MFA(raw []byte) (directory.MFASettings, error) {
	var in idp.SetUserPoolMfaConfigRequest
	if err := json.Unmarshal(raw, &in); err != nil {
		return directory.MFASettings{}, fmt.Errorf("read the MFA configuration: %w", err)
	}
	return MFASettingsOf(&in)
}

// Client reads the member UserPoolClient of DescribeUserPoolClient, with its id and secret.
func (r Reader) Client(raw []byte) (spec directory.ClientSpec, notes []string, err error) {
	var in idp.CreateUserPoolClientRequest
	var shown struct{ ClientId, ClientSecret string }
	if err := json.Unmarshal(raw, &in); err != nil {
		return spec, nil, fmt.Errorf("read the app client: %w", err)
	}
	if err := json.Unmarshal(raw, &shown); err != nil {
		return spec, nil, fmt.Errorf("read the app client: %w", err)
	}
	spec = directory.ClientSpec{ID: shown.ClientId, Secret: shown.ClientSecret, ClientSettings: ClientSettingsOf(&in)}
	spec.IdentityProviders = slices.DeleteFunc(spec.IdentityProviders, func(name string) bool {
		if name == "COGNITO" {
			return false
		}
		notes = append(notes, fmt.Sprintf("the identity provider %s of the client %s", name, shown.ClientId))
		return true
	})
	return spec, notes, nil
}
