package branding_test

import (
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/branding"
)

// TestEveryProviderHasItsIcon fails when an icon gets on the button of another provider, when one mode's replaces the other's,
// or when the image is not served.
func TestEveryProviderHasItsIcon(t *testing.T) {
	t.Parallel()
	b, now := newBranding(t)
	icon := func(provider, mode, content string) branding.Asset {
		return branding.Asset{
			Category: branding.ProviderIcon, ColorMode: mode, Extension: "PNG", ResourceID: provider, Bytes: []byte("\x89PNG\r\n\x1a\n" + content),
		}
	}
	x, err := b.Styles.Create(t.Context(), poolID, clientID, branding.StyleSpec{Assets: []branding.Asset{
		icon("Corp", "LIGHT", "light"), icon("Corp", "DARK", "dark"), icon("Google", "DYNAMIC", "google"), icon("", "DYNAMIC", "others"),
	}})
	check(t, err)
	_, err = b.Styles.Update(t.Context(), poolID, x.ID, branding.StyleSpec{Assets: []branding.Asset{icon("Google", "DYNAMIC", "newer")}})
	check(t, err)
	now.Advance(2 * time.Second)
	look, err := b.Looks.Of(t.Context(), poolID, clientID, false)
	check(t, err)
	says := func(p *branding.Picture) string {
		if p == nil {
			return "nothing"
		}
		found, err := b.Looks.Picture(t.Context(), p.Path)
		check(t, err)
		if found == nil {
			return "not served"
		}
		return strings.TrimPrefix(string(found.Data), "\x89PNG\r\n\x1a\n")
	}
	for provider, want := range map[string][2]string{"Corp": {"light", "dark"}, "Google": {"newer", "newer"}, "": {"others", "others"}, "Okta": {"nothing", "nothing"}} {
		if got := [2]string{says(look.Providers[provider].Light), says(look.Providers[provider].Dark)}; got != want {
			t.Errorf("%q has %v, want %v", provider, got, want)
		}
	}
	for what, a := range map[string][]branding.Asset{
		"one of no image": {{Category: branding.ProviderIcon, ColorMode: "LIGHT", Extension: "PNG", ResourceID: "Corp"}},
		"one twice":       {icon("Corp", "LIGHT", "a"), icon("Corp", "LIGHT", "b")},
	} {
		if _, err := b.Styles.Update(t.Context(), poolID, x.ID, branding.StyleSpec{Assets: a}); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	_, err = b.Styles.Update(t.Context(), poolID, x.ID, branding.StyleSpec{Settings: []byte(`{"componentClasses":{"idpButtons":{"icons":{"enabled":false}}}}`)})
	check(t, err)
	now.Advance(2 * time.Second)
	if look, err = b.Looks.Of(t.Context(), poolID, clientID, false); err != nil || !look.PlainButtons || look.Providers != nil {
		t.Errorf("icons that are off: %+v, %v", look, err)
	}
}
