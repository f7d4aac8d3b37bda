package branding

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// silent are the settings that are kept and shown and change nothing: what the pages do not have, and what AWS reserves.
var silent = []string{
	"categories.auth",                                                                                                              // the order and form of ways to sign in: fields first, then buttons in the client's order
	"categories.form.instructions", "categories.form.languageSelector", "categories.form.sessionTimerDisplay", "categories.signUp", // reserved
}

// TestEverySettingIsObeyedOrKnownToBeSilent fails when the defaults show a setting that the pages neither obey nor are known
// not to.
func TestEverySettingIsObeyedOrKnownToBeSilent(t *testing.T) {
	t.Parallel()
	obeyed := []string{
		"categories.global.colorSchemeMode", "categories.global.spacingDensity", "categories.global.pageHeader.enabled", "categories.global.pageFooter.enabled",
		"categories.form.location.horizontal", "categories.form.location.vertical", "categories.form.displayGraphics", "componentClasses.idpButtons.icons.enabled",
		"components.favicon.enabledTypes", "components.form.backgroundImage.enabled", "components.pageBackground.image.enabled",
		"components.form.logo.enabled", "components.form.logo.location", "components.form.logo.formInclusion", "components.form.logo.position",
	}
	for _, part := range []string{"components.pageHeader.", "components.pageFooter."} {
		obeyed = append(obeyed, part+"backgroundImage.enabled", part+"logo.enabled", part+"logo.location")
	}
	for _, path := range roles {
		obeyed = append(obeyed, strings.Replace(path, "MODE", "lightMode", 1), strings.Replace(path, "MODE", "darkMode", 1))
	}
	for _, path := range corners {
		obeyed = append(obeyed, path)
	}
	var tree map[string]any
	if err := json.Unmarshal(defaults, &tree); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	walk(tree, "", func(path string) {
		seen[path] = true
		quiet := slices.ContainsFunc(silent, func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+".") })
		if slices.Contains(obeyed, path) == quiet {
			t.Errorf("the pages do not obey %s", path)
		}
	})
	for _, path := range obeyed {
		if !seen[path] {
			t.Errorf("the defaults do not show %s", path)
		}
	}
	if look := Default(); len(look.Light) != len(roles) || len(look.Dark) != len(roles) || len(look.Radii) != len(corners) {
		t.Errorf("a default is of the wrong form: %v", look)
	}
}

func walk(node map[string]any, prefix string, leaf func(string)) {
	for name, value := range node {
		if members, ok := value.(map[string]any); ok {
			walk(members, prefix+name+".", leaf)
		} else {
			leaf(prefix + name)
		}
	}
}

// TestEveryAssetHasItsPlace fails when an image that a style has is not where settings want it, or is there without them.
func TestEveryAssetHasItsPlace(t *testing.T) {
	t.Parallel()
	style := &Style{PoolID: "p", ClientID: "c"}
	for _, category := range []string{
		"FAVICON_ICO", "FAVICON_SVG", "EMAIL_GRAPHIC", "SMS_GRAPHIC", "AUTH_APP_GRAPHIC", "PASSWORD_GRAPHIC", "PASSKEY_GRAPHIC", "PAGE_HEADER_LOGO",
		"PAGE_HEADER_BACKGROUND", "PAGE_FOOTER_LOGO", "PAGE_FOOTER_BACKGROUND", "PAGE_BACKGROUND", "FORM_BACKGROUND", "FORM_LOGO",
	} {
		for _, mode := range []string{"DYNAMIC", "DARK"} {
			style.Assets = append(style.Assets, Asset{Category: category, ColorMode: mode, Extension: "PNG", Bytes: []byte(category + mode)})
		}
	}
	places := func(settings string) map[string]string {
		style.Settings = []byte(settings)
		found := map[string]string{}
		for _, p := range style.Look().pictures() {
			found[string(style.Picture(p.Path).Data)] = p.Path
		}
		return found
	}
	all := places(`{"categories": {"global": {"pageHeader": {"enabled": true}, "pageFooter": {"enabled": true}}}, "components": {
		"form": {"logo": {"enabled": true}, "backgroundImage": {"enabled": true}}, "pageBackground": {"image": {"enabled": true}},
		"pageHeader": {"logo": {"enabled": true}, "backgroundImage": {"enabled": true}},
		"pageFooter": {"logo": {"enabled": true}, "backgroundImage": {"enabled": true}}}}`)
	for _, a := range style.Assets {
		if icon := strings.HasPrefix(a.Category, "FAVICON"); all[string(a.Bytes)] == "" && !(icon && a.ColorMode == "DARK") {
			t.Errorf("%s for %s pages is nowhere", a.Category, a.ColorMode)
		}
	}
	few := places(`{"categories": {"form": {"displayGraphics": false}}, "components": {"favicon": {"enabledTypes": ["SVG"]},
		"pageHeader": {"logo": {"enabled": true}}}}`)
	if len(few) != 1 || few["FAVICON_SVGDYNAMIC"] == "" {
		t.Errorf("nothing is enabled but one favicon: %v", few)
	}
	style.Settings = []byte(`{"categories": {"form": {"location": {"horizontal": "START", "vertical": "BOTTOM"}}, "global": {"spacingDensity": "COMPACT"}},
		"components": {"form": {"borderRadius": 1e9, "logo": {"enabled": true, "formInclusion": "OUT", "position": "BOTTOM", "location": "END"}}}}`)
	got := style.Look()
	got.Graphics, got.Icons, got.Logo.Image = nil, nil, Image{}
	want := &Look{
		Compact: true, Across: "start", Down: "end", Radii: map[string]float64{"card": maxRadius},
		Logo: &Emblem{Outside: true, Below: true, Side: "end"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
}
