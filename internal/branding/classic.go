package branding

import (
	"context"

	"cognate.dev/cognate/internal/branding/css"
	"cognate.dev/cognate/internal/branding/picture"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// maxImage is the largest logo of the classic pages, in bytes.
const maxImage = 100 << 10

// classicName is what paths call the image of the classic pages.
const classicName = "classic"

// Classics sets and gives what the classic pages look like.
type Classics struct {
	store     ClassicStore
	hasDomain func(context.Context, string) (bool, error)
	now       clock.Clock
}

// Set changes what is given, for one client or for All. An empty sheet or image takes the old one away.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUICustomization.html
func (c *Classics) Set(ctx context.Context, poolID, clientID string, sheet *string, image []byte) (*Classic, error) {
	there, err := c.hasDomain(ctx, poolID)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fault.Invalidf("There has to be an existing domain associated with this user pool")
	}
	if sheet != nil {
		if _, err := css.Parse(*sheet); err != nil {
			return nil, fault.Invalidf("Invalid CSS: %v.", err)
		}
	}
	if kind := picture.Sniff(image); len(image) > 0 && kind != picture.PNG && kind != picture.JPEG {
		return nil, fault.Invalidf("The image must be a PNG or JPEG file.")
	}
	if len(image) > maxImage {
		return nil, fault.Invalidf("The image has more than %d bytes.", maxImage)
	}
	return c.store.UpdateClassic(ctx, poolID, clientID, func(x *Classic) error {
		if sheet != nil {
			x.CSS = *sheet
		}
		if image != nil {
			x.Image = image
		}
		x.ModifiedAt = moment(c.now)
		if x.CreatedAt.IsZero() {
			x.CreatedAt = x.ModifiedAt
		}
		return nil
	})
}

// Get gives what a client's classic pages look like: its own, that of All, or nil.
func (c *Classics) Get(ctx context.Context, poolID, clientID string) (*Classic, error) {
	x, err := c.store.Classic(ctx, poolID, clientID)
	if err != nil || x != nil || clientID == All {
		return x, err
	}
	return c.store.Classic(ctx, poolID, All)
}

// Version is what AWS calls the version of the sheet: the time of the last change.
func (x *Classic) Version() string { return x.ModifiedAt.UTC().Format("20060102150405") }

// ImagePath is where the image is served; "" when there is none.
func (x *Classic) ImagePath() string {
	if len(x.Image) == 0 {
		return ""
	}
	return Images + x.PoolID + "/" + x.ClientID + "/" + classicName + "/" + x.Version()
}
