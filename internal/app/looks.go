package app

import (
	"context"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/login/frame"
)

// looks tells the pages what the owner of a client wants them to look like.
type looks struct{ from *branding.Looks }

// Look implements frame.Looks.
func (l looks) Look(ctx context.Context, pool *directory.Pool, client *directory.Client) (frame.Look, error) {
	site, _ := authorize.SiteOf(ctx)
	x, err := l.from.Of(ctx, pool.ID, client.ID, site.Classic)
	if err != nil {
		return frame.Look{}, err
	}
	return frame.Look{Look: *x, Site: site.Prefix, CSS: frame.Classic(x.Rules)}, nil
}

// terms tells the pages what people agree to.
type terms struct{ from *branding.Documents }

// Links implements frame.Terms.
func (t terms) Links(ctx context.Context, pool *directory.Pool, client *directory.Client, name string) (map[string]string, error) {
	d, err := t.from.Of(ctx, pool.ID, client.ID, name)
	if err != nil {
		return nil, err
	}
	return d.Links, nil
}

var (
	_ frame.Looks = looks{}
	_ frame.Terms = terms{}
)
