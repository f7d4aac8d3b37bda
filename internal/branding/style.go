package branding

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"cognate.dev/cognate/internal/branding/picture"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
)

// The limits of Cognito. https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
const (
	maxStyles  = 20
	maxAssets  = 40
	maxAsset   = 1_000_000
	maxRequest = 2 << 20 // of settings and images in one request
)

// Styles creates, finds, changes and deletes styles.
type Styles struct {
	store StyleStore
	now   clock.Clock
}

// StyleSpec is what a request gives. Nil means not given.
type StyleSpec struct {
	Provided *bool
	Settings json.RawMessage
	Assets   []Asset
}

// Create makes the style of a client. The caller has made sure that the client is of the pool.
func (s *Styles) Create(ctx context.Context, poolID, clientID string, spec StyleSpec) (*Style, error) {
	x := &Style{ID: random.UUID(), PoolID: poolID, ClientID: clientID, CreatedAt: moment(s.now)}
	x.ModifiedAt = x.CreatedAt
	spec, err := s.fetch(ctx, poolID, spec)
	if err != nil {
		return nil, err
	}
	if err := x.apply(spec); err != nil {
		return nil, err
	}
	if err := s.store.InsertStyle(ctx, x, maxStyles); err != nil {
		return nil, err
	}
	return x, nil
}

// Get finds a style. Merged gives the default settings wherever it has none of its own.
func (s *Styles) Get(ctx context.Context, poolID, id string, merged bool) (*Style, error) {
	x, err := s.store.Style(ctx, poolID, id)
	return x.shown(merged, err)
}

// Of finds the style of a client, as Get.
func (s *Styles) Of(ctx context.Context, poolID, clientID string, merged bool) (*Style, error) {
	x, err := s.store.StyleOf(ctx, poolID, clientID)
	return x.shown(merged, err)
}

// Update changes what is given and keeps the rest: settings are merged as RFC 7396 says, so that null takes a value back
// to its default, and an image replaces the one in its place. A style that is to use the provided values loses its own.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateManagedLoginBranding.html
func (s *Styles) Update(ctx context.Context, poolID, id string, spec StyleSpec) (*Style, error) {
	spec, err := s.fetch(ctx, poolID, spec)
	if err != nil {
		return nil, err
	}
	return s.store.UpdateStyle(ctx, poolID, id, func(x *Style) error {
		x.ModifiedAt = moment(s.now)
		return x.apply(spec)
	})
}

// fetch fills in the images that a request names instead of giving them: those that a style of the pool has. Images that
// are new get their names here.
func (s *Styles) fetch(ctx context.Context, poolID string, spec StyleSpec) (StyleSpec, error) {
	spec.Assets = slices.Clone(spec.Assets)
	for i, a := range spec.Assets {
		switch {
		case a.Category == ProviderIcon: // its ResourceID names no image
		case a.ResourceID == "":
			spec.Assets[i].ResourceID = random.UUID()
		case len(a.Bytes) == 0:
			kept, err := s.store.StyleAsset(ctx, poolID, a.ResourceID)
			if err != nil {
				return spec, err
			}
			if kept == nil {
				return spec, fault.Missingf("Asset %s does not exist.", a.ResourceID)
			}
			if kept.Extension != a.Extension {
				return spec, fault.Invalidf("The asset %s is an image of the extension %s.", a.ResourceID, kept.Extension)
			}
			spec.Assets[i].Bytes = kept.Bytes
		}
	}
	return spec, nil
}

// Delete removes a style. Its client has no managed login pages then.
func (s *Styles) Delete(ctx context.Context, poolID, id string) error {
	return s.store.DeleteStyle(ctx, poolID, id)
}

// apply changes a style in memory.
func (x *Style) apply(spec StyleSpec) error {
	own := spec.Settings != nil || len(spec.Assets) > 0
	if spec.Provided != nil && *spec.Provided {
		if own {
			return fault.Invalidf("Settings and Assets must be omitted when UseCognitoProvidedValues is true.")
		}
		x.Provided, x.Settings, x.Assets = true, nil, nil
		return nil
	}
	if own || spec.Provided != nil {
		x.Provided = false
	}
	if err := checkAssets(spec); err != nil {
		return err
	}
	if spec.Settings != nil {
		settings, err := mergeSettings(x.Settings, spec.Settings)
		if err != nil {
			return err
		}
		x.Settings = settings
	}
	for _, a := range spec.Assets {
		x.Assets = slices.DeleteFunc(x.Assets, func(old Asset) bool { return old.place() == a.place() })
		x.Assets = append(x.Assets, a)
	}
	slices.SortFunc(x.Assets, Asset.Compare)
	if len(x.Assets) > maxAssets {
		return fault.Limitedf("A style can have at most %d assets.", maxAssets)
	}
	return nil
}

func (a Asset) place() string {
	if a.Category == ProviderIcon {
		return a.Category + " " + a.ColorMode + " " + a.ResourceID
	}
	return a.Category + " " + a.ColorMode
}

// Compare orders the assets of a style by their places.
func (a Asset) Compare(b Asset) int { return cmp.Compare(a.place(), b.place()) }

// shown is a style as it is described.
func (x *Style) shown(merged bool, err error) (*Style, error) {
	if err != nil || !merged {
		return x, err
	}
	out := *x
	out.Settings, err = mergeSettings(defaults, x.Settings)
	return &out, err
}

// checkAssets obeys the limits of a request and that every image is what its extension says.
func checkAssets(spec StyleSpec) error {
	size, seen := len(spec.Settings), map[string]bool{}
	for _, a := range spec.Assets {
		size += len(a.Bytes)
		kind := picture.Kind(a.Extension)
		switch {
		case seen[a.place()]:
			return fault.Invalidf("The asset %s is given more than once for the color mode %s.", a.Category, a.ColorMode)
		case len(a.Bytes) == 0:
			return fault.Invalidf("The asset %s has no Bytes.", a.Category)
		case len(a.Bytes) > maxAsset:
			return fault.Invalidf("The asset %s has more than %d bytes.", a.Category, maxAsset)
		case a.Category == "FAVICON_ICO" && kind != picture.ICO, a.Category == "FAVICON_SVG" && kind != picture.SVG:
			return fault.Invalidf("The asset %s cannot have the extension %s.", a.Category, a.Extension)
		}
		if kind == picture.SVG {
			if err := picture.Drawing(a.Bytes); err != nil {
				return fault.Invalidf("The asset %s is not a safe SVG image: %v.", a.Category, err)
			}
		} else if picture.Sniff(a.Bytes) != kind {
			return fault.Invalidf("The asset %s is not an image of the extension %s.", a.Category, a.Extension)
		}
		seen[a.place()] = true
	}
	if size > maxRequest {
		return fault.Invalidf("Settings and Assets have more than %d bytes together. Send them in several requests.", maxRequest)
	}
	return nil
}
