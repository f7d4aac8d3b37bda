package message

import (
	"cmp"
	"html"
	"regexp"
	"strings"
)

var (
	anchor     = regexp.MustCompile(`(?is)<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>(.*?)</a\s*>`)
	invisible  = regexp.MustCompile(`(?is)<(?:style|script|head|title)\b.*?</(?:style|script|head|title)\s*>|<!--.*?-->`)
	lineEnd    = regexp.MustCompile(`(?i)<(?:br|hr|/p|/div|/tr|/li|/h[1-6]|/table|/ul|/ol)\b[^>]*>`)
	anyTag     = regexp.MustCompile(`(?s)</?[a-zA-Z!][^>]*>`)
	blanks     = regexp.MustCompile(`[ \t\r\f\v\x{00a0}]+`)
	manyBreaks = regexp.MustCompile(`\n\s*\n\s*`)
)

// PlainText is the readable text of an HTML body, for mail programs and pages that show no HTML: tags go, links keep
// their address behind their text. It does not make HTML safe; what shows the text must escape it.
func PlainText(body string) string {
	if !strings.ContainsAny(body, "<&") {
		return strings.TrimSpace(body)
	}
	text := invisible.ReplaceAllString(body, "")
	text = blanks.ReplaceAllString(strings.ReplaceAll(text, "\n", " "), " ")
	text = anchor.ReplaceAllString(text, "$2 ($1)")
	text = lineEnd.ReplaceAllString(text, "\n")
	text = html.UnescapeString(anyTag.ReplaceAllString(text, ""))
	text = manyBreaks.ReplaceAllString(strings.ReplaceAll(text, "\n ", "\n"), "\n\n")
	return strings.TrimSpace(text)
}

// PlainText is an email's text for who reads no HTML: its own, or one made from the body.
func (m Message) PlainText() string { return cmp.Or(m.Text, PlainText(m.Body)) }
