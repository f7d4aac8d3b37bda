package frame

import (
	"fmt"
	"html/template"
	"strings"
	"sync"
)

// maxPieces bounds the pieces that are remembered; some hundred bytes each.
const maxPieces = 2000

// pieces are parts of pages that many visits have in common, each written once. What one is filled from is its key, so the same
// key is the same text whatever the language or the look, and nothing has to be forgotten when a look changes. Nothing that
// somebody typed and nothing that is sealed goes into one. Safe for concurrent use.
type pieces struct {
	template *template.Template

	mu   sync.RWMutex
	made map[any]template.HTML
}

func newPieces() (*pieces, error) {
	t, err := template.ParseFS(files, "piece.html")
	if err != nil {
		return nil, fmt.Errorf("parse pieces of pages: %w", err)
	}
	return &pieces{template: t, made: map[any]template.HTML{}}, nil
}

// get gives the piece of a key, and writes it by a template, from a value that holds no more than the key does.
func (p *pieces) get(key any, name string, from any) (template.HTML, error) {
	p.mu.RLock()
	piece, there := p.made[key]
	p.mu.RUnlock()
	if there {
		return piece, nil
	}
	var out strings.Builder
	if err := p.template.ExecuteTemplate(&out, name, from); err != nil {
		return "", fmt.Errorf("write %s of page: %w", name, err)
	}
	piece = template.HTML(out.String()) // #nosec G203 -- a template has just escaped it
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.made) >= maxPieces {
		clear(p.made)
	}
	p.made[key] = piece
	return piece, nil
}

// head is what the head of a page is filled from.
type head struct {
	Lang, Dir, Mode, Heading, Icon string
	Style, Script                  string
	LookStyle                      string // empty: the default look
	OwnStyle, OwnScript            string // of the page alone; empty: none
}

// Blank is the field with nothing in it; empty when there is something.
func (f Field) Blank() (template.HTML, error) {
	if f.pieces == nil || f.Value != "" || f.Problem != "" || len(f.Rules) > 0 {
		return "", nil
	}
	return f.pieces.get(f.Asked, "filled", Field{Asked: f.Asked})
}
