package cognitoidp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// png is enough of an image to be told as one; say makes it unlike others.
func png(say string) []byte { return []byte("\x89PNG\r\n\x1a\n" + say) }

func asset(category types.AssetCategoryType, mode types.ColorSchemeModeType, data []byte) types.AssetType {
	return types.AssetType{Category: category, ColorMode: mode, Extension: "PNG", Bytes: data}
}

// settings reads the settings of the last answer.
func (w *world) settings() (out map[string]any) {
	w.t.Helper()
	var answer struct {
		ManagedLoginBranding struct{ Settings map[string]any }
	}
	w.check(json.Unmarshal(w.wire.last(), &answer))
	return answer.ManagedLoginBranding.Settings
}

// TestStyleIsMerged fails when an update of a style loses what it did not name, or a merged description lacks defaults.
func TestStyleIsMerged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	made, err := w.CreateManagedLoginBranding(t.Context(), &sdk.CreateManagedLoginBrandingInput{
		UserPoolId: pool, ClientId: client,
		Settings: document.NewLazyDocument(map[string]any{"components": map[string]any{"form": map[string]any{"borderRadius": 1, "logo": map[string]any{"enabled": true}}}}),
		Assets:   []types.AssetType{asset("FORM_LOGO", "LIGHT", png("a")), asset("FORM_LOGO", "DARK", png("b"))},
	})
	w.check(err)
	id := made.ManagedLoginBranding.ManagedLoginBrandingId
	updated, err := w.UpdateManagedLoginBranding(t.Context(), &sdk.UpdateManagedLoginBrandingInput{
		UserPoolId: pool, ManagedLoginBrandingId: id,
		Settings: document.NewLazyDocument(map[string]any{"components": map[string]any{"form": map[string]any{"borderRadius": 2}}}),
		Assets:   []types.AssetType{asset("FORM_LOGO", "LIGHT", png("c"))},
	})
	w.check(err)
	want := map[string]any{"components": map[string]any{"form": map[string]any{"borderRadius": 2.0, "logo": map[string]any{"enabled": true}}}}
	if diff := cmp.Diff(want, w.settings()); diff != "" {
		t.Errorf("updated settings (-want +got):\n%s", diff)
	}
	if a := updated.ManagedLoginBranding.Assets; len(a) != 2 || string(a[0].Bytes) != string(png("b")) || string(a[1].Bytes) != string(png("c")) {
		t.Errorf("updated assets: %s", w.wire.last())
	}
	_, err = w.DescribeManagedLoginBranding(t.Context(), &sdk.DescribeManagedLoginBrandingInput{UserPoolId: pool, ManagedLoginBrandingId: id})
	w.check(err)
	if diff := cmp.Diff(want, w.settings()); diff != "" {
		t.Errorf("own settings (-want +got):\n%s", diff)
	}
	_, err = w.DescribeManagedLoginBrandingByClient(t.Context(), &sdk.DescribeManagedLoginBrandingByClientInput{
		UserPoolId: pool, ClientId: client, ReturnMergedResources: true,
	})
	w.check(err)
	merged := w.settings()
	form := merged["components"].(map[string]any)["form"].(map[string]any)
	if form["borderRadius"] != 2.0 || form["lightMode"] == nil || merged["categories"] == nil || merged["componentClasses"] == nil {
		t.Errorf("merged settings: %v", merged)
	}
	_, err = w.UpdateManagedLoginBranding(t.Context(), &sdk.UpdateManagedLoginBrandingInput{UserPoolId: pool, ManagedLoginBrandingId: id, UseCognitoProvidedValues: true})
	w.check(err)
	got, err := w.DescribeManagedLoginBranding(t.Context(), &sdk.DescribeManagedLoginBrandingInput{UserPoolId: pool, ManagedLoginBrandingId: id})
	w.check(err)
	if b := got.ManagedLoginBranding; !b.UseCognitoProvidedValues || b.Assets != nil || w.settings() != nil {
		t.Errorf("with provided values: %s", w.wire.last())
	}
}

