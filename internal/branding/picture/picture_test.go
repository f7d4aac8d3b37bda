package picture_test

import (
	"testing"

	"cognate.dev/cognate/internal/branding/picture"
)

const (
	head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`
	foot = `</svg>`
)

// TestKindsAreTold fails when an image is taken for another kind, or something else for an image.
func TestKindsAreTold(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]picture.Kind{
		"\x89PNG\r\n\x1a\nrest": picture.PNG, "\xff\xd8\xff\xe0rest": picture.JPEG, "\x00\x00\x01\x00rest": picture.ICO,
		"RIFF\x01\x02\x03\x04WEBPrest": picture.WEBP, head + foot: picture.SVG, "": "", "GIF89a": "", "<html/>": "", "<svg/>": "",
		"RIFF": "", "plain text": "", `<?xml version="1.0"?><!-- a --><!DOCTYPE svg PUBLIC "a" "b">` + head + `<path d="M0 0"/>` + foot: picture.SVG,
	} {
		if got := picture.Sniff([]byte(data)); got != want {
			t.Errorf("%q is %q, want %q", data, got, want)
		}
		if want != "" && want.MediaType() == "application/octet-stream" {
			t.Errorf("%s has no media type", want)
		}
	}
}

// TestDrawingsThatDoSomethingAreRefused fails when an SVG gets through that runs or fetches something.
func TestDrawingsThatDoSomethingAreRefused(t *testing.T) {
	t.Parallel()
	for _, harmless := range []string{
		`<a href="#x"/>`, `<use xlink:href="#x"/>`, `<path style="fill:url(#a)"/>`, `<style>.a{fill:red}</style>`,
		`<image href="data:image/png;base64,AA=="/>`, `<path fill='url("#a")'/>`,
	} {
		if err := picture.Drawing([]byte(head + harmless + foot)); err != nil {
			t.Errorf("%s: %v", harmless, err)
		}
	}
	for _, harmful := range []string{
		`<script>alert(1)</script>`, `<SCRIPT/>`, `<path onload="alert(1)"/>`, `<path ONLOAD="alert(1)"/>`, `<foreignObject/>`,
		`<a href="javascript:alert(1)"/>`, `<a xlink:href=" javascript:alert(1)"/>`, `<image href="https://evil.example/a"/>`,
		`<image href="data:text/html,a"/>`, `<image href="data:image/svg+xml,a"/>`, `<style>@import "a"</style>`,
		`<style>a{fill:url(https://evil.example)}</style>`, `<path style="fill:URL( 'a')"/>`, `<path style="fill:u\72l(a)"/>`, `<set attributeName="href"/>`,
		`<animate/>`, `<?xml-stylesheet href="a"?>`, `<path`,
	} {
		if err := picture.Drawing([]byte(head + harmful + foot)); err == nil {
			t.Errorf("%s was accepted", harmful)
		}
	}
	if err := picture.Drawing([]byte(`<!DOCTYPE svg [<!ENTITY a "b">]>` + head + foot)); err == nil {
		t.Error("a document that declares entities was accepted")
	}
}

// FuzzSniff fails when some bytes crash the reader.
func FuzzSniff(f *testing.F) {
	f.Add([]byte(head + foot))
	f.Add([]byte("RIFF\x01\x02\x03\x04WEBP"))
	f.Fuzz(func(_ *testing.T, data []byte) { picture.Sniff(data) })
}
