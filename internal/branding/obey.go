package branding

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/branding/picture"
)

// roles are the colours that pages know, and where settings say them; MODE is lightMode or darkMode.
var roles = map[string]string{
	"ground": "components.pageBackground.MODE.color",
	"card":   "components.form.MODE.backgroundColor", "edge": "components.form.MODE.borderColor",
	"ink": "components.pageText.MODE.headingColor", "soft": "components.pageText.MODE.bodyColor",
	"lead":  "components.pageText.MODE.descriptionColor",
	"label": "componentClasses.inputLabel.MODE.textColor", "hint": "componentClasses.inputDescription.MODE.textColor",
	"field": "componentClasses.input.MODE.defaults.backgroundColor", "line": "componentClasses.input.MODE.defaults.borderColor",
	"faint": "componentClasses.divider.MODE.borderColor", "focus": "componentClasses.focusState.MODE.borderColor",
	"link": "componentClasses.link.MODE.defaults.textColor", "link-hover": "componentClasses.link.MODE.hover.textColor",
	"danger": "componentClasses.statusIndicator.MODE.error.borderColor", "danger-soft": "componentClasses.statusIndicator.MODE.error.backgroundColor",
	"good": "componentClasses.statusIndicator.MODE.success.borderColor", "good-soft": "componentClasses.statusIndicator.MODE.success.backgroundColor",
	"alert": "components.alert.MODE.error.borderColor", "alert-soft": "components.alert.MODE.error.backgroundColor",
	"accent": "components.primaryButton.MODE.defaults.backgroundColor", "on-accent": "components.primaryButton.MODE.defaults.textColor",
	"accent-hover": "components.primaryButton.MODE.hover.backgroundColor", "on-accent-hover": "components.primaryButton.MODE.hover.textColor",
	"accent-active": "components.primaryButton.MODE.active.backgroundColor", "on-accent-active": "components.primaryButton.MODE.active.textColor",
	"accent-off": "components.primaryButton.MODE.disabled.backgroundColor", "accent-off-line": "components.primaryButton.MODE.disabled.borderColor",
	"second": "components.secondaryButton.MODE.defaults.backgroundColor", "second-line": "components.secondaryButton.MODE.defaults.borderColor",
	"on-second":    "components.secondaryButton.MODE.defaults.textColor",
	"second-hover": "components.secondaryButton.MODE.hover.backgroundColor", "second-line-hover": "components.secondaryButton.MODE.hover.borderColor",
	"on-second-hover": "components.secondaryButton.MODE.hover.textColor",
	"second-active":   "components.secondaryButton.MODE.active.backgroundColor", "second-line-active": "components.secondaryButton.MODE.active.borderColor",
	"on-second-active": "components.secondaryButton.MODE.active.textColor",
	"header":           "components.pageHeader.MODE.background.color", "header-line": "components.pageHeader.MODE.borderColor",
	"footer": "components.pageFooter.MODE.background.color", "footer-line": "components.pageFooter.MODE.borderColor",
}

// Roles lists the colours that a palette can have.
func Roles() []string { return slices.Sorted(maps.Keys(roles)) }

// corners are the parts whose corners settings make round, and where they say it.
var corners = map[string]string{
	"card": "components.form.borderRadius", "alert": "components.alert.borderRadius",
	"button": "componentClasses.buttons.borderRadius", "input": "componentClasses.input.borderRadius",
}

// maxRadius bounds corners, in pixels.
const maxRadius = 100

// graphics are the assets that pages show for what they ask for.
var graphics = map[string]string{
	"email": "EMAIL_GRAPHIC", "sms": "SMS_GRAPHIC", "app": "AUTH_APP_GRAPHIC", "password": "PASSWORD_GRAPHIC", "passkey": "PASSKEY_GRAPHIC",
}

// Default is the look that settings describe which a style does not have of its own.
func Default() *Look { return (&Style{Settings: defaults}).Look() }

// settings are the settings of a style as a tree. A part of another form than expected counts as not given: pages must appear
// all the same.
type settings map[string]any

func (s settings) at(path string) any {
	var node any = map[string]any(s)
	for _, name := range strings.Split(path, ".") {
		members, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = members[name]
	}
	return node
}

func (s settings) text(path string) string { text, _ := s.at(path).(string); return text }
func (s settings) yes(path string) bool    { yes, _ := s.at(path).(bool); return yes }

// side is start or end as settings say it; empty: in the middle.
func (s settings) side(path string) string {
	return map[string]string{"START": "start", "TOP": "start", "END": "end", "BOTTOM": "end"}[s.text(path)]
}

