package branding

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"cognate.dev/cognate/internal/branding/css"
	"cognate.dev/cognate/internal/branding/picture"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
)

// Look is what pages need to know of a client's branding. What is empty is left to the pages.
type Look struct {
	Mode    string // light, dark; empty: as the person's system says
	Light   Palette
	Dark    Palette
	Logo    *Picture
	Favicon *Picture
	Rules   []css.Rule // of the classic pages
}

// Palette is the colours of one mode, each "" or "#rrggbb".
type Palette struct {
	Ground, Card, Line, Ink, Soft, Accent, OnAccent, Danger string
}

// Picture is an image that browsers fetch from Path.
type Picture struct {
	Path string
	Type string
	Data []byte
}

// Looks gives looks. What it gives is at most a second old.
type Looks struct {
	cache *cache.Cache[place, *Look]
}

// place names a look: the classic or the newer one of a client.
type place struct {
	pool, client string
	classic      bool
}

// The cache of looks, which hold images.
const (
	lookTTL = time.Second
	maxLook = 50
)

func newLooks(p Parts, classics *Classics, now clock.Clock) *Looks {
	return &Looks{cache.New(cache.Config{Max: maxLook, TTL: lookTTL, Clock: now},
		func(ctx context.Context, at place) (cache.Loaded[*Look], error) {
			l, err := load(ctx, p.Styles, classics, at)
			return cache.Loaded[*Look]{Value: l, Found: true}, err
		})}
}

// Of gives the look of a client's pages, the classic ones or the newer ones. It is the zero look when nothing is set.
func (l *Looks) Of(ctx context.Context, poolID, clientID string, classic bool) (*Look, error) {
	r, err := l.cache.Get(ctx, place{poolID, clientID, classic})
	return r.Value, err
}

// Forget makes this node read all looks anew, because another node has changed one.
func (l *Looks) Forget() { l.cache.InvalidateAll() }

// Images is the path below which the images are served: Images + POOL/CLIENT/NAME/VERSION. NAME is logo, favicon or
// classic.
const Images = "/_cognate/branding/"

// Picture finds the image that is served at a path under Images; nil when there is none, or another one by now.
func (l *Looks) Picture(ctx context.Context, path string) (*Picture, error) {
	parts := strings.Split(strings.TrimPrefix(path, Images), "/")
	if len(parts) != 4 {
		return nil, nil
	}
	look, err := l.Of(ctx, parts[0], parts[1], parts[2] == "classic")
	if err != nil {
		return nil, err
	}
	for _, p := range []*Picture{look.Logo, look.Favicon} {
		if p != nil && p.Path == path {
			return p, nil
		}
	}
	return nil, nil
}

func load(ctx context.Context, styles StyleStore, classics *Classics, at place) (*Look, error) {
	if at.classic {
		x, err := classics.Get(ctx, at.pool, at.client)
		if err != nil || x == nil {
			return &Look{}, err
		}
		return x.look()
	}
	x, err := styles.StyleOf(ctx, at.pool, at.client)
	if fault.Is(err, fault.Missing, "") {
		return &Look{}, nil
	}
	if err != nil {
		return nil, err
	}
	return x.look(), nil
}

func (x *Classic) look() (*Look, error) {
	rules, err := css.Parse(x.CSS)
	if err != nil {
		return nil, err // what was stored had been read before
	}
	out := &Look{Rules: rules}
	if len(x.Image) > 0 {
		out.Logo = &Picture{Path: x.ImagePath(), Type: picture.Sniff(x.Image).MediaType(), Data: x.Image}
	}
	return out, nil
}

// modeSettings is the part of settings that the pages obey.
type modeSettings struct {
	Categories struct {
		Global struct {
			ColorSchemeMode string `json:"colorSchemeMode"`
		} `json:"global"`
	} `json:"categories"`
	Classes struct {
		Status map[string]struct {
			Error struct {
				Border string `json:"borderColor"`
			} `json:"error"`
		} `json:"statusIndicator"`
	} `json:"componentClasses"`
	Components struct {
		Background map[string]json.RawMessage `json:"pageBackground"`
		Form       map[string]json.RawMessage `json:"form"`
		Text       map[string]json.RawMessage `json:"pageText"`
		Button     map[string]json.RawMessage `json:"primaryButton"`
	} `json:"components"`
}

// look reads the settings. A part of another form than expected counts as not given: pages must appear all the same.
func (x *Style) look() *Look {
	out := &Look{}
	var s modeSettings
	if len(x.Settings) > 0 && json.Unmarshal(x.Settings, &s) == nil {
		out.Mode = map[string]string{"LIGHT": "light", "DARK": "dark"}[s.Categories.Global.ColorSchemeMode]
		out.Light, out.Dark = s.palette("lightMode"), s.palette("darkMode")
		var logo struct {
			Enabled bool `json:"enabled"`
		}
		if json.Unmarshal(s.Components.Form["logo"], &logo) == nil && logo.Enabled {
			out.Logo = x.image("logo", "FORM_LOGO")
		}
	}
	out.Favicon = x.image("favicon", "FAVICON_SVG", "FAVICON_ICO")
	return out
}

func (s *modeSettings) palette(mode string) Palette {
	var (
		background struct{ Color string }
		form       struct{ BackgroundColor, BorderColor string }
		text       struct{ HeadingColor, BodyColor string }
		button     struct {
			Defaults struct{ BackgroundColor, TextColor string }
		}
	)
	for _, part := range []struct {
		from map[string]json.RawMessage
		into any
	}{{s.Components.Background, &background}, {s.Components.Form, &form}, {s.Components.Text, &text}, {s.Components.Button, &button}} {
		_ = json.Unmarshal(part.from[mode], part.into) // absent or of another form: the zero value says so
	}
	return Palette{
		Ground: colour(background.Color), Card: colour(form.BackgroundColor), Line: colour(form.BorderColor),
		Ink: colour(text.HeadingColor), Soft: colour(text.BodyColor), Accent: colour(button.Defaults.BackgroundColor),
		OnAccent: colour(button.Defaults.TextColor), Danger: colour(s.Classes.Status[mode].Error.Border),
	}
}

// colour turns Cognito's rrggbbaa into #rrggbb; anything else is no colour.
func colour(text string) string {
	if len(text) != 8 && len(text) != 6 {
		return ""
	}
	if _, err := hex.DecodeString(text); err != nil {
		return ""
	}
	return "#" + strings.ToLower(text[:6])
}

// image is the first asset of the categories, one for every mode before one for light pages.
func (x *Style) image(name string, categories ...string) *Picture {
	for _, category := range categories {
		for _, mode := range []string{"DYNAMIC", "LIGHT", "DARK"} {
			for _, a := range x.Assets {
				if a.Category == category && a.ColorMode == mode {
					sum := sha256.Sum256(a.Bytes)
					return &Picture{
						Path: Images + x.PoolID + "/" + x.ClientID + "/" + name + "/" + hex.EncodeToString(sum[:8]),
						Type: picture.Kind(a.Extension).MediaType(), Data: a.Bytes,
					}
				}
			}
		}
	}
	return nil
}
