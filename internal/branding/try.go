package branding

import (
	"encoding/base64"
	"strings"
)

// Try makes a style that is stored nowhere, to show how a change would look. It refuses what Create would refuse, but for images that
// are named and not given: they count as not there.
func Try(spec StyleSpec) (*Style, error) {
	x := &Style{PoolID: "none", ClientID: "none"}
	if err := x.apply(spec); err != nil {
		return nil, err
	}
	return x, nil
}

// Inline is the look of a style whose pictures are in their addresses (data:), so that it shows without being served.
func (x *Style) Inline() *Look {
	look := x.Look()
	for _, p := range look.pictures() {
		if found := x.Picture(p.Path); found != nil && !strings.HasPrefix(p.Path, "data:") {
			p.Path = "data:" + p.Type + ";base64," + base64.StdEncoding.EncodeToString(found.Data)
		}
	}
	return look
}
