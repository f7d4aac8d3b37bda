// Package wording is what the sign-in pages say, in every language that the parameter lang takes. It owns the
// catalogues, one file per language, and the choice among them. What is said where is the pages' business.
package wording

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/language"
)

//go:embed text/*.json
var files embed.FS

// Language is one that the pages speak.
type Language struct {
	Tag  string // as the parameter lang takes it; BCP 47
	Name string // in the language itself
	Dir  string // ltr or rtl
}

// Languages lists them in the order in which people are offered them.
func Languages() []Language {
	return []Language{
		{"ar", "العربية", "rtl"}, {"de", "Deutsch", "ltr"}, {"en", "English", "ltr"}, {"es", "Español", "ltr"}, {"fr", "Français", "ltr"},
		{"id", "Bahasa Indonesia", "ltr"}, {"it", "Italiano", "ltr"}, {"ja", "日本語", "ltr"}, {"ko", "한국어", "ltr"},
		{"nl", "Nederlands", "ltr"}, {"pt-BR", "Português (Brasil)", "ltr"}, {"zh-CN", "简体中文", "ltr"}, {"zh-TW", "繁體中文", "ltr"},
	}
}

// usual is the language of people who tell none that is spoken here.
const usual = "en"

// Words is one language's catalogue.
type Words struct {
	Language
	texts map[string]string
}

// Say gives a text with its placeholders filled: Say("key", "name", value) puts value where the text has {name}. In a text from
// right to left the value keeps its own direction (U+2068 to U+2069): a phone number would be read backwards.
func (w *Words) Say(key string, pairs ...string) string {
	text := w.texts[key]
	for i := 0; i+1 < len(pairs); i += 2 {
		value := pairs[i+1]
		if w.Dir == "rtl" {
			value = "\u2068" + value + "\u2069"
		}
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", value)
	}
	return text
}

// Has reports whether there is such a text.
func (w *Words) Has(key string) bool { return w.texts[key] != "" }

// Book holds all catalogues. Safe for concurrent use.
type Book struct {
	words   map[string]*Words
	tags    []string // in the order of the matcher
	matcher language.Matcher
}

// Open reads the catalogues that the program carries.
func Open() (*Book, error) {
	b := &Book{words: map[string]*Words{}, tags: []string{usual}}
	for _, l := range Languages() {
		raw, err := files.ReadFile("text/" + l.Tag + ".json")
		if err != nil {
			return nil, fmt.Errorf("open catalogue: %w", err)
		}
		w := &Words{Language: l}
		if err := json.Unmarshal(raw, &w.texts); err != nil {
			return nil, fmt.Errorf("read catalogue %s: %w", l.Tag, err)
		}
		b.words[l.Tag] = w
		if l.Tag != usual {
			b.tags = append(b.tags, l.Tag)
		}
	}
	var tags []language.Tag
	for _, tag := range b.tags {
		tags = append(tags, language.MustParse(tag)) // constants of this file
	}
	b.matcher = language.NewMatcher(tags)
	return b, nil
}

// Words gives the catalogue of a language by its exact tag, or nil.
func (b *Book) Words(tag string) *Words { return b.words[tag] }

// Negotiate finds the catalogue that fits an Accept-Language header best. RFC 9110 section 12.5.4.
func (b *Book) Negotiate(accept string) *Words {
	if len(accept) > maxAccept {
		accept = ""
	}
	_, at := language.MatchStrings(b.matcher, accept)
	return b.words[b.tags[at]]
}

// maxAccept bounds what is parsed; browsers send far less.
const maxAccept = 512
