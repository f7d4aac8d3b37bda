package enrich

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// Config lists the sources. Without any, the pool source with its defaults is used.
type Config struct {
	Off     bool           `yaml:"off" doc:"decide with what the caller sends, and nothing else"`
	Sources []SourceConfig `yaml:"sources" doc:"where attributes come from, asked in this order; empty means one source of type pool"`
}

// SourceConfig is one source and how far its answers are trusted. Zero durations and numbers mean the default; a
// negative duration turns the thing off.
type SourceConfig struct {
	Name        string        `yaml:"name" doc:"shown in traces, metrics and errors; empty means the type"`
	Type        string        `yaml:"type" doc:"pool: the user pools of this server; empty means pool"`
	Attribute   string        `yaml:"attribute" doc:"where policies find it: principal.attr.NAME; empty means cognito"`
	Pools       []string      `yaml:"pools" doc:"ids of the pools that are searched; empty means all. A name that several of them know is refused, so name the pool of an application whose ids are usernames"`
	By          string        `yaml:"by" doc:"what a principal's id is: sub, name (username or alias), or any; empty means any"`
	TTL         time.Duration `yaml:"ttl" doc:"how long an answer is used; 0 means 10s. A change on this node is seen at once, one on another node within a second"`
	NegativeTTL time.Duration `yaml:"negative_ttl" doc:"how long nobody of that id is believed; 0 means 2s"`
	Stale       time.Duration `yaml:"stale" doc:"how long after its ttl an answer is still used while a fresh one is fetched; 0 means never"`
	Jitter      float64       `yaml:"jitter" doc:"0 to 1: lives are shortened by up to this share, so that answers do not expire together; 0 means 0.1"`
	Timeout     time.Duration `yaml:"timeout" doc:"of one look-up; 0 means 1s"`
	Max         int           `yaml:"max" doc:"answers kept; 0 means 10000"`
	OnFailure   string        `yaml:"on_failure" doc:"closed: no decision without the source (503); open: decide without it; empty means closed"`
	OnMissing   string        `yaml:"on_missing" doc:"pass: decide with what the caller sent; deny: deny everything; anonymous: give the role anonymous to a principal without roles; empty means pass"`
	Roles       string        `yaml:"roles" doc:"when groups become roles: if-empty (the caller sent none), always, never; empty means if-empty"`
	GroupPrefix string        `yaml:"group_prefix" doc:"put before each group's name when it becomes a role"`
	DefaultRole string        `yaml:"default_role" doc:"role of a known user who has no group and for whom the caller sent no role; empty means user, - means none (such a request is then invalid, as Cerbos has it)"`
}

// The words of the settings.
const (
	closed, open            = "closed", "open"
	pass, deny, anonymous   = "pass", "deny", "anonymous"
	ifEmpty, always, never  = "if-empty", "always", "never"
	bySub, byName, byAny    = "sub", "name", "any"
	typePool, attributeName = "pool", "cognito"
	defaultRole, noRole     = "user", "-"
)

// nameForm fits into a header, a metric label and a policy expression.
var nameForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// settle puts defaults where nothing is said and refuses words that mean nothing.
func (c Config) settle() ([]SourceConfig, error) {
	if c.Off {
		return nil, nil
	}
	sources := slices.Clone(c.Sources)
	if len(sources) == 0 {
		sources = []SourceConfig{{}}
	}
	names, attributes := map[string]bool{}, map[string]bool{}
	for i := range sources {
		s := &sources[i]
		if err := s.settle(); err != nil {
			return nil, fmt.Errorf("enrichment source %d (%s): %w", i+1, s.Name, err)
		}
		if names[s.Name] || attributes[s.Attribute] {
			return nil, fmt.Errorf("enrichment source %d (%s): another source has this name or the attribute %q", i+1, s.Name, s.Attribute)
		}
		names[s.Name], attributes[s.Attribute] = true, true
	}
	return sources, nil
}

func (s *SourceConfig) settle() error {
	for _, w := range []struct {
		name  string
		field *string
		words []string // the first is the default
	}{
		{"type", &s.Type, []string{typePool}},
		{"by", &s.By, []string{byAny, bySub, byName}},
		{"on_failure", &s.OnFailure, []string{closed, open}},
		{"on_missing", &s.OnMissing, []string{pass, deny, anonymous}},
		{"roles", &s.Roles, []string{ifEmpty, always, never}},
	} {
		if *w.field == "" {
			*w.field = w.words[0]
		}
		if !slices.Contains(w.words, *w.field) {
			return fmt.Errorf("%s: %q is none of %v", w.name, *w.field, w.words)
		}
	}
	s.Name = or(s.Name, s.Type)
	if !nameForm.MatchString(s.Name) || !nameForm.MatchString(s.Attribute) && s.Attribute != "" {
		return errors.New("name and attribute take letters, digits, _ and -")
	}
	s.Attribute = or(s.Attribute, attributeName)
	s.DefaultRole = or(s.DefaultRole, defaultRole)
	if s.DefaultRole == noRole {
		s.DefaultRole = ""
	}
	s.TTL = or(s.TTL, 10*time.Second)
	s.NegativeTTL = or(s.NegativeTTL, 2*time.Second)
	s.Timeout = or(s.Timeout, time.Second)
	s.Jitter = or(s.Jitter, 0.1)
	s.Stale = max(s.Stale, 0)
	if s.Jitter < 0 || s.Jitter > 1 {
		return fmt.Errorf("jitter: %v is not between 0 and 1", s.Jitter)
	}
	return nil
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
