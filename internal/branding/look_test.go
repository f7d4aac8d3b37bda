package branding_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/branding/css"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/store/storetest"
)

const (
	poolID   = "eu-west-1_Abcdefghi"
	clientID = "client"
)

func newBranding(t testing.TB) (*branding.Branding, *clock.Fake) {
	t.Helper()
	s, now := storetest.Memory(t), clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	check(t, s.InsertPool(t.Context(), &directory.Pool{ID: poolID, CreatedAt: now.Now(), ModifiedAt: now.Now()}))
	check(t, s.InsertClient(t.Context(), &directory.Client{ID: clientID, PoolID: poolID, CreatedAt: now.Now(), ModifiedAt: now.Now()}))
	return branding.New(branding.Parts{
		Styles: s, Classic: s, Terms: s, HasDomain: func(context.Context, string) (bool, error) { return true, nil },
		Keys: storetest.Sealer(t), Now: now.Now,
	}), now
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestSettingsBecomeALook fails when the pages do not learn of a colour or image that was set, or learn of one that is
// none.
func TestSettingsBecomeALook(t *testing.T) {
	t.Parallel()
	b, now := newBranding(t)
	look := func() *branding.Look {
		l, err := b.Looks.Of(t.Context(), poolID, clientID, false)
		check(t, err)
		return l
	}
	if diff := cmp.Diff(&branding.Look{}, look()); diff != "" {
		t.Errorf("without a style (-want +got):\n%s", diff)
	}
	logo, icon := []byte("\x89PNG\r\n\x1a\nlogo"), []byte("\x00\x00\x01\x00icon")
	_, err := b.Styles.Create(t.Context(), poolID, clientID, branding.StyleSpec{
		Settings: []byte(`{"categories":{"global":{"colorSchemeMode":"DARK"}},
			"componentClasses":{"statusIndicator":{"lightMode":{"error":{"borderColor":"AA0000ff"}}}},
			"components":{"form":{"borderRadius":3,"logo":{"enabled":true},"lightMode":{"backgroundColor":"ffffffff","borderColor":"red;}"}},
			"pageBackground":{"image":{"enabled":true},"darkMode":{"color":"00000080"}},"pageText":{"lightMode":"x"},
			"primaryButton":{"lightMode":{"defaults":{"backgroundColor":"123456ff","textColor":"ffffff"}}}}}`),
		Assets: []branding.Asset{
			{Category: "FORM_LOGO", ColorMode: "LIGHT", Extension: "PNG", Bytes: logo},
			{Category: "FAVICON_ICO", ColorMode: "DYNAMIC", Extension: "ICO", Bytes: icon},
		},
	})
	check(t, err)
	now.Advance(2 * time.Second)
	got := look()
	want := &branding.Look{
		Mode:  "dark",
		Light: branding.Palette{"card": "#ffffff", "accent": "#123456", "on-accent": "#ffffff", "danger": "#aa0000"},
		Dark:  branding.Palette{"ground": "#00000080"}, Radii: map[string]float64{"card": 3},
		Logo:  &branding.Emblem{Image: branding.Image{Light: &branding.Picture{Path: got.Logo.Image.Light.Path, Type: "image/png"}}},
		Icons: []*branding.Picture{{Path: got.Icons[0].Path, Type: "image/x-icon"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with a style (-want +got):\n%s", diff)
	}
	at := got.Logo.Image.Light.Path
	for path, want := range map[string][]byte{at: logo, got.Icons[0].Path: icon, at + "0": nil, branding.Images + "x": nil} {
		p, err := b.Looks.Picture(t.Context(), path)
		check(t, err)
		if (p == nil) != (want == nil) || p != nil && string(p.Data) != string(want) {
			t.Errorf("%s: %v", path, p)
		}
	}
}

// TestClassicLookIsThatOfAll fails when a client's classic pages do not look as those of all clients, or an old image
// stays.
func TestClassicLookIsThatOfAll(t *testing.T) {
	t.Parallel()
	b, now := newBranding(t)
	sheet, image := ".logo-customizable{width:1px}", []byte("\xff\xd8\xffimage")
	set, err := b.Classic.Set(t.Context(), poolID, branding.All, &sheet, image)
	check(t, err)
	got, err := b.Looks.Of(t.Context(), poolID, clientID, true)
	check(t, err)
	logo := &branding.Picture{Path: set.ImagePath(), Type: "image/jpeg"}
	want := &branding.Look{
		Mode:  "light",
		Logo:  &branding.Emblem{Image: branding.Image{Light: logo, Dark: logo}},
		Rules: []css.Rule{{Class: "logo-customizable", Declarations: []css.Declaration{{Property: "width", Value: "1px"}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("look (-want +got):\n%s", diff)
	}
	served, err := b.Looks.Picture(t.Context(), set.ImagePath())
	check(t, err)
	if served == nil || string(served.Data) != string(image) {
		t.Errorf("served: %v", served)
	}
	now.Advance(2 * time.Second)
	_, err = b.Classic.Set(t.Context(), poolID, branding.All, nil, []byte{})
	check(t, err)
	p, err := b.Looks.Picture(t.Context(), set.ImagePath())
	check(t, err)
	if p != nil {
		t.Error("an image that was taken away is served")
	}
}