// Look is what the pages make of the style.
func (x *Style) Look() *Look {
	s := settings{}
	if len(x.Settings) == 0 || json.Unmarshal(x.Settings, &s) != nil {
		s = settings{}
	}
	out := &Look{
		Mode:    map[string]string{"LIGHT": "light", "DARK": "dark"}[s.text("categories.global.colorSchemeMode")],
		Light:   s.palette("lightMode"),
		Dark:    s.palette("darkMode"),
		Compact: s.text("categories.global.spacingDensity") == "COMPACT",
		Across:  s.side("categories.form.location.horizontal"), Down: s.side("categories.form.location.vertical"),
		Header: x.band(s, "categories.global.pageHeader", "components.pageHeader", "PAGE_HEADER"),
		Footer: x.band(s, "categories.global.pageFooter", "components.pageFooter", "PAGE_FOOTER"),
		Icons:  x.icons(s),
	}
	for part, path := range corners {
		if radius, ok := s.at(path).(float64); ok && radius >= 0 {
			if out.Radii == nil {
				out.Radii = map[string]float64{}
			}
			out.Radii[part] = min(radius, maxRadius)
		}
	}
	if out.Logo = x.emblem(s, "components.form.logo", "FORM_LOGO"); out.Logo != nil {
		out.Logo.Outside = s.text("components.form.logo.formInclusion") == "OUT"
		out.Logo.Below = s.text("components.form.logo.position") == "BOTTOM"
	}
	if s.yes("components.pageBackground.image.enabled") {
		out.Page = x.image("PAGE_BACKGROUND")
	}
	if s.yes("components.form.backgroundImage.enabled") {
		out.Form = x.image("FORM_BACKGROUND")
	}
	if show, said := s.at("categories.form.displayGraphics").(bool); show || !said {
		out.Graphics = x.graphics()
	}
	if show, said := s.at("componentClasses.idpButtons.icons.enabled").(bool); show || !said {
		out.Providers = x.providerIcons()
	} else {
		out.PlainButtons = true
	}
	return out
}

func (s settings) palette(mode string) Palette {
	out := Palette{}
	for role, path := range roles {
		if c := colour(s.text(strings.Replace(path, "MODE", mode, 1))); c != "" {
			out[role] = c
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// colour turns Cognito's rrggbbaa into what style sheets call it; anything else is no colour.
func colour(text string) string {
	if len(text) != 8 && len(text) != 6 {
		return ""
	}
	if _, err := hex.DecodeString(text); err != nil {
		return ""
	}
	text = strings.ToLower(text)
	if len(text) == 8 && strings.HasSuffix(text, "ff") { // opaque need not be said
		text = text[:6]
	}
	return "#" + text
}

func (x *Style) band(s settings, shown, part, assets string) *Band {
	if !s.yes(shown + ".enabled") {
		return nil
	}
	out := &Band{Logo: x.emblem(s, part+".logo", assets+"_LOGO")}
	if s.yes(part + ".backgroundImage.enabled") {
		out.Background = x.image(assets + "_BACKGROUND")
	}
	return out
}

func (x *Style) emblem(s settings, path, category string) *Emblem {
	image := x.image(category)
	if !s.yes(path+".enabled") || image == (Image{}) {
		return nil
	}
	return &Emblem{Image: image, Side: s.side(path + ".location")}
}

// icons are the favicons of the types that are enabled; without a word about them, of all.
func (x *Style) icons(s settings) (list []*Picture) {
	enabled, said := s.at("components.favicon.enabledTypes").([]any)
	for _, kind := range []string{"ICO", "SVG"} {
		if said && !slices.Contains(enabled, any(kind)) {
			continue
		}
		image := x.image("FAVICON_" + kind)
		if image.Light != nil {
			list = append(list, image.Light)
		} else if image.Dark != nil {
			list = append(list, image.Dark)
		}
	}
	return list
}

func (x *Style) graphics() map[string]Image {
	var out map[string]Image
	for what, category := range graphics {
		if image := x.image(category); image != (Image{}) {
			if out == nil {
				out = map[string]Image{}
			}
			out[what] = image
		}
	}
	return out
}

func (x *Style) providerIcons() map[string]Image {
	var out map[string]Image
	for _, a := range x.Assets {
		if a.Category == ProviderIcon {
			if out == nil {
				out = map[string]Image{}
			}
			out[a.ResourceID] = x.imageOf(func(b Asset) bool { return b.Category == ProviderIcon && b.ResourceID == a.ResourceID })
		}
	}
	return out
}

// image is the assets of a category.
func (x *Style) image(category string) Image {
	return x.imageOf(func(a Asset) bool { return a.Category == category })
}

// imageOf is one image of a style: that of a mode, else the one for all modes.
func (x *Style) imageOf(is func(Asset) bool) (out Image) {
	for _, a := range x.Assets {
		if !is(a) {
			continue
		}
		p := x.picture(a)
		if a.ColorMode == "LIGHT" || a.ColorMode == "DYNAMIC" && out.Light == nil {
			out.Light = p
		}
		if a.ColorMode == "DARK" || a.ColorMode == "DYNAMIC" && out.Dark == nil {
			out.Dark = p
		}
	}
	return out
}

func (x *Style) picture(a Asset) *Picture {
	sum := sha256.Sum256(a.Bytes)
	name := strings.ToLower(strings.ReplaceAll(a.Category, "_", "-") + "-" + a.ColorMode)
	return &Picture{
		Path: Images + x.PoolID + "/" + x.ClientID + "/" + name + "/" + hex.EncodeToString(sum[:8]),
		Type: picture.Kind(a.Extension).MediaType(),
	}
}

// Picture is the image that is served at a path, with its bytes; nil: it is none of the style's.
func (x *Style) Picture(path string) *Picture {
	for _, a := range x.Assets {
		if p := x.picture(a); p.Path == path {
			p.Data = a.Bytes
			return p
		}
	}
	return nil
}
