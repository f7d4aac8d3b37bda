package wording_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/front/login/wording"
)

func catalogue(t *testing.T, tag string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("text", tag+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return texts
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func placeholders(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return found
}

// TestEveryLanguageSaysEverything fails for a text that a language lacks, has too much, or fills with something else.
func TestEveryLanguageSaysEverything(t *testing.T) {
	t.Parallel()
	english := catalogue(t, "en")
	for _, l := range wording.Languages() {
		texts := catalogue(t, l.Tag)
		for key, text := range english {
			switch got := texts[key]; {
			case strings.TrimSpace(got) == "" || strings.TrimSpace(got) != got:
				t.Errorf("%s: %s is missing, empty or has blanks around it", l.Tag, key)
			case !slices.Equal(placeholders(text), placeholders(got)):
				t.Errorf("%s: %s has the placeholders %v, English has %v", l.Tag, key, placeholders(got), placeholders(text))
			}
		}
		for key := range texts {
			if english[key] == "" {
				t.Errorf("%s: %s is no text of the pages", l.Tag, key)
			}
		}
	}
}

// A phone number within a text from right to left is read from left to right.
func TestValuesKeepTheirDirection(t *testing.T) {
	t.Parallel()
	book, err := wording.Open()
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]string{"ar": "\u2068+*******0123\u2069", "en": " +*******0123."} {
		if got := book.Words(tag).Say("code.sms", "to", "+*******0123"); !strings.Contains(got, want) {
			t.Errorf("%s: %q", tag, got)
		}
	}
	if hint := book.Words("ar").Say("hint.phone"); !strings.Contains(hint, "\u2066+1 555 555 0100\u2069") {
		t.Errorf("the hint is %q", hint)
	}
}

// TestTranslationsAreTranslated fails for a catalogue that is a copy of the English one.
func TestTranslationsAreTranslated(t *testing.T) {
	t.Parallel()
	english := catalogue(t, "en")
	for _, l := range wording.Languages() {
		if l.Tag == "en" {
			continue
		}
		same := 0
		for key, text := range catalogue(t, l.Tag) {
			if text == english[key] {
				same++
			}
		}
		if same > len(english)/20 {
			t.Errorf("%s: %d of %d texts are English", l.Tag, same, len(english))
		}
	}
}

// TestTheLanguagesAreThoseOfTheParameter fails when lang takes a language that the pages do not speak, or the reverse.
func TestTheLanguagesAreThoseOfTheParameter(t *testing.T) {
	t.Parallel()
	var tags []string
	for _, l := range wording.Languages() {
		tags = append(tags, l.Tag)
	}
	slices.Sort(tags)
	want := slices.Sorted(slices.Values(authorize.Languages()))
	if !slices.Equal(tags, want) {
		t.Errorf("%v, want %v", tags, want)
	}
}

// TestEveryTextIsSaidSomewhere fails for a key that a page uses and no catalogue has, and for a text that no page uses.
func TestEveryTextIsSaidSomewhere(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
			return err
		}
		raw, err := os.ReadFile(path)
		source.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	code, english := source.String(), catalogue(t, "en")
	composed := []string{"attribute.", "factor.", "way.", "rule.", "failure.", "scope.", "claim."} // named by what they are about
	for key := range english {
		if !strings.Contains(code, `"`+key+`"`) && !slices.ContainsFunc(composed, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("no page says %s", key)
		}
	}
	for _, found := range regexp.MustCompile(`"((?:signin|signup|confirm|consent|forgot|reset|newpassword|code|choose|account|done|failure|back|notice|field|hint|problem|password|passkey|enrol|way)\.[a-z.]+)"`).FindAllStringSubmatch(code, -1) {
		if key := found[1]; english[key] == "" && !strings.HasSuffix(key, ".") && !strings.HasSuffix(key, ".html") && !strings.HasSuffix(key, ".css") && !strings.HasSuffix(key, ".text") {
			t.Errorf("a page says %s, which no catalogue has", key)
		}
	}
}

func TestTheBrowsersLanguageIsUnderstood(t *testing.T) {
	t.Parallel()
	book, err := wording.Open()
	if err != nil {
		t.Fatal(err)
	}
	for accept, want := range map[string]string{
		"": "en", "de-AT,de;q=0.9,en;q=0.5": "de", "pt-PT": "pt-BR", "zh-Hant-HK": "zh-TW", "zh": "zh-CN", "sv": "en", "xx;;q=": "en",
		"ja-JP": "ja", "*": "en", "in": "id", strings.Repeat("de,", 400): "en", "fr;q=0.1, nl;q=0.9": "nl",
	} {
		if got := book.Negotiate(accept).Tag; got != want {
			t.Errorf("%.40s: %s, want %s", accept, got, want)
		}
	}
}

func TestPlaceholdersAreFilled(t *testing.T) {
	t.Parallel()
	book, err := wording.Open()
	if err != nil {
		t.Fatal(err)
	}
	if got := book.Words("en").Say("rule.length", "n", "12"); got != "At least 12 characters" {
		t.Errorf("got %q", got)
	}
	if book.Words("../en") != nil || book.Words("") != nil {
		t.Error("a language that does not exist has words")
	}
}

// FuzzNegotiate: whatever a browser sends, there is a language.
func FuzzNegotiate(f *testing.F) {
	book, err := wording.Open()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("de-AT,de;q=0.9")
	f.Add("zh-Hant;q=1,*;q=0")
	f.Fuzz(func(t *testing.T, accept string) {
		if book.Negotiate(accept) == nil {
			t.Errorf("%q leads to no language", accept)
		}
	})
}
