package frame

import (
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/branding"
)

// TestThePagesLookAsTheDefaultSettingsSay fails when DescribeManagedLoginBranding shows other defaults than the pages have.
func TestThePagesLookAsTheDefaultSettingsSay(t *testing.T) {
	t.Parallel()
	raw, err := files.ReadFile("frame.css")
	if err != nil {
		t.Fatal(err)
	}
	sheet, look := string(raw), branding.Default()
	variable := regexp.MustCompile(`--([a-z-]+): #([0-9a-f]+);`)
	for start, palette := range map[string]branding.Palette{
		"\n:root {": look.Light, "\n:root[data-mode=dark] {": look.Dark, "\n  :root:not([data-mode=light]) {": look.Dark,
	} {
		_, block, _ := strings.Cut("\n"+sheet, start)
		block, _, _ = strings.Cut(block, "}")
		found := variable.FindAllStringSubmatch(block, -1)
		if len(found) != len(branding.Roles()) {
			t.Errorf("%s has %d colours, want %d", start, len(found), len(branding.Roles()))
		}
		for _, one := range found {
			colour := one[2]
			if len(colour) == 3 {
				colour = strings.Join([]string{colour[:1], colour[:1], colour[1:2], colour[1:2], colour[2:], colour[2:]}, "")
			}
			if palette[one[1]] != "#"+colour {
				t.Errorf("%s %s is #%s, and the settings say %s", start, one[1], colour, palette[one[1]])
			}
		}
	}
	for part, radius := range look.Radii {
		if want := (Look{Look: branding.Look{Radii: map[string]float64{part: radius}}}).shape(); !strings.Contains(strings.ReplaceAll(sheet, " ", ""), want) {
			t.Errorf("the style lacks %s", want)
		}
	}
	for _, role := range branding.Roles() {
		if !strings.Contains(sheet, "var(--"+role+")") {
			t.Errorf("nothing on the pages has the colour %s", role)
		}
	}
}
