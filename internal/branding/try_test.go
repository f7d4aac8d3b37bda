package branding

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/fault"
)

const dot = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><circle r="1"/></svg>`

func TestATriedStyleShowsItsPicturesWithoutBeingServed(t *testing.T) {
	t.Parallel()
	x, err := Try(StyleSpec{
		Settings: []byte(`{"components":{"form":{"logo":{"enabled":true}},"pageBackground":{"image":{"enabled":true}}}}`),
		Assets: []Asset{
			{Category: "FORM_LOGO", ColorMode: "DYNAMIC", Extension: "SVG", Bytes: []byte(dot)},
			{Category: "PAGE_BACKGROUND", ColorMode: "DARK", Extension: "SVG", Bytes: []byte(dot)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	look := x.Inline()
	for name, p := range map[string]*Picture{"light logo": look.Logo.Image.Light, "dark logo": look.Logo.Image.Dark, "dark ground": look.Page.Dark} {
		if !strings.HasPrefix(p.Path, "data:image/svg+xml;base64,PHN2Zy") {
			t.Errorf("%s is at %s", name, p.Path)
		}
	}
}

func TestWhatWouldBeRefusedIsNotShownEither(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]StyleSpec{
		"unknown member": {Settings: []byte(`{"colours":{}}`)},
		"a script":       {Assets: []Asset{{Category: "FORM_LOGO", ColorMode: "DYNAMIC", Extension: "SVG", Bytes: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`)}}},
		"no picture":     {Assets: []Asset{{Category: "FORM_LOGO", ColorMode: "DYNAMIC", Extension: "PNG", Bytes: []byte("hello")}}},
	} {
		if _, err := Try(spec); !fault.Is(err, fault.Invalid, "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
