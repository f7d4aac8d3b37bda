package message_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

func TestDefaultTextsAreCognitos(t *testing.T) {
	t.Parallel()
	v := message.Values{Code: "123456", Username: "alice", Link: "https://auth.example.com/confirmuser?a=1&b=2"}
	for _, c := range []struct {
		purpose       message.Purpose
		medium        message.Medium
		byLink        bool
		subject, body string
	}{
		{message.SignUp, message.SMS, false, "", "Your verification code is 123456. "},
		{message.SignUp, message.Email, false, "Your verification code", "Your verification code is 123456. "},
		{message.SignUp, message.Email, true, "Your verification link", `Please click the link below to verify your email address. <a href="https://auth.example.com/confirmuser?a=1&amp;b=2">Verify Your Email</a>`},
		{message.SignUp, message.SMS, true, "", "Your verification code is 123456. "},
		{message.ForgotPassword, message.Email, false, "Your verification code", "Your verification code is 123456. "},
		{message.Invitation, message.Email, false, "Your temporary password", "Your username is alice and temporary password is 123456. "},
		{message.Invitation, message.SMS, false, "", "Your username is alice and temporary password is 123456. "},
		{message.Authentication, message.SMS, false, "", "Your authentication code is 123456. "},
		{message.Authentication, message.Email, false, "Your authentication code", "Your authentication code is 123456. "},
	} {
		subject, body := message.Render(message.Default(c.purpose, c.medium, c.byLink), v)
		if diff := cmp.Diff([]string{c.subject, c.body}, []string{subject, body}); diff != "" {
			t.Errorf("%s %s by link %v:\n%s", c.purpose, c.medium, c.byLink, diff)
		}
	}
}

func TestAPoolsOwnTextsReplaceTheDefaults(t *testing.T) {
	t.Parallel()
	email := message.Default(message.SignUp, message.Email, false)
	for _, c := range []struct{ got, want message.Template }{
		{email.With("", ""), email},
		{email.With("Welcome", "<b>{####}</b>"), message.Template{Medium: message.Email, Subject: "Welcome", Body: "<b>{####}</b>"}},
		{message.Default(message.SignUp, message.SMS, false).With("Welcome", "{####}"), message.Template{Medium: message.SMS, Body: "{####}"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestValuesCannotInjectMarkup(t *testing.T) {
	t.Parallel()
	v := message.Values{Code: `a<b>&"`, Username: `<img src=x onerror=alert(1)>`, Link: `https://example.com/"><script>`}
	subject, body := message.Render(message.Template{Medium: message.Email, Subject: "For {username}", Body: "<p>{username} {####} {##go##}</p>"}, v)
	if strings.Contains(body, "<img") || strings.Contains(body, "<b>") || strings.Contains(body, "<script>") {
		t.Error(body)
	}
	if !strings.HasPrefix(body, "<p>&lt;img") || !strings.HasSuffix(body, "go</a></p>") {
		t.Errorf("the author's own markup is gone: %s", body)
	}
	if subject != "For <img src=x onerror=alert(1)>" { // a header is plain text
		t.Error(subject)
	}
	if _, sms := message.Render(message.Template{Medium: message.SMS, Body: "{####}"}, v); sms != v.Code {
		t.Errorf("a text message is escaped: %s", sms)
	}
}

func TestSubjectsCannotInjectHeaders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name") + "\r\nBcc: bob@example.com\u2028\x00" + rapid.String().Draw(t, "rest")
		subject, _ := message.Render(message.Template{Medium: message.Email, Subject: "Hi {username}"}, message.Values{Username: name})
		if strings.ContainsAny(subject, "\r\n\x00\u2028") {
			t.Fatalf("%q", subject)
		}
	})
}

func TestValuesThatLookLikePlaceholdersStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	v := message.Values{Code: "{username}", Username: "{####}{##x##}", Link: "https://example.com/{####}"}
	_, body := message.Render(message.Template{Medium: message.Email, Body: "{####} {username} {##a{##}"}, v)
	if want := `{username} {####}{##x##} <a href="https://example.com/{####}">a{</a>`; body != want {
		t.Errorf("got %s, want %s", body, want)
	}
}

