package enrich

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
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
	names, places := map[string]bool{}, map[string]string{}
	for i := range sources {
		s := &sources[i]
		if err := s.settle(); err != nil {
			return nil, fmt.Errorf("enrichment source %d (%s): %w", i+1, s.Name, err)
		}
		if names[s.Name] {
			return nil, fmt.Errorf("enrichment source %d (%s): another source has this name", i+1, s.Name)
		}
		place := fmt.Sprintf("%s %s %d", s.For, s.Attribute, s.Precedence)
		if other, taken := places[place]; taken {
			return nil, fmt.Errorf("enrichment source %d (%s): it shares the attribute %q with %s, so give one of them a higher precedence", i+1, s.Name, s.Attribute, other)
		}
		names[s.Name], places[place] = true, s.Name
	}
	return sources, nil
}

func (s *SourceConfig) settle() error {
	for _, w := range []struct {
		name  string
		field *string
		words []string // the first is the default
	}{
		{"type", &s.Type, []string{TypePool, TypeCognito, TypeUserInfo, TypeHTTP, TypeSQL, TypeSCIM}},
		{"for", &s.For, []string{principal, resource}},
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
	if !nameForm.MatchString(s.Name) {
		return errors.New("name takes letters, digits, _ and -")
	}
	if s.For == resource {
		if err := s.settleResource(); err != nil {
			return err
		}
	}
	s.settlePlaces()
	if s.Attribute != wholeAttr && !nameForm.MatchString(s.Attribute) {
		return errors.New("attribute takes letters, digits, _ and -, or is a dot")
	}
	if s.Attribute == wholeAttr && len(s.Fields) == 0 {
		return errors.New("attribute: a dot needs fields, so that it is known what the caller must not send")
	}
	if s.DefaultRole == noRole {
		s.DefaultRole = ""
	}
	s.settleTimes()
	if s.Jitter < 0 || s.Jitter > 1 {
		return fmt.Errorf("jitter: %v is not between 0 and 1", s.Jitter)
	}
	return s.checkSections()
}

// settleResource refuses what only principals have.
func (s *SourceConfig) settleResource() error {
	switch {
	case s.Type == TypePool, s.Type == TypeCognito, s.Type == TypeUserInfo:
		return fmt.Errorf("for: a source of type %s knows principals only", s.Type)
	case len(s.Select.Roles) > 0, s.Groups != "", s.GroupPrefix != "", len(s.GroupPrefixes) > 0, s.DefaultRole != "":
		return errors.New("resources have neither roles nor groups")
	case s.OnMissing == anonymous:
		return errors.New("on_missing: a resource cannot be anonymous")
	}
	return nil
}

// settlePlaces says where the parts of an answer go.
func (s *SourceConfig) settlePlaces() {
	switch s.Type {
	case TypePool, TypeCognito:
		s.Attribute, s.Groups = or(s.Attribute, attributeName), or(s.Groups, "groups")
		s.DefaultRole = or(s.DefaultRole, defaultRole)
	case TypeSCIM:
		if s.For == principal {
			s.Groups = or(s.Groups, "group_names")
		}
	}
	s.Attribute, s.Key = or(s.Attribute, s.Name), or(s.Key, keyID)
}

func (s *SourceConfig) settleTimes() {
	if s.Type == TypePool {
		s.TTL = or(s.TTL, 10*time.Second)
		s.Breaker.Failures = or(s.Breaker.Failures, -1)
	}
	s.TTL = or(s.TTL, time.Minute)
	s.NegativeTTL = or(s.NegativeTTL, 2*time.Second)
	s.Timeout = or(s.Timeout, time.Second)
	s.Jitter = or(s.Jitter, 0.1)
	s.Stale, s.RefreshAhead = max(s.Stale, 0), max(s.RefreshAhead, 0)
	s.Breaker.Failures, s.Breaker.Pause = or(s.Breaker.Failures, 5), or(s.Breaker.Pause, 5*time.Second)
	if s.Concurrency == 0 && s.Type != TypePool {
		s.Concurrency = 32
	}
}

// checkSections refuses settings of a type that the source is not, and the lack of those of its own.
func (s *SourceConfig) checkSections() error {
	for _, section := range []struct {
		of, key string
		there   bool
	}{
		{TypeCognito, "cognito.pool", s.Cognito.Configured()}, {TypeUserInfo, "oidc_userinfo.issuer", s.UserInfo.Configured()},
		{TypeHTTP, "http.url", s.HTTP.Configured()}, {TypeSQL, "sql.query", s.SQL.Configured()}, {TypeSCIM, "scim.url", s.SCIM.Configured()},
	} {
		switch {
		case section.of == s.Type && !section.there:
			return fmt.Errorf("%s is missing", section.key)
		case section.of != s.Type && section.there:
			return fmt.Errorf("%s is set, but the type is %s", section.key, s.Type)
		}
	}
	if s.Type != TypePool && (len(s.Pools) > 0 || s.By != byAny) {
		return errors.New("pools and by are settings of type pool")
	}
	if len(s.Select.Kinds) > 0 && s.For == principal {
		return errors.New("select.kinds: principals have no kind")
	}
	if s.Timeout <= 0 {
		return errors.New("timeout: a look-up must end")
	}
	if s.Concurrency < 0 || s.Max < 0 {
		return errors.New("concurrency and max must not be negative")
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