// TestStylesAreRefused fails when a client gets two styles, or a style what no page may show.
func TestStylesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	create := func(change ...func(*sdk.CreateManagedLoginBrandingInput)) error {
		in := &sdk.CreateManagedLoginBrandingInput{UserPoolId: pool, ClientId: client}
		for _, c := range change {
			c(in)
		}
		_, err := w.CreateManagedLoginBranding(t.Context(), in)
		return err
	}
	assets := func(list ...types.AssetType) func(*sdk.CreateManagedLoginBrandingInput) {
		return func(in *sdk.CreateManagedLoginBrandingInput) { in.Assets = list }
	}
	settings := func(v any) func(*sdk.CreateManagedLoginBrandingInput) {
		return func(in *sdk.CreateManagedLoginBrandingInput) { in.Settings = document.NewLazyDocument(v) }
	}
	provided := func(in *sdk.CreateManagedLoginBrandingInput) { in.UseCognitoProvidedValues = true }
	icon := asset("FAVICON_ICO", "LIGHT", png("a"))
	drawing := types.AssetType{Category: "FORM_LOGO", ColorMode: "LIGHT", Extension: "SVG", Bytes: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`)}
	var deep any = "x"
	for range 20 {
		deep = map[string]any{"a": deep}
	}
	for text, err := range map[string]error{
		"Settings and Assets must be omitted when UseCognitoProvidedValues is true.": create(provided, assets(asset("FORM_LOGO", "LIGHT", png("a")))),
		"Settings cannot have the member scripts.":                                   create(settings(map[string]any{"scripts": 1})),
		"Settings are nested too deeply.":                                            create(settings(map[string]any{"components": deep})),
		"The asset FAVICON_ICO cannot have the extension PNG.":                       create(assets(icon)),
		"The asset FORM_LOGO is not an image of the extension PNG.":                  create(assets(asset("FORM_LOGO", "LIGHT", []byte("GIF89a")))),
		"The asset FORM_LOGO is not a safe SVG image: it has the element script.":    create(assets(drawing)),
		"The asset FORM_LOGO is given more than once for the color mode LIGHT.":      create(assets(asset("FORM_LOGO", "LIGHT", png("a")), asset("FORM_LOGO", "LIGHT", png("b")))),
		"The asset FORM_LOGO has no Bytes.":                                          create(assets(types.AssetType{Category: "FORM_LOGO", ColorMode: "LIGHT", Extension: "PNG"})),
	} {
		w.refused(err, "InvalidParameterException", text)
	}
	w.check(create(provided))
	w.refused(create(), "ManagedLoginBrandingExistsException", "A style already exists for the app client.")
	_, err := w.DescribeManagedLoginBrandingByClient(t.Context(), &sdk.DescribeManagedLoginBrandingByClientInput{UserPoolId: pool, ClientId: w.client(pool)})
	w.refused(err, "ResourceNotFoundException", "Managed login branding does not exist.")
	_, err = w.UpdateManagedLoginBranding(t.Context(), &sdk.UpdateManagedLoginBrandingInput{UserPoolId: pool})
	w.refused(err, "InvalidParameterException", "UserPoolId and ManagedLoginBrandingId are required.")
	for i := range 20 {
		client = w.client(pool)
		if err := create(provided); i == 19 {
			w.refused(err, "LimitExceededException", "A user pool can have at most 20 styles.")
		} else {
			w.check(err)
		}
	}
}

// TestStyleGoes fails when a deleted style is still there.
func TestStyleGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	made, err := w.CreateManagedLoginBranding(t.Context(), &sdk.CreateManagedLoginBrandingInput{UserPoolId: pool, ClientId: w.client(pool), UseCognitoProvidedValues: true})
	w.check(err)
	id := made.ManagedLoginBranding.ManagedLoginBrandingId
	_, err = w.DeleteManagedLoginBranding(t.Context(), &sdk.DeleteManagedLoginBrandingInput{UserPoolId: pool, ManagedLoginBrandingId: id})
	w.check(err)
	_, err = w.DescribeManagedLoginBranding(t.Context(), &sdk.DescribeManagedLoginBrandingInput{UserPoolId: pool, ManagedLoginBrandingId: id})
	w.refused(err, "ResourceNotFoundException", "Managed login branding does not exist.")
}

// TestClassicPagesAreCustomized fails when a client does not see its own look, else that of all.
func TestClassicPagesAreCustomized(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	const sheet = ".banner-customizable { background-color: #eee }"
	set := func(client, css *string, image []byte) (*types.UICustomizationType, error) {
		out, err := w.SetUICustomization(t.Context(), &sdk.SetUICustomizationInput{UserPoolId: pool, ClientId: client, CSS: css, ImageFile: image})
		if err != nil {
			return nil, err
		}
		return out.UICustomization, nil
	}
	get := func(client *string) *types.UICustomizationType {
		out, err := w.GetUICustomization(t.Context(), &sdk.GetUICustomizationInput{UserPoolId: pool, ClientId: client})
		w.check(err)
		return out.UICustomization
	}
	_, err := set(nil, new(sheet), nil)
	w.refused(err, "InvalidParameterException", "There has to be an existing domain associated with this user pool")
	_, err = w.CreateUserPoolDomain(t.Context(), &sdk.CreateUserPoolDomainInput{UserPoolId: pool, Domain: new("people")})
	w.check(err)
	if diff := cmp.Diff(&types.UICustomizationType{}, get(client), ignoreUnexported); diff != "" {
		t.Errorf("without any (-want +got):\n%s", diff)
	}
	all, err := set(nil, new(sheet), png("a"))
	w.check(err)
	version := born.Format("20060102150405")
	want := &types.UICustomizationType{
		UserPoolId: pool, ClientId: new("ALL"), CSS: new(sheet), CSSVersion: &version, CreationDate: all.CreationDate, LastModifiedDate: all.CreationDate,
		ImageUrl: new("https://id.example.com/_cognate/branding/" + *pool + "/ALL/classic/" + version),
	}
	for name, got := range map[string]*types.UICustomizationType{"set": all, "all": get(new("ALL")), "client": get(client)} {
		if diff := cmp.Diff(want, got, ignoreUnexported); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	_, err = set(client, new(".label-customizable{color:red}"), nil)
	w.check(err)
	if got := get(client); *got.ClientId != *client || *got.CSS != ".label-customizable{color:red}" || got.ImageUrl != nil {
		t.Errorf("the client's own: %s", w.wire.last())
	}
	_, err = set(client, new("body{display:none}"), nil)
	w.refused(err, "InvalidParameterException", `Invalid CSS: the selector "body" is not allowed.`)
	_, err = set(client, nil, []byte("<svg/>"))
	w.refused(err, "InvalidParameterException", "The image must be a PNG or JPEG file.")
	_, err = set(client, nil, png(strings.Repeat("x", 100<<10)))
	w.refused(err, "InvalidParameterException", "The image has more than 102400 bytes.")
	_, err = set(new("unknown"), nil, nil)
	w.refused(err, "ResourceNotFoundException", "User pool client unknown does not exist.")
}

// TestTermsBelongToAClient fails when a client has two documents of one name, or one without a link for everybody.
func TestTermsBelongToAClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	create := func(name string, links map[string]string) (*types.TermsType, error) {
		out, err := w.CreateTerms(t.Context(), &sdk.CreateTermsInput{
			UserPoolId: pool, ClientId: client, TermsName: &name, TermsSource: "LINK", Enforcement: "NONE", Links: links,
		})
		if err != nil {
			return nil, err
		}
		return out.Terms, nil
	}
	links := map[string]string{"cognito:default": "https://example.com/terms", "cognito:german": "https://example.com/agb"}
	made, err := create("terms-of-use", links)
	w.check(err)
	want := &types.TermsType{
		TermsId: made.TermsId, UserPoolId: pool, ClientId: client, TermsName: new("terms-of-use"), TermsSource: "LINK", Enforcement: "NONE",
		Links: links, CreationDate: made.CreationDate, LastModifiedDate: made.CreationDate,
	}
	got, err := w.DescribeTerms(t.Context(), &sdk.DescribeTermsInput{UserPoolId: pool, TermsId: made.TermsId})
	w.check(err)
	if diff := cmp.Diff(want, got.Terms, ignoreUnexported); diff != "" {
		t.Errorf("described (-want +got):\n%s", diff)
	}
	if byClient := w.raw("DescribeTermsByClient", fmt.Sprintf(`{"UserPoolId":%q,"ClientId":%q,"TermsName":"terms-of-use"}`, *pool, *client)); !strings.Contains(string(byClient), *made.TermsId) {
		t.Errorf("by client: %s", byClient)
	}
	_, err = create("terms-of-use", links)
	w.refused(err, "TermsExistsException", "Terms with the name terms-of-use already exist for the app client.")
	_, err = create("privacy-policy", map[string]string{"cognito:german": "https://example.com"})
	w.refused(err, "InvalidParameterException", "Links must contain cognito:default.")
	_, err = create("privacy-policy", map[string]string{"cognito:default": "javascript:alert(1)"})
	w.refused(err, "InvalidParameterException", "The link for cognito:default is not an http or https URL.")
	second, err := create("privacy-policy", map[string]string{"cognito:default": "https://example.com/privacy"})
	w.check(err)
	_, err = w.UpdateTerms(t.Context(), &sdk.UpdateTermsInput{UserPoolId: pool, TermsId: second.TermsId, TermsName: new("terms-of-use")})
	w.refused(err, "TermsExistsException", "Terms with the name terms-of-use already exist for the app client.")
	updated, err := w.UpdateTerms(t.Context(), &sdk.UpdateTermsInput{UserPoolId: pool, TermsId: second.TermsId, Links: map[string]string{"cognito:default": "https://example.com/new"}})
	w.check(err)
	if updated.Terms.Links["cognito:default"] != "https://example.com/new" || *updated.Terms.TermsName != "privacy-policy" {
		t.Errorf("updated to %s", w.wire.last())
	}
	names := map[string]bool{}
	for token := (*string)(nil); ; {
		page, err := w.ListTerms(t.Context(), &sdk.ListTermsInput{UserPoolId: pool, MaxResults: new(int32(1)), NextToken: token})
		w.check(err)
		for _, d := range page.Terms {
			names[*d.TermsName] = true
		}
		if token = page.NextToken; token == nil {
			break
		}
	}
	if len(names) != 2 {
		t.Errorf("listed %v", names)
	}
	_, err = w.DeleteTerms(t.Context(), &sdk.DeleteTermsInput{UserPoolId: pool, TermsId: second.TermsId})
	w.check(err)
	_, err = w.DescribeTerms(t.Context(), &sdk.DescribeTermsInput{UserPoolId: pool, TermsId: second.TermsId})
	w.refused(err, "ResourceNotFoundException", "Terms do not exist.")
}

// TestAnImageIsTakenFromAnotherStyleByItsResource fails when a ResourceId leads to no image, or to one of another pool.
func TestAnImageIsTakenFromAnotherStyleByItsResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	create := func(pool *string, a types.AssetType) (*types.ManagedLoginBrandingType, error) {
		out, err := w.CreateManagedLoginBranding(t.Context(), &sdk.CreateManagedLoginBrandingInput{
			UserPoolId: pool, ClientId: w.client(pool), Assets: []types.AssetType{a},
		})
		if err != nil {
			return nil, err
		}
		return out.ManagedLoginBranding, nil
	}
	first, err := create(pool, asset("FORM_LOGO", "LIGHT", png("a")))
	w.check(err)
	named := types.AssetType{Category: "PAGE_HEADER_LOGO", ColorMode: "DARK", Extension: "PNG", ResourceId: first.Assets[0].ResourceId}
	second, err := create(pool, named)
	w.check(err)
	if got := second.Assets[0]; !bytes.Equal(got.Bytes, first.Assets[0].Bytes) || *got.ResourceId != *named.ResourceId {
		t.Errorf("got %s", w.wire.last())
	}
	_, err = create(w.pool(), named)
	w.refused(err, "ResourceNotFoundException", "Asset "+*named.ResourceId+" does not exist.")
	named.Extension = "SVG"
	_, err = create(pool, named)
	w.refused(err, "InvalidParameterException", "The asset "+*named.ResourceId+" is an image of the extension PNG.")
}
