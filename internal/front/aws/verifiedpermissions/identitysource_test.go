package verifiedpermissions_test

import (
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
	"github.com/google/go-cmp/cmp"
)

// TestAnIdentitySourceLives takes one through CreateIdentitySource, GetIdentitySource, UpdateIdentitySource, ListIdentitySources and
// DeleteIdentitySource.
func TestAnIdentitySourceLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	id := w.source(store, "web1")
	got, err := w.GetIdentitySource(t.Context(), &sdk.GetIdentitySourceInput{PolicyStoreId: store, IdentitySourceId: id})
	w.check(err)
	pool := got.Configuration.(*types.ConfigurationDetailMemberCognitoUserPoolConfiguration).Value
	if *got.PrincipalEntityType != "Shop::User" || *pool.UserPoolArn != poolARN || *pool.Issuer != "https://issuer.example.com/"+poolID ||
		!cmp.Equal(pool.ClientIds, []string{"web1"}) || *pool.GroupConfiguration.GroupEntityType != "Shop::Group" || got.Details.OpenIdIssuer != "COGNITO" { //nolint:staticcheck // older clients read it
		t.Errorf("%+v", got)
	}
	create := func(arn string) error {
		_, err := w.CreateIdentitySource(t.Context(), &sdk.CreateIdentitySourceInput{PolicyStoreId: store, Configuration: &types.ConfigurationMemberCognitoUserPoolConfiguration{
			Value: types.CognitoUserPoolConfiguration{UserPoolArn: &arn},
		}})
		return err
	}
	w.refused("a second one", create(poolARN), "ServiceQuotaExceededException")
	for name, arn := range map[string]string{
		"no such pool": strings.Replace(poolARN, "Pool00001", "Pool00009", 1), "another account": strings.Replace(poolARN, accountID, "999999999999", 1),
		"another region": strings.Replace(poolARN, "idp:eu-west-1", "idp:us-east-1", 1),
	} {
		w.invalid(name, create(arn), "configuration.cognitoUserPoolConfiguration.userPoolArn", "the user pool does not exist")
	}
	_, err = w.UpdateIdentitySource(t.Context(), &sdk.UpdateIdentitySourceInput{PolicyStoreId: store, IdentitySourceId: id, UpdateConfiguration: &types.UpdateConfigurationMemberOpenIdConnectConfiguration{
		Value: types.UpdateOpenIdConnectConfiguration{
			Issuer: new("https://idp.example.com"), EntityIdPrefix: new("corp"),
			GroupConfiguration: &types.UpdateOpenIdConnectGroupConfiguration{GroupClaim: new("groups"), GroupEntityType: new("Shop::Group")},
			TokenSelection: &types.UpdateOpenIdConnectTokenSelectionMemberAccessTokenOnly{Value: types.UpdateOpenIdConnectAccessTokenConfiguration{
				PrincipalIdClaim: new("uid"), Audiences: []string{"https://api.example.com"},
			}},
		},
	}})
	w.check(err)
	got, err = w.GetIdentitySource(t.Context(), &sdk.GetIdentitySourceInput{PolicyStoreId: store, IdentitySourceId: id})
	w.check(err)
	openID := got.Configuration.(*types.ConfigurationDetailMemberOpenIdConnectConfiguration).Value
	selected := openID.TokenSelection.(*types.OpenIdConnectTokenSelectionDetailMemberAccessTokenOnly).Value
	if *got.PrincipalEntityType != "Shop::User" || *openID.Issuer != "https://idp.example.com" || *openID.EntityIdPrefix != "corp" || *openID.GroupConfiguration.GroupClaim != "groups" ||
		*selected.PrincipalIdClaim != "uid" || !cmp.Equal(selected.Audiences, []string{"https://api.example.com"}) {
		t.Errorf("%+v", got)
	}
	for filter, want := range map[string]int{"Shop::User": 1, "Shop::Other": 0} {
		list, err := w.ListIdentitySources(t.Context(), &sdk.ListIdentitySourcesInput{PolicyStoreId: store, Filters: []types.IdentitySourceFilter{{PrincipalEntityType: &filter}}})
		w.check(err)
		if len(list.IdentitySources) != want {
			t.Errorf("%s: %d", filter, len(list.IdentitySources))
		}
	}
	_, err = w.UpdateIdentitySource(t.Context(), &sdk.UpdateIdentitySourceInput{PolicyStoreId: store, IdentitySourceId: id, PrincipalEntityType: new("Shop::Group"), UpdateConfiguration: &types.UpdateConfigurationMemberCognitoUserPoolConfiguration{
		Value: types.UpdateCognitoUserPoolConfiguration{UserPoolArn: new(poolARN), GroupConfiguration: &types.UpdateCognitoGroupConfiguration{GroupEntityType: new("Shop::Group")}},
	}})
	w.invalid("groups that are principals", err, "principalEntityType", "")
	for range 2 {
		_, err = w.DeleteIdentitySource(t.Context(), &sdk.DeleteIdentitySourceInput{PolicyStoreId: store, IdentitySourceId: id})
		w.check(err)
	}
	_, err = w.GetIdentitySource(t.Context(), &sdk.GetIdentitySourceInput{PolicyStoreId: store, IdentitySourceId: id})
	w.refused("gone", err, "ResourceNotFoundException")
	w.check(create(poolARN))
	list, err := w.ListIdentitySources(t.Context(), &sdk.ListIdentitySourcesInput{PolicyStoreId: store})
	w.check(err)
	if s := list.IdentitySources[0]; *s.PrincipalEntityType != "AWS::Cognito" ||
		*s.Configuration.(*types.ConfigurationItemMemberCognitoUserPoolConfiguration).Value.GroupConfiguration.GroupEntityType != "AWS::CognitoGroup" {
		t.Errorf("%+v", s)
	}
}
