package authorize

import (
	"context"
	"encoding/json"
	"errors"
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

// ErrOld is a request whose pages have taken too long.
var ErrOld = errors.New("the sign-in took too long")

// Open reads what Seal wrote for the site's pool, and checks the request again: settings may have changed. One that is too old
// is ErrOld; one that was not sealed here is a Refusal without a Location: the person has to start again at the client.
func (s *Requests) Open(ctx context.Context, site Site, text string) (*Request, error) {
	r, err := s.reopen(ctx, site, text)
	if err == nil && moment(s.parts.Now).Sub(r.StartedAt) >= requestLife {
		return nil, ErrOld
	}
	return r, err
}

// Renew is Open for somebody who begins again, however old the request is: it starts now.
func (s *Requests) Renew(ctx context.Context, site Site, text string) (*Request, error) {
	r, err := s.reopen(ctx, site, text)
	if err == nil {
		r.StartedAt = moment(s.parts.Now)
	}
	return r, err
}

func (s *Requests) reopen(ctx context.Context, site Site, text string) (*Request, error) {
	lost := Refuse(InvalidRequest, "the sign-in did not start here")
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
	query, err := url.ParseQuery(content.Query)
	if err != nil {
		return nil, fmt.Errorf("read sealed request: %w", err)
	}
	r, err := s.read(ctx, site, query, content.Pushed)
	if err != nil {
		return nil, err
	}
	r.StartedAt = time.UnixMilli(content.StartedAt).UTC()
	return r, nil
}
