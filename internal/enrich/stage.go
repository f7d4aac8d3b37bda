package enrich

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
)

// Subject is what is known of somebody or something. It is shared by all decisions that need it: read it only.
type Subject struct {
	PoolID     string
	ID         string // the sub
	Groups     []string
	Attributes *structpb.Value // an object: what policies see
}

// stage is one source with its rules and its memory. The cache is keyed by what the source is asked, since that is all a
// decision has; the tags are the way from a changed user to every id that led to it.
type stage struct {
	SourceConfig
	index  int
	chosen selector
	fields field.Map
	groups field.Path // nil: none
	path   field.Path // of the key in attr; nil: the id
	places []string   // names in attr that are the source's
	source Source
	guard  *guard
	cache  *cache.Cache[key, *Subject]
}

// key is a Query without what is too long or too secret to be kept.
type key struct {
	kind, id string
	token    [sha256.Size]byte // zero: none
}

// maxKey is longer than any id, username or alias can be: attribute values have at most 2048 characters. What is longer is
// nobody's, and is not remembered: callers choose ids, and memory must not be theirs to fill.
const maxKey = 2048

func newStage(c SourceConfig, index int, from Source, observer Observer, now clock.Clock) (*stage, error) {
	s := &stage{SourceConfig: c, index: index, source: from}
	var err error
	if s.chosen, err = c.Select.compile(); err != nil {
		return nil, fmt.Errorf("select.attrs: %w", err)
	}
	if s.fields, err = field.Compile(c.Fields); err != nil {
		return nil, err
	}
	if c.Groups != "" {
		if s.groups, err = field.ParsePath(c.Groups); err != nil {
			return nil, fmt.Errorf("groups: %w", err)
		}
	}
	if c.Key != keyID {
		path, err := field.ParsePath(c.Key)
		if err != nil || len(path) < 2 || path[0] != keyAttr {
			return nil, fmt.Errorf("key: %q is neither id nor attr/NAME", c.Key)
		}
		s.path = path[1:]
	}
	if s.places = []string{c.Attribute}; c.Attribute == wholeAttr {
		s.places = s.fields.Tops()
	}
	s.guard = &guard{source: from, name: c.Name, failures: c.Breaker.Failures, pause: c.Breaker.Pause, observer: observer, now: now}
	if c.Concurrency > 0 {
		s.guard.slots = make(chan struct{}, c.Concurrency)
	}
	s.cache = cache.New(cache.Config{
		Max: c.Max, TTL: c.TTL, Absent: c.NegativeTTL, Stale: c.Stale, Ahead: c.RefreshAhead, Jitter: c.Jitter, Timeout: c.Timeout, Clock: now,
	}, s.load)
	return s, nil
}

// tokenKey is where the token of a Query travels, past the cache.
type tokenKey struct{}

// ask is what the source is asked, and the context that goes with it; false: there is nothing to ask by.
func (s *stage) ask(ctx context.Context, kind, id string, tokens []string) (context.Context, key, bool) {
	k := key{kind: kind, id: id}
	if id == "" || len(id) > maxKey || len(kind) > maxKey {
		return ctx, k, false
	}
	if b, ok := s.source.(Bearer); ok {
		token := b.Choose(tokens)
		if token == "" {
			return ctx, k, false
		}
		k.token = sha256.Sum256([]byte(token))
		ctx = context.WithValue(ctx, tokenKey{}, token)
	}
	return ctx, k, true
}

// get looks somebody or something up.
func (s *stage) get(ctx context.Context, kind, id string, tokens []string) (cache.Result[*Subject], error) {
	ctx, k, ok := s.ask(ctx, kind, id, tokens)
	if !ok {
		return cache.Result[*Subject]{Outcome: Unasked}, nil
	}
	return s.cache.Get(ctx, k)
}

func (s *stage) load(ctx context.Context, k key) (cache.Loaded[*Subject], error) {
	token, _ := ctx.Value(tokenKey{}).(string)
	a, err := s.guard.fetch(ctx, Query{Kind: k.kind, ID: k.id, Token: token})
	a.Tags = append(a.Tags, idTag(k.id))
	if err != nil || a.Doc == nil {
		return cache.Loaded[*Subject]{Tags: a.Tags}, err
	}
	who, err := s.read(a)
	if err != nil {
		err = upstream.AboutQuestion(fmt.Errorf("read the answer: %w", err))
	}
	return cache.Loaded[*Subject]{Value: who, Found: err == nil, Tags: a.Tags}, err
}

// read makes of an answer what policies see. An answer in which something does not fit is an error, and no answer with
// something left out: a rule that denies would not notice what is missing.
func (s *stage) read(a Answer) (*Subject, error) {
	who := &Subject{PoolID: a.PoolID, ID: a.ID}
	var err error
	if s.groups != nil {
		if who.Groups, err = s.groupsOf(a.Doc); err != nil {
			return nil, err
		}
	}
	doc, err := s.fields.Apply(a.Doc)
	if err != nil {
		return nil, err
	}
	who.Attributes, err = field.Value(doc)
	return who, err
}

func (s *stage) groupsOf(doc map[string]any) ([]string, error) {
	found, _ := s.groups.Get(doc)
	switch found := found.(type) {
	case nil:
		return nil, nil
	case []string:
		return found, nil
	case string:
		return []string{field.Valid(found)}, nil
	case []any:
		names := make([]string, len(found))
		for i, one := range found {
			name, ok := one.(string)
			if !ok {
				return nil, errors.New("groups: a name is no text")
			}
			names[i] = field.Valid(name)
		}
		return names, nil
	}
	return nil, errors.New("groups: they are no list of names")
}

// asked is by what the source is asked about somebody or something; empty: by nothing.
func (s *stage) asked(id string, attr map[string]*structpb.Value) string {
	if s.path == nil {
		return id
	}
	text, _ := textOf(at(attr, s.path))
	return text
}

// prefix is what stands before the groups of a pool when they become roles.
func (s *stage) prefix(pool string) string {
	if p, ok := s.GroupPrefixes[pool]; ok {
		return p
	}
	return strings.ReplaceAll(s.GroupPrefix, "{pool}", pool)
}

// strip takes away what only the source may say.
func (s *stage) strip(attr map[string]*structpb.Value) {
	for _, name := range s.places {
		delete(attr, name)
	}
}
