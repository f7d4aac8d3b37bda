package branding

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
)

const (
	maxTerms        = 40
	defaultLanguage = "cognito:default"
)

// Documents creates, finds, changes and deletes terms.
type Documents struct {
	store  TermsStore
	tokens *cursor.Codec
	now    clock.Clock
}

// Create makes a document for a client. The caller has made sure that the client is of the pool.
func (d *Documents) Create(ctx context.Context, spec Terms) (*Terms, error) {
	if err := checkLinks(spec.Links); err != nil {
		return nil, err
	}
	spec.ID, spec.CreatedAt = random.UUID(), moment(d.now)
	spec.ModifiedAt = spec.CreatedAt
	if err := d.store.InsertTerms(ctx, &spec, maxTerms); err != nil {
		return nil, err
	}
	return &spec, nil
}

// Get finds a document.
func (d *Documents) Get(ctx context.Context, poolID, id string) (*Terms, error) {
	return d.store.Terms(ctx, poolID, id)
}

// Of finds the document of a name for a client.
func (d *Documents) Of(ctx context.Context, poolID, clientID, name string) (*Terms, error) {
	return d.store.TermsOf(ctx, poolID, clientID, name)
}

// Update changes the name unless it is empty, and replaces all links unless they are nil.
func (d *Documents) Update(ctx context.Context, poolID, id, name string, links map[string]string) (*Terms, error) {
	if links != nil {
		if err := checkLinks(links); err != nil {
			return nil, err
		}
	}
	return d.store.UpdateTerms(ctx, poolID, id, func(t *Terms) error {
		if name != "" {
			t.Name = name
		}
		if links != nil {
			t.Links = links
		}
		t.ModifiedAt = moment(d.now)
		return nil
	})
}

// Delete removes a document.
func (d *Documents) Delete(ctx context.Context, poolID, id string) error {
	return d.store.DeleteTerms(ctx, poolID, id)
}

// List pages through the documents of a pool.
func (d *Documents) List(ctx context.Context, poolID string, limit int, token string) (list []*Terms, next string, err error) {
	list, next, err = cursor.List[*Terms, string]{
		Fetch: func(ctx context.Context, after string, limit int) ([]*Terms, error) {
			return d.store.ListTerms(ctx, poolID, after, limit)
		},
		Place: func(t *Terms) string { return t.ID },
		Scope: []string{"ListTerms", poolID},
	}.Page(ctx, d.tokens, limit, token)
	if errors.Is(err, cursor.ErrBad) {
		return nil, "", fault.Invalidf("Invalid pagination token").Because(err)
	}
	return list, next, err
}

// checkLinks obeys that there is a link for every language, and that none can run a script in the page that shows it.
func checkLinks(links map[string]string) error {
	if links[defaultLanguage] == "" {
		return fault.Invalidf("Links must contain %s.", defaultLanguage)
	}
	for _, language := range slices.Sorted(maps.Keys(links)) {
		u, err := url.Parse(links[language])
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return fault.Invalidf("The link for %s is not an http or https URL.", language)
		}
	}
	return nil
}
