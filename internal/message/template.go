package message

import (
	"html"
	"regexp"
)

// Template is a message before its values are known. In Body and Subject {####} stands for the code and {username}
// for the user name; in Body {##text##} is a link with that text. The body of an email is HTML.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-message-customizations.html
type Template struct {
	Medium        Medium
	Subject, Body string
}

// Values replace the placeholders of a template. They may hold anything: in an email they are escaped.
type Values struct{ Code, Username, Link string }

// Default is Cognito's text for a purpose. Its default for sign-up by link applies to email only.
func Default(p Purpose, medium Medium, byLink bool) Template {
	t := Template{Medium: medium, Subject: "Your verification code", Body: "Your verification code is {####}. "}
	switch {
	case p == Invitation:
		t.Subject, t.Body = "Your temporary password", "Your username is {username} and temporary password is {####}. "
	case p == Authentication:
		t.Subject, t.Body = "Your authentication code", "Your authentication code is {####}. "
	case byLink && medium == Email:
		t.Subject = "Your verification link"
		t.Body = "Please click the link below to verify your email address. {##Verify Your Email##}"
	}
	if medium == SMS {
		t.Subject = ""
	}
	return t
}

// With replaces what the pool says itself; an empty text keeps the default.
func (t Template) With(subject, body string) Template {
	if subject != "" && t.Medium != SMS {
		t.Subject = subject
	}
	if body != "" {
		t.Body = body
	}
	return t
}

var placeholder = regexp.MustCompile(`\{####\}|\{username\}|\{##(.+?)##\}`)

// Render fills a template in one pass, so that a value which looks like a placeholder stays what it is. The subject is
// one line. Without a link in v, {##text##} becomes its text.
func Render(t Template, v Values) (subject, body string) {
	asText := func(s string) string { return s }
	if t.Medium == SMS {
		return "", fill(t.Body, v, asText)
	}
	return OneLine(fill(t.Subject, Values{Code: v.Code, Username: v.Username}, asText)), fill(t.Body, v, html.EscapeString)
}

func fill(template string, v Values, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(found string) string {
		switch found {
		case "{####}":
			return escape(v.Code)
		case "{username}":
			return escape(v.Username)
		}
		text := found[len("{##") : len(found)-len("##}")]
		if v.Link == "" {
			return text
		}
		return `<a href="` + html.EscapeString(v.Link) + `">` + text + `</a>`
	})
}
