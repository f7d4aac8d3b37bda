// Command setup makes the policy stores of the example, each under an alias, with the AWS SDK: what it does is what an
// application for Amazon Verified Permissions does, at another address. Run it once, against a server that has the seeds.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	avp "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
)

const folder = "examples/permissions"

// system is one policy store: whose tokens it takes, what they stand for, and which policies it has.
type system struct {
	alias, schema            string // a schema makes the store strict
	pool, client             string
	principalType, groupType string
	policies                 string
}

var systems = []system{
	{"customers", "customers.schema.json", "us-east-1_PermCust1", "permcustomers0000000000000", "Bank::User", "Bank::Group", "customer-*"},
	{"staff", "", "us-east-1_PermStaff", "permstaffportal00000000000", "Staff::User", "Staff::Group", "staff-*"},
	{"services", "", "us-east-1_PermServ1", "permbilling000000000000000", "Pay::Service", "Pay::Group", "services"},
	{"tenant-red", "", "us-east-1_PermRed01", "permred0000000000000000000", "App::User", "App::Group", "tenant"},
	{"tenant-blue", "", "us-east-1_PermBlue1", "permblue000000000000000000", "App::User", "App::Group", "tenant"},
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	client := avp.NewFromConfig(cfg)
	for _, s := range systems {
		if err := s.make(ctx, client); err != nil {
			return fmt.Errorf("%s: %w", s.alias, err)
		}
		fmt.Println("policy store", s.alias)
	}
	return nil
}

func (s system) make(ctx context.Context, client *avp.Client) error {
	mode := types.ValidationModeOff
	if s.schema != "" {
		mode = types.ValidationModeStrict
	}
	store, err := client.CreatePolicyStore(ctx, &avp.CreatePolicyStoreInput{ValidationSettings: &types.ValidationSettings{Mode: mode}, Description: &s.alias})
	if err != nil {
		return err
	}
	id := store.PolicyStoreId
	if _, err := client.CreatePolicyStoreAlias(ctx, &avp.CreatePolicyStoreAliasInput{AliasName: new("policy-store-alias/" + s.alias), PolicyStoreId: id}); err != nil {
		return err
	}
	if s.schema != "" {
		text, err := os.ReadFile(filepath.Join(folder, s.schema))
		if err != nil {
			return err
		}
		if _, err := client.PutSchema(ctx, &avp.PutSchemaInput{PolicyStoreId: id, Definition: &types.SchemaDefinitionMemberCedarJson{Value: string(text)}}); err != nil {
			return err
		}
	}
	if _, err := client.CreateIdentitySource(ctx, &avp.CreateIdentitySourceInput{
		PolicyStoreId: id, PrincipalEntityType: &s.principalType,
		Configuration: &types.ConfigurationMemberCognitoUserPoolConfiguration{Value: types.CognitoUserPoolConfiguration{
			UserPoolArn: new("arn:aws:cognito-idp:us-east-1:000000000000:userpool/" + s.pool), ClientIds: []string{s.client},
			GroupConfiguration: &types.CognitoGroupConfiguration{GroupEntityType: &s.groupType},
		}},
	}); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(folder, "policies", s.policies+".cedar"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if _, err := client.CreatePolicy(ctx, &avp.CreatePolicyInput{
			PolicyStoreId: id, Name: new("name/" + strings.TrimSuffix(filepath.Base(file), ".cedar")),
			Definition: &types.PolicyDefinitionMemberStatic{Value: types.StaticPolicyDefinition{Statement: new(string(text))}},
		}); err != nil {
			return err
		}
	}
	return nil
}
