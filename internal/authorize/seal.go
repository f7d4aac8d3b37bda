package authorize

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"
)

const (
	requestPurpose = "authorization-request"
	// requestLife is how long the pages of one sign-in may take: long enough to look for a mail and come back.
	requestLife = time.Hour
	maxSealed   = 2 * maxRequest
)

// sealed is a request on its way through pages.
type sealed struct {
	Query     string `json:"q"`
	Pushed    string `json:"p,omitempty"` // the request_uri
	StartedAt int64  `json:"t"`           // unix milliseconds
}

// Seal writes a request for a hidden field: nobody can change it or its age on the way.
func (s *Requests) Seal(r *Request) string {
	plain, err := json.Marshal(sealed{r.query.Encode(), r.Pushed, r.StartedAt.UnixMilli()})
	if err != nil {
		panic(err) // a string and a number always encode
	}
	return s.parts.Sealer.SealString(requestPurpose, plain, []byte(r.Pool.ID))
}

// Open reads what Seal wrote for the site's pool, and checks the request again: settings may have changed. A request that is
// too old, or was not sealed here, is a Refusal without a Location: the person has to start again at the client.
func (s *Requests) Open(ctx context.Context, site Site, text string) (*Request, error) {
	lost := Refuse(InvalidRequest, "the sign-in took too long or did not start here")
	if len(text) > maxSealed {
		return nil, lost
	}
	plain, err := s.parts.Sealer.OpenString(requestPurpose, text, []byte(site.Pool.ID))
	if err != nil {
		return nil, lost
	}
	var content sealed
	if err := json.Unmarshal(plain, &content); err != nil {
		return nil, fmt.Errorf("read sealed request: %w", err)
	}
	started := time.UnixMilli(content.StartedAt).UTC()
	if moment(s.parts.Now).Sub(started) >= requestLife {
		return nil, lost
	}
	query, err := url.ParseQuery(content.Query)
	if err != nil {
		return nil, fmt.Errorf("read sealed request: %w", err)
	}
	r, err := s.read(ctx, site, query, content.Pushed)
	if err != nil {
		return nil, err
	}
	r.StartedAt = started
	return r, nil
}
