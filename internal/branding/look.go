package branding

import (
	"context"
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
	Radii   map[string]float64 // of corners, in CSS pixels, by the part: card, button, input, alert
	Compact bool               // less space between things
	// Across and Down are where the form stands on the page: start or end; empty: in the middle.
	Across, Down   string
	Logo           *Emblem          // of the form
	Header, Footer *Band            // across the page; nil: none
	Page, Form     Image            // behind the page and behind the form
	Graphics       map[string]Image // by what a page asks for: email, sms, app, password, passkey
	Icons          []*Picture       // of the browser's tab, the preferred one last
	Providers      map[string]Image // on the buttons of outside providers, by their names; "": of all others
	PlainButtons   bool             // those buttons have no icons
	Rules          []css.Rule       // of the classic pages
}

// Palette is the colours of one mode, each as #rrggbb or #rrggbbaa, by the roles that Roles lists.
type Palette map[string]string

// Emblem is a logo and where it stands.
type Emblem struct {
	Image   Image
	Outside bool   // of the form's card
	Below   bool   // what it belongs to, instead of above
	Side    string // start or end; empty: in the middle
}

// Band is a header or footer.
type Band struct {
	Logo       *Emblem
	Background Image
}

// Image is what light and what dark pages show; they may be the same, and either may be nil.
type Image struct{ Light, Dark *Picture }

// Picture is an image that browsers fetch from Path.
type Picture struct {
	Path string
	Type string
	Data []byte // only where it is served
}

// pictures are all images of a look.
func (l *Look) pictures() []*Picture {
	images := []Image{l.Page, l.Form}
	if l.Logo != nil {
		images = append(images, l.Logo.Image)
	}
	for _, band := range []*Band{l.Header, l.Footer} {
		if band == nil {
			continue
		}
		images = append(images, band.Background)
		if band.Logo != nil {
			images = append(images, band.Logo.Image)
		}
	}
	for _, image := range l.Graphics {
		images = append(images, image)
	}
	for _, image := range l.Providers {
		images = append(images, image)
	}
	list := append([]*Picture(nil), l.Icons...)
	for _, image := range images {
		for _, p := range []*Picture{image.Light, image.Dark} {
			if p != nil {
				list = append(list, p)
			}
		}
	}
	return list
}

// Looks gives looks. What it gives is at most a second old.
type Looks struct {
	cache    *cache.Cache[place, *Look]
	pictures *cache.Cache[string, *Picture]
}

// place names a look: the classic or the newer one of a client.
type place struct {
	pool, client string
	classic      bool
}

// The caches. An image can have a million bytes.
const (
	lookTTL     = time.Second
	maxLook     = 500
	pictureTTL  = time.Minute // its path changes with it
	maxPictures = 50
)

func newLooks(p Parts, classics *Classics, now clock.Clock) *Looks {
	return &Looks{
		cache: cache.New(cache.Config{Max: maxLook, TTL: lookTTL, Clock: now},
			func(ctx context.Context, at place) (cache.Loaded[*Look], error) {
				l, err := load(ctx, p.Styles, classics, at)
				return cache.Loaded[*Look]{Value: l, Found: true}, err
			}),
		pictures: cache.New(cache.Config{Max: maxPictures, TTL: pictureTTL, Clock: now},
			func(ctx context.Context, path string) (cache.Loaded[*Picture], error) {
				x, err := paint(ctx, p.Styles, classics, path)
				return cache.Loaded[*Picture]{Value: x, Found: x != nil}, err
			}),
	}
}

// Of gives the look of a client's pages, the classic ones or the newer ones. It is the zero look when nothing is set.
func (l *Looks) Of(ctx context.Context, poolID, clientID string, classic bool) (*Look, error) {
	r, err := l.cache.Get(ctx, place{poolID, clientID, classic})
	return r.Value, err
}

// Forget makes this node read all looks anew, because another node has changed one.
func (l *Looks) Forget() { l.cache.InvalidateAll() }

// Images is the path below which the images are served: Images + POOL/CLIENT/NAME/VERSION. NAME is classic, or the category
// and mode of an asset.
const Images = "/_cognate/branding/"

// Picture finds the image that is served at a path under Images; nil when there is none, or another one by now.
func (l *Looks) Picture(ctx context.Context, path string) (*Picture, error) {
	at, ok := placeOf(path)
	if !ok {
		return nil, nil
	}
	look, err := l.Of(ctx, at.pool, at.client, at.classic)
	if err != nil {
		return nil, err
	}
	for _, p := range look.pictures() {
		if p.Path == path {
			found, err := l.pictures.Get(ctx, path)
			return found.Value, err
		}
	}
	return nil, nil
}

// placeOf is whose image a path names.
func placeOf(path string) (at place, ok bool) {
	parts := strings.Split(strings.TrimPrefix(path, Images), "/")
	if len(parts) != 4 {
		return place{}, false
	}
	return place{parts[0], parts[1], parts[2] == classicName}, true
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
	return x.Look(), nil
}

// paint reads the image of a path; nil: there is none.
func paint(ctx context.Context, styles StyleStore, classics *Classics, path string) (*Picture, error) {
	at, _ := placeOf(path)
	if at.classic {
		x, err := classics.Get(ctx, at.pool, at.client)
		if err != nil || x == nil || x.ImagePath() != path {
			return nil, err
		}
		p := x.picture()
		p.Data = x.Image
		return p, nil
	}
	x, err := styles.StyleOf(ctx, at.pool, at.client)
	if fault.Is(err, fault.Missing, "") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return x.Picture(path), nil
}

func (x *Classic) look() (*Look, error) {
	rules, err := css.Parse(x.CSS)
	if err != nil {
		return nil, err // what was stored had been read before
	}
	out := &Look{Mode: "light", Rules: rules} // sheets for these pages know no other
	if len(x.Image) > 0 {
		p := x.picture()
		out.Logo = &Emblem{Image: Image{p, p}}
	}
	return out, nil
}

func (x *Classic) picture() *Picture {
	return &Picture{Path: x.ImagePath(), Type: picture.Sniff(x.Image).MediaType()}
}
