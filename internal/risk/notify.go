package risk

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/signin"
)

// mail is one of the notifications.
type mail int

const (
	mailBlock mail = iota
	mailNoAction
	mailMFA
)

// FeedbackPath is where the links in notifications lead, below a pool's home.
const FeedbackPath = "/feedback"

// of gives the owner's text, or ours. A text of one kind alone is the other kind, too.
func (n *Notify) of(which mail) Email {
	var own *Email
	if n != nil {
		own = map[mail]*Email{mailBlock: n.Block, mailNoAction: n.NoAction, mailMFA: n.MFA}[which]
	}
	e := usual(which)
	if own == nil {
		return e
	}
	if own.Subject != "" {
		e.Subject = own.Subject
	}
	if own.HTML != "" || own.Text != "" {
		e.HTML, e.Text = own.HTML, own.Text
	}
	return e
}

// usual is what is said where the owner says nothing.
func usual(which mail) Email {
	subject, first := "New sign-in attempt", "Somebody has just signed in to your account {username}, in a way that is unusual for you."
	switch which {
	case mailBlock:
		subject, first = "Blocked sign-in attempt", "Somebody tried to sign in to your account {username}. It looked unusual, so we did not let them in."
	case mailMFA:
		first = "Somebody who knows your password is signing in to your account {username}, in a way that is unusual for you. We have asked for another proof."
	}
	return Email{Subject: subject, HTML: "<p>" + first + "</p>" +
		"<p>Time: {login-time}<br>Device: {device-name}<br>Place: {city} {country}<br>Address: {ip-address}</p>" +
		`<p><a href="{one-click-link-valid}">It was me</a></p>` +
		`<p><a href="{one-click-link-invalid}">It was not me</a></p>` +
		"<p>If it was not you, change your password.</p>"}
}

// notify tells the user by email, at the address that is verified; without one nobody can be told.
func (p *Protection) notify(ctx context.Context, c signin.Case, conf *Configuration, which mail) error {
	to := c.User.Attributes["email"]
	if to == "" || c.User.Attributes["email_verified"] != "true" {
		return nil
	}
	home, err := p.Home(ctx, c.Pool)
	if err != nil {
		return fmt.Errorf("find home of pool: %w", err)
	}
	token, err := p.History.Token(c.Pool.ID, c.User.ID, c.EventID)
	if err != nil {
		return err
	}
	link := func(value string) string {
		return home + FeedbackPath + "?" + url.Values{"client_id": {c.Client.ID}, "token": {token}, "value": {value}}.Encode()
	}
	e := p.eventOf(ctx, c)
	values := map[string]string{
		"username": c.User.Username, "ip-address": e.Address, "city": e.Place.City, "country": e.Place.Country,
		"login-time": e.CreatedAt.Format(time.RFC1123), "device-name": e.Device, "event-id": e.ID, "feedback-token": token,
		"one-click-link-valid": link("Valid"), "one-click-link-invalid": link("Invalid"),
	}
	for _, name := range []string{"ip-address", "country", "device-name"} {
		if values[name] == "" {
			values[name] = "unknown"
		}
	}
	text := conf.Takeover.Notify.of(which)
	m := message.Message{
		PoolID: c.Pool.ID, PoolName: c.Pool.Name, ClientID: c.Client.ID, UserID: c.User.ID, Username: c.User.Username, Login: c.User.Username,
		Purpose: message.Takeover, Medium: message.Email, Attribute: "email", To: to, From: c.Pool.Email.From, ReplyTo: c.Pool.Email.ReplyTo,
		Subject: message.OneLine(fill(text.Subject, values, asIs)), Body: fill(text.HTML, values, html.EscapeString), Text: fill(text.Text, values, asIs),
		Link: link("Invalid"), SentAt: moment(p.Now),
	}
	if n := conf.Takeover.Notify; n != nil && n.From != "" {
		m.From = n.From
	}
	if n := conf.Takeover.Notify; n != nil && n.ReplyTo != "" {
		m.ReplyTo = n.ReplyTo
	}
	if m.Body == "" {
		m.Body = strings.ReplaceAll(html.EscapeString(m.Text), "\n", "<br>\n")
	}
	if err := p.Sender.Send(ctx, m); err != nil { // the sign-in goes on, or not, whether or not somebody hears of it
		p.Watch.Failed(ctx, fmt.Errorf("tell user of sign-in: %w", err))
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{[a-z-]+\}`)

func asIs(s string) string { return s }

// fill puts values in the places of a template, in one pass; braces that name no value stay.
func fill(template string, values map[string]string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(template, func(found string) string {
		if v, ok := values[found[1:len(found)-1]]; ok {
			return escape(v)
		}
		return found
	})
}
