package portal

import "context"

// Holdings is all that somebody sees in the portal.
type Holdings struct {
	Applications []Application
	Launches     []Launch
	Browsers     []Browser
	Connection   string // that they came through; empty: they are the workspace's own
	Attributes   []Attribute
}

// Look gives all that somebody sees.
func (p *Portal) Look(ctx context.Context, who *Person) (*Holdings, error) {
	var h Holdings
	var err error
	if h.Applications, err = p.Applications(ctx, who); err != nil {
		return nil, err
	}
	if h.Launches, err = p.Launches(ctx, who); err != nil {
		return nil, err
	}
	if h.Browsers, err = p.Browsers(ctx, who); err != nil {
		return nil, err
	}
	h.Connection, h.Attributes, err = p.Known(ctx, who)
	return &h, err
}
