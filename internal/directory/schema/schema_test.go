package schema_test

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/fault"
)

func TestSchemaRulesAreCognitos(t *testing.T) {
	t.Parallel()
	long, fixed := strings.Repeat("x", 21), false
	for name, tc := range map[string]struct {
		spec schema.Spec
		text string
	}{
		"another type":   {schema.Spec{Name: "email", Type: "Number"}, "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email"},
		"developer only": {schema.Spec{Name: "name", DeveloperOnly: true}, "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute name"},
		"required own":   {schema.Spec{Name: "x", Type: "String", Required: true}, "Required custom attributes are not supported currently."},
		"no type":        {schema.Spec{Name: "x"}, "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."},
		"long name":      {schema.Spec{Name: long, Type: "String"}, "A custom attribute name must have 1 to 20 characters."},
		"long text":      {schema.Spec{Name: "x", Type: "String", Length: &schema.Bounds{Max: "2049"}}, "user.custom:x: String attributes cannot have a length of more than 2048"},
		"upside down":    {schema.Spec{Name: "x", Type: "String", Length: &schema.Bounds{Min: "5", Max: "4"}}, "user.custom:x: Max length cannot be less than min length."},
		"numbers too":    {schema.Spec{Name: "x", Type: "Number", Range: &schema.Bounds{Min: "5", Max: "4"}}, "user.custom:x: Max value cannot be less than min value."},
		"no number":      {schema.Spec{Name: "x", Type: "String", Length: &schema.Bounds{Max: "ten"}}, "Invalid StringMaxLength for schema attribute custom:x"},
		"verified":       {schema.Spec{Name: "phone_number_verified", Type: "Boolean"}, "A custom attribute name must have 1 to 20 characters."},
	} {
		_, err := schema.Build([]schema.Spec{tc.spec})
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Text != tc.text {
			t.Errorf("%s: got %v, want %s", name, err, tc.text)
		}
	}
	list, err := schema.Build([]schema.Spec{
		{Name: "email", Required: true, Mutable: &fixed},
		{Name: "nickname", Type: "String", Length: &schema.Bounds{Max: "5"}},
		{Name: "x", Type: "String"}, {Name: "y", Type: "Number", DeveloperOnly: true, Range: &schema.Bounds{Min: "-3"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	email, _ := schema.Find(list, "email")
	if !email.Required || email.Mutable || email.MaxLength != "2048" {
		t.Errorf("%+v", email)
	}
	if nick, _ := schema.Find(list, "nickname"); nick.MinLength != "" || nick.MaxLength != "5" || !nick.Mutable {
		t.Errorf("%+v", nick)
	}
	if x, ok := schema.Find(list, "custom:x"); !ok || !x.Mutable || !x.HasString || x.MaxLength != "" {
		t.Errorf("%+v", x)
	}
	if y, ok := schema.Find(list, "dev:custom:y"); !ok || !y.DeveloperOnly || y.MinValue != "-3" {
		t.Errorf("%+v", y)
	}
}

func TestCustomAttributesAreAddedOnceAndBounded(t *testing.T) {
	t.Parallel()
	list, err := schema.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	spec := func(i int) schema.Spec { return schema.Spec{Name: "a" + strings.Repeat("b", i), Type: "String"} }
	var batch []schema.Spec
	for i := range 17 {
		batch = append(batch, spec(i))
	}
	list, err = schema.Add(list, batch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = schema.Add(list, batch[:1]); fault.As(err).Text != "custom:a: Existing attribute already has name custom:a." {
		t.Error(err)
	}
	if _, err = schema.Add(list, make([]schema.Spec, 26)); err == nil {
		t.Error("26 at a time were accepted")
	}
	if _, err = schema.Add(list, nil); err == nil {
		t.Error("none at all were accepted")
	}
	for i := range 33 {
		if list, err = schema.Add(list, []schema.Spec{{Name: "c" + string(rune('A'+i)), Type: "Boolean"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err = schema.Add(list, []schema.Spec{{Name: "last", Type: "String"}}); err == nil {
		t.Error("a 51st custom attribute was accepted")
	}
}

func TestValuesMustFitTheSchema(t *testing.T) {
	t.Parallel()
	list, err := schema.Build([]schema.Spec{
		{Name: "n", Type: "Number", Range: &schema.Bounds{Min: "1", Max: "10"}}, {Name: "b", Type: "Boolean"}, {Name: "d", Type: "DateTime"},
		{Name: "s", Type: "String", Length: &schema.Bounds{Min: "2", Max: "3"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const off = "Attributes did not conform to the schema: "
	for _, tc := range []struct{ name, value, want, text string }{
		{"email", "alice@example.com", "alice@example.com", ""},
		{"email", "alice", "", "Invalid email address format."},
		{"email", "alice@example.com,bob@example.com", "", "Invalid email address format."},
		{"email", "alice@example.com\r\nBcc: bob@example.com", "", "Invalid email address format."},
		{"email", "alice@@example.com", "", "Invalid email address format."},
		{"phone_number", "+15555550100", "+15555550100", ""},
		{"phone_number", "5555550100", "", "Invalid phone number format."},
		{"phone_number", "+1555555010012345", "", "Invalid phone number format."},
		{"birthdate", "2000-01-02", "2000-01-02", ""},
		{"birthdate", "2000-1-2", "", off + "birthdate: String must have at least 10 characters"},
		{"name", strings.Repeat("é", 2048), strings.Repeat("é", 2048), ""},
		{"name", strings.Repeat("é", 2049), "", off + "name: String must be no longer than 2048 characters"},
		{"email_verified", "True", "true", ""},
		{"email_verified", "yes", "", off + "email_verified: Value must be true or false"},
		{"custom:b", "FALSE", "false", ""},
		{"custom:n", "10", "10", ""},
		{"custom:n", "0.5", "", off + "custom:n: Value must be at least 1"},
		{"custom:n", "11", "", off + "custom:n: Value must be at most 10"},
		{"custom:n", "1e999999999", "", off + "custom:n: Value is not a number"},
		{"custom:n", "1/3", "", off + "custom:n: Value is not a number"},
		{"custom:d", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", ""},
		{"custom:d", "tomorrow", "", off + "custom:d: Value is not a date or a time"},
		{"custom:s", "x", "", off + "custom:s: String must have at least 2 characters"},
		{"custom:zz", "x", "", off + "custom:zz: Attribute does not exist in the schema."},
		{"100%d", "x", "", off + "100%d: Attribute does not exist in the schema."},
	} {
		got, err := schema.Conform(list, tc.name, tc.value)
		text := ""
		if err != nil {
			text = fault.As(err).Text
		}
		if got != tc.want && err == nil || text != tc.text {
			t.Errorf("%s=%q: got %q, %q; want %q, %q", tc.name, tc.value, got, text, tc.want, tc.text)
		}
	}
}

func FuzzConform(f *testing.F) {
	list, err := schema.Build([]schema.Spec{{Name: "n", Type: "Number", Range: &schema.Bounds{Min: "1"}}, {Name: "d", Type: "DateTime"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("email", "a@b")
	f.Add("custom:n", "-0.5")
	f.Add("custom:d", "2026-01-02")
	f.Fuzz(func(t *testing.T, name, value string) {
		got, err := schema.Conform(list, name, value)
		if err != nil && fault.As(err).Kind != fault.Invalid {
			t.Errorf("%q=%q: %v", name, value, err)
		}
		if err == nil && name == "email" && strings.ContainsAny(got, "\r\n ,") {
			t.Errorf("%q passed as an email address", got)
		}
	})
}