func TestALinkPlaceholderWithoutALinkIsItsText(t *testing.T) {
	t.Parallel()
	if _, body := message.Render(message.Template{Medium: message.Email, Body: "see {##here##}"}, message.Values{}); body != "see here" {
		t.Error(body)
	}
}

func TestDestinationsAreMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{message.MaskEmail("test@test.com"), "t***@t***"},
		{message.MaskEmail("a@b"), "a***@b***"},
		{message.MaskEmail(`"x@y"@example.com`), `"***@e***`},
		{message.MaskEmail("ärger@öl.example"), "ä***@ö***"},
		{message.MaskEmail("nothing"), "n***"},
		{message.MaskEmail(""), "***"},
		{message.MaskEmail("@"), "***@***"},
		{message.MaskPhone("+15555551234"), "+*******1234"},
		{message.MaskPhone("+4915155551234"), "+*******1234"},
		{message.MaskPhone("+1234"), "+***********"},
		{message.MaskPhone(""), "+***********"},
		{message.Mask(message.SMS, "+15555551234"), "+*******1234"},
		{message.Mask(message.Email, "test@test.com"), "t***@t***"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestPlainTextReadsWell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{"Your verification code is 123456. ", "Your verification code is 123456."},
		{"<style>p{}</style><p>Hello &amp; welcome</p>\n<p>Code: <b>123456</b></p>", "Hello & welcome\nCode: 123456"},
		{`Go <a class="x" href="https://example.com/?a=1&amp;b=2">here</a>.`, "Go here (https://example.com/?a=1&b=2)."},
		{"one<br>two<br/><br><br>three", "one\ntwo\n\nthree"},
		{"1 < 2 && 3 > 2", "1 < 2 && 3 > 2"},
		{"<!-- hidden --><script>alert(1)</script>shown", "shown"},
	} {
		if got := message.PlainText(c.body); got != c.want {
			t.Errorf("%q: got %q, want %q", c.body, got, c.want)
		}
	}
}

type recorder struct{ got []string }

func (r *recorder) Send(_ context.Context, m message.Message) error {
	r.got = append(r.got, m.To)
	return nil
}

func TestMessagesTakeTheWayOfTheirMedium(t *testing.T) {
	t.Parallel()
	email, sms := &recorder{}, &recorder{}
	s := message.ByMedium(email, sms)
	for medium, to := range map[message.Medium]string{message.Email: "alice@example.com", message.SMS: "+15555550100"} {
		if err := s.Send(t.Context(), message.Message{Medium: medium, To: to}); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([][]string{{"alice@example.com"}, {"+15555550100"}}, [][]string{email.got, sms.got}); diff != "" {
		t.Error(diff)
	}
	if err := message.ByMedium(email, nil).Send(t.Context(), message.Message{Medium: message.SMS}); !fault.Is(err, fault.Undelivered, "") {
		t.Errorf("no sender: %v", err)
	}
}

func FuzzRender(f *testing.F) {
	f.Add("Hi {username}, {####} {##go##}", "alice", "123456", "https://example.com")
	f.Add("{##{####}##}", "{##", "##}", "")
	f.Fuzz(func(t *testing.T, template, username, code, link string) {
		v := message.Values{Code: code, Username: username, Link: link}
		subject, body := message.Render(message.Template{Medium: message.Email, Subject: template, Body: template}, v)
		if strings.ContainsAny(subject, "\r\n") {
			t.Errorf("subject %q", subject)
		}
		if !strings.Contains(template, "<") && strings.Contains(strings.ReplaceAll(body, `<a href="`, ""), "<") &&
			!strings.Contains(body, "</a>") {
			t.Errorf("a value brought markup into %q", body)
		}
		message.PlainText(body)
	})
}
