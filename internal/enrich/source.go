package enrich

import (
	"context"
	"io"
)

// Query is what a source is asked: about a principal, or about a resource of a kind. Token is what a Bearer chose of the
// tokens that came with the request; nobody has verified it.
type Query struct {
	Kind  string // of a resource; empty for a principal
	ID    string // what the source's key gave, at most maxKey bytes
	Token string
}

// Answer is a source's answer. A nil Doc means that the source knows nobody of that id, which is no error. Groups and
// fields are found in Doc, as the source's configuration says. Tags name what the answer was made of, in the source's own
// words; its Affected speaks the same words.
type Answer struct {
	Doc    map[string]any // of what field.Value takes
	PoolID string         // of the principal; empty: of none of our pools
	ID     string         // its sub
	Tags   []string
}

// Source finds people and things by id. An error means that it could not tell; one that upstream.AboutQuestion marks,
// that only this id is to blame. A source that is an io.Closer is closed with its enricher.
type Source interface {
	Fetch(ctx context.Context, q Query) (Answer, error)
	// Affected names the tags of the answers that a change of a user makes untrue, those that say "nobody"
	// included. An empty userID means a change of anything in the pool. None for a source that does not know our pools.
	Affected(poolID, userID string) []string
}

// Bearer is a Source that shows a token of the request to its upstream.
type Bearer interface {
	// Choose gives the token that the source would show; empty: none.
	Choose(tokens []string) string
}

// Outside makes a source of a function that asks a server which knows nothing of our pools. A nil document is nobody.
// The closer may be nil.
func Outside(find func(ctx context.Context, q Query) (map[string]any, error), closer io.Closer) Source {
	return outside{find, closer}
}

type outside struct {
	find   func(ctx context.Context, q Query) (map[string]any, error)
	closer io.Closer
}

// Fetch is Source's.
func (o outside) Fetch(ctx context.Context, q Query) (Answer, error) {
	doc, err := o.find(ctx, q)
	return Answer{Doc: doc}, err
}

// Affected is Source's.
func (outside) Affected(string, string) []string { return nil }

// Close is io.Closer's.
func (o outside) Close() error {
	if o.closer == nil {
		return nil
	}
	return o.closer.Close()
}

// Chosen makes a Bearer of a source from Outside, which takes the first token that passes.
func Chosen(s Source, pass func(token string) bool) Source { return chosen{s, pass} }

type chosen struct {
	Source
	pass func(token string) bool
}

// Choose is Bearer's.
func (c chosen) Choose(tokens []string) string {
	for _, t := range tokens {
		if c.pass(t) {
			return t
		}
	}
	return ""
}

// Close is io.Closer's.
func (c chosen) Close() error {
	if closer, ok := c.Source.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
