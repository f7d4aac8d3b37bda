package shape

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/member"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
	"cognate.dev/cognate/internal/kit/awsjson"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// TestEverySettingOfAPoolComesBack fails when a member of CreateUserPool is lost on its way through the domain.
func TestEverySettingOfAPoolComesBack(t *testing.T) {
	t.Parallel()
	var in idp.CreateUserPoolRequest
	said := read(t, "testdata/pool_full.json", &in)
	settings := SettingsOf(&in)
	pool := &directory.Pool{ID: "eu-west-1_aaaaaaaaa", Settings: settings, CreatedAt: noon, ModifiedAt: noon}
	shown := plain(t, PoolAnswer(pool, "arn", 3))
	shown["PoolName"] = shown["Name"]
	compare(t, said, shown)
	everyMemberIsSet(t, in, "AliasAttributes", "UsernameAttributes", "Schema", "UsernameConfiguration") // fixed at creation
}

// TestEverySettingOfAClientComesBack fails when a member of CreateUserPoolClient is lost on its way through the domain.
func TestEverySettingOfAClientComesBack(t *testing.T) {
	t.Parallel()
	var in idp.CreateUserPoolClientRequest
	said := read(t, "testdata/client_full.json", &in)
	client := &directory.Client{ID: "c", PoolID: *in.UserPoolId, ClientSettings: ClientSettingsOf(&in), CreatedAt: noon, ModifiedAt: noon}
	compare(t, said, plain(t, ClientAnswer(client)))
	everyMemberIsSet(t, in, "GenerateSecret", "ClientSecret") // no settings: they make a secret
}

// TestUpdateSaysAllThatCreateSays fails when a member of an update request is not carried into the shared form.
func TestUpdateSaysAllThatCreateSays(t *testing.T) {
	t.Parallel()
	var create idp.CreateUserPoolRequest
	var update idp.UpdateUserPoolRequest
	read(t, "testdata/pool_full.json", &create)
	read(t, "testdata/pool_full.json", &update)
	if diff := cmp.Diff(create, *PoolRequest(&update)); diff != "" {
		t.Errorf("UpdateUserPool (-create +update):\n%s", diff)
	}
	var createClient idp.CreateUserPoolClientRequest
	var updateClient idp.UpdateUserPoolClientRequest
	read(t, "testdata/client_full.json", &createClient)
	read(t, "testdata/client_full.json", &updateClient)
	if diff := cmp.Diff(createClient, *ClientRequest(&updateClient)); diff != "" {
		t.Errorf("UpdateUserPoolClient (-create +update):\n%s", diff)
	}
}

// TestPolicyThatIsGivenTurnsOmittedRequirementsOff fails when a partial password policy is filled up with defaults.
func TestPolicyThatIsGivenTurnsOmittedRequirementsOff(t *testing.T) {
	t.Parallel()
	p := policyOf(&idp.PasswordPolicyType{RequireNumbers: new(true), TemporaryPasswordValidityDays: member.Number(0)})
	if p.MinimumLength != 8 || p.TemporaryDays != 0 || !p.RequireNumbers || p.RequireUppercase || p.RequireLowercase || p.RequireSymbols {
		t.Errorf("got %+v", p)
	}
}

// TestSchemaEntryKeepsItsConstraints fails when an attribute changes between the wire and the domain.
func TestSchemaEntryKeepsItsConstraints(t *testing.T) {
	t.Parallel()
	got := SchemaOf([]idp.SchemaAttributeType{
		{Name: new("tier"), AttributeDataType: new("String"), Mutable: new(false),
			StringAttributeConstraints: &idp.StringAttributeConstraintsType{MinLength: new("1"), MaxLength: new("9")}},
		{Name: new("age"), AttributeDataType: new("Number"), DeveloperOnlyAttribute: new(true), Required: new(true),
			NumberAttributeConstraints: &idp.NumberAttributeConstraintsType{MinValue: new("0")}},
	})
	want := []directory.AttributeSpec{
		{Name: "tier", Type: "String", Mutable: new(false), Length: &directory.Bounds{Min: "1", Max: "9"}},
		{Name: "age", Type: "Number", DeveloperOnly: true, Required: true, Range: &directory.Bounds{Min: "0"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// read decodes a file into a request, checks it as the protocol does and returns it as plain JSON too.
func read[T any](t *testing.T, file string, into *T) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := awsjson.NewDecoder[T]()
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	*into = *got
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func plain(t *testing.T, v any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func compare(t *testing.T, said, shown map[string]any) {
	t.Helper()
	for name, want := range said {
		if diff := cmp.Diff(want, shown[name]); diff != "" {
			t.Errorf("%s (-said +shown):\n%s", name, diff)
		}
	}
}

// everyMemberIsSet fails when a test request leaves a member out that it should carry.
func everyMemberIsSet(t *testing.T, request any, except ...string) {
	t.Helper()
	v := reflect.ValueOf(request)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		excused := false
		for _, e := range except {
			excused = excused || e == name
		}
		if v.Field(i).IsZero() != excused {
			t.Errorf("the test request and its exceptions disagree about %s", name)
		}
	}
}
