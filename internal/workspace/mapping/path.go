package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	errNoTarget = errors.New("the target is missing")
	errIndexed  = errors.New("a target cannot be a place in a list")
	errNoSource = errors.New("a dynamic mapping has a source and no static value")
	errBoth     = errors.New("a static mapping has no source")
	errTaken    = errors.New("what is above the target is no object")
)

const (
	maxPath  = 1024
	maxSteps = 32
	maxIndex = 9999
)

// Path is a place in a JSON object. The zero value is the object itself.
type Path struct{ steps []step }

// step is a member of an object or, when it has no name, a place in a list.
type step struct {
	name  string
	index int // -1: a member
}

// Parse reads a path: names with dots between them, [0] behind a name for a place in a list, and a backslash before a dot,
// a bracket or a backslash that belongs to a name, as in https://example\.com/groups. A lone dot is everything.
func Parse(text string) (Path, error) {
	if text == "." {
		return Path{}, nil
	}
	if text == "" || len(text) > maxPath {
		return Path{}, fmt.Errorf("a path has 1 to %d bytes", maxPath)
	}
	var p Path
	for rest := text; ; {
		name, after, err := readName(rest)
		if err != nil {
			return Path{}, err
		}
		p.steps = append(p.steps, step{name, -1})
		if p.steps, after, err = readIndexes(p.steps, after); err != nil {
			return Path{}, err
		}
		switch {
		case len(p.steps) > maxSteps:
			return Path{}, fmt.Errorf("a path has at most %d steps", maxSteps)
		case after == "":
			return p, nil
		case after[0] != '.':
			return Path{}, errors.New("behind a bracket there is a dot, another bracket or the end")
		}
		rest = after[1:]
	}
}

// readName reads up to a dot or a bracket that is not escaped.
func readName(text string) (name, rest string, err error) {
	var b strings.Builder
	i := 0
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' || c == '[' {
			break
		}
		if c == ']' {
			return "", "", errors.New("a bracket is closed that was not opened")
		}
		if c == '\\' {
			if i++; i == len(text) || !strings.ContainsRune(`.[]\`, rune(text[i])) {
				return "", "", errors.New(`a backslash stands before a dot, a bracket or a backslash only`)
			}
			c = text[i]
		}
		if c < ' ' {
			return "", "", errors.New("a name has no control characters")
		}
		b.WriteByte(c)
	}
	if b.Len() == 0 {
		return "", "", errors.New("a name is empty")
	}
	return b.String(), text[i:], nil
}

func readIndexes(steps []step, text string) ([]step, string, error) {
	for strings.HasPrefix(text, "[") {
		digits, rest, closed := strings.Cut(text[1:], "]")
		n, err := strconv.Atoi(digits)
		if !closed || err != nil || n < 0 || n > maxIndex || strconv.Itoa(n) != digits {
			return nil, "", fmt.Errorf("in brackets there is a number up to %d", maxIndex)
		}
		steps, text = append(steps, step{"", n}), rest
	}
	return steps, text, nil
}

// Escape writes a name so that Parse reads it as one.
func Escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `.`, `\.`, `[`, `\[`, `]`, `\]`).Replace(name)
}

// String is the path as Parse reads it.
func (p Path) String() string {
	if p.whole() {
		return "."
	}
	var b strings.Builder
	for i, s := range p.steps {
		switch {
		case s.index >= 0:
			fmt.Fprintf(&b, "[%d]", s.index)
		case i > 0:
			b.WriteString("." + Escape(s.name))
		default:
			b.WriteString(Escape(s.name))
		}
	}
	return b.String()
}

// Root is the first name; empty for everything.
func (p Path) Root() string {
	if p.whole() {
		return ""
	}
	return p.steps[0].name
}

func (p Path) whole() bool { return len(p.steps) == 0 }

func (p Path) indexed() bool {
	for _, s := range p.steps {
		if s.index >= 0 {
			return true
		}
	}
	return false
}

// under is the rest of a path below its first name.
func (p Path) under() Path { return Path{p.steps[1:]} }

// Get reads what is at the path; false: there is nothing.
func (p Path) Get(value any) (any, bool) {
	for _, s := range p.steps {
		if s.index >= 0 {
			list, ok := value.([]any)
			if !ok || s.index >= len(list) {
				return nil, false
			}
			value = list[s.index]
			continue
		}
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[s.name]; !ok {
			return nil, false
		}
	}
	return value, value != nil
}

// put writes at a path of names, and makes the objects above it.
func (p Path) put(into map[string]any, value any) error {
	for i, s := range p.steps {
		if i == len(p.steps)-1 {
			into[s.name] = value
			return nil
		}
		below, there := into[s.name]
		if !there {
			below = map[string]any{}
			into[s.name] = below
		}
		object, ok := below.(map[string]any)
		if !ok {
			return errTaken
		}
		into = object
	}
	return nil
}
