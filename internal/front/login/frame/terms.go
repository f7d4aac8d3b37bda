package frame

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// Terms finds a document that the people of a client agree to: its addresses by language, as CreateTerms takes them. A
// fault Missing: the client has no such document.
type Terms interface {
	Links(ctx context.Context, pool *directory.Pool, client *directory.Client, name string) (map[string]string, error)
}

// Document is one to show: Key is the text of its link.
type Document struct{ Key, URL string }

// documents are the names that CreateTerms takes.
var documents = []string{"terms-of-use", "privacy-policy"}

// languageIDs are the languages in the words of CreateTerms.
var languageIDs = map[string]string{
	"de": "cognito:german", "en": "cognito:english", "es": "cognito:spanish", "fr": "cognito:french", "id": "cognito:bahasa-indonesia",
	"it": "cognito:italian", "ja": "cognito:japanese", "ko": "cognito:korean", "nl": "cognito:dutch", "pt-BR": "cognito:portuguese-brazil",
	"zh-CN": "cognito:chinese-simplified", "zh-TW": "cognito:chinese-traditional",
}

// ReadTerms finds the documents of the client, in the language of the visit where there is one.
func (v *Visit) ReadTerms() error {
	if v.desk.Terms == nil {
		return nil
	}
	v.Documents = nil
	for _, name := range documents {
		links, err := v.desk.Terms.Links(v.Context(), v.Site.Pool, v.Client, name)
		if fault.Is(err, fault.Missing, "") {
			continue
		}
		if err != nil {
			return fmt.Errorf("read terms: %w", err)
		}
		v.Documents = append(v.Documents, Document{"terms." + name, inLanguage(links, v.Words.Tag)})
	}
	return nil
}

func inLanguage(links map[string]string, tag string) string {
	if url := links[languageIDs[tag]]; url != "" {
		return url
	}
	return links["cognito:default"]
}
