package smtp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/smtp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plain(port int) smtp.Config {
	return smtp.Config{Host: "127.0.0.1", Port: port, StartTLS: smtp.None, From: "Cognate <no-reply@example.com>"}
}

func mail() message.Message {
	return message.Message{
		Medium: message.Email, To: "alice@example.com", Subject: "Your verification code",
		Body: "<p>Your verification code is <b>123456</b>. Grüße</p>", SentAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
}

func sender(t *testing.T, c smtp.Config) *smtp.Sender {
	t.Helper()
	s, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func send(t *testing.T, c smtp.Config, m message.Message) error {
	t.Helper()
	return sender(t, c).Send(t.Context(), m)
}

func refused(t *testing.T, err error) {
	t.Helper()
	if !fault.Is(err, fault.Undelivered, "") {
		t.Errorf("got %v, want Undelivered", err)
	}
}

func TestAMailArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := plain(s.start(t))
	c.ReplyTo = "help@example.com"
	if err := send(t, c, mail()); err != nil {
		t.Fatal(err)
	}
	got := <-s.mails
	if !strings.HasPrefix(got.from, "MAIL FROM:<no-reply@example.com>") || !strings.HasPrefix(got.to, "RCPT TO:<alice@example.com>") {
		t.Errorf("envelope %s, %s", got.from, got.to)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(got.data))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"From": `"Cognate" <no-reply@example.com>`, "To": "<alice@example.com>", "Reply-To": "<help@example.com>",
		"Subject": "Your verification code", "Date": "Fri, 02 Jan 2026 03:04:05 +0000", "Auto-Submitted": "auto-generated",
	} {
		if got := parsed.Header.Get(header); got != want {
			t.Errorf("%s: %s, want %s", header, got, want)
		}
	}
	if id := parsed.Header.Get("Message-ID"); !strings.HasSuffix(id, "@example.com>") {
		t.Errorf("Message-ID %s tells more than the domain", id)
	}
	want := map[string]string{
		"text/plain": "Your verification code is 123456. Grüße",
		"text/html":  "<p>Your verification code is <b>123456</b>. Grüße</p>",
	}
	if diff := cmp.Diff(want, parts(t, parsed)); diff != "" {
		t.Error(diff)
	}
}

func parts(t *testing.T, m *netmail.Message) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for reader := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		out[kind] = string(bytes.TrimSpace(body))
	}
}

func TestThePoolsOwnSenderIsUsed(t *testing.T) {
	t.Parallel()
	s := &server{}
	m := mail()
	m.From, m.ReplyTo = "pool@example.org", "desk@example.org"
	if err := send(t, plain(s.start(t)), m); err != nil {
		t.Fatal(err)
	}
	got := <-s.mails
	if !strings.HasPrefix(got.from, "MAIL FROM:<pool@example.org>") || !strings.Contains(got.data, "Reply-To: <desk@example.org>") {
		t.Errorf("%s\n%s", got.from, got.data)
	}
}

func TestNothingInAMessageAddsHeadersOrRecipients(t *testing.T) {
	t.Parallel()
	s := &server{}
	c := plain(s.start(t))
	m := mail()
	m.Subject = "Hi\r\nBcc: bob@example.com\r\n\r\ninjected"
	if err := send(t, c, m); err != nil {
		t.Fatal(err)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader((<-s.mails).data))
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Header.Get("Bcc") != "" || !strings.HasPrefix(parsed.Header.Get("Subject"), "Hi") {
		t.Errorf("headers %v", parsed.Header)
	}
	for _, to := range []string{
		"alice@example.com, bob@example.com", "alice@example.com\r\nRCPT TO:<bob@example.com>", "Alice <alice@example.com>",
		"<alice@example.com>", "alice", "alice@example.com (bob)",
	} {
		m := mail()
		m.To = to
		err := send(t, c, m)
		refused(t, err)
		if !errors.Is(err, message.ErrRefused) {
			t.Errorf("%q is tried again: %v", to, err)
		}
	}
	nobody := mail()
	nobody.To = ""
	if err := send(t, c, nobody); err != nil {
		t.Errorf("a mail to nobody: %v", err)
	}
	for _, from := range []string{"a@example.com\r\nX: y", "nobody"} {
		m := mail()
		m.From = from
		refused(t, send(t, c, m))
	}
	if len(s.mails) != 0 {
		t.Errorf("%d mails went out", len(s.mails))
	}
}

func TestMandatoryEncryptionIsNotGivenUp(t *testing.T) {
	t.Parallel()
	cert, ca := certificate(t, "127.0.0.1")
	wrongHost, wrongCA := certificate(t, "mail.example.com")
	for name, c := range map[string]struct {
		server *server
		ca     string
	}{
		"not offered":            {&server{}, ca},
		"refused":                {&server{cert: cert, answers: map[string]string{"STARTTLS": "454 not now"}}, ca},
		"unknown authority":      {&server{cert: cert}, ""},
		"another authority":      {&server{cert: cert}, wrongCA},
		"certificate of another": {&server{cert: wrongHost}, wrongCA},
	} {
		config := plain(c.server.start(t))
		config.StartTLS, config.CAFile = smtp.Mandatory, c.ca
		config.Username, config.Password = "mailer", "hunter2hunter2"
		err := send(t, config, mail())
		refused(t, err)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
		if len(c.server.mails) != 0 {
			t.Errorf("%s: the mail went out", name)
		}
	}
}

func TestEncryptionAndAuthentication(t *testing.T) {
	t.Parallel()
	cert, ca := certificate(t, "127.0.0.1")
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		server    *server
		change    func(*smtp.Config)
		encrypted bool
	}{
		"starttls": {&server{cert: cert, auth: true}, func(c *smtp.Config) { c.StartTLS = "" }, true},
		"implicit": {&server{cert: cert, auth: true, implicit: true}, func(c *smtp.Config) { c.TLS = true }, true},
		"offered":  {&server{cert: cert, auth: true}, func(c *smtp.Config) { c.StartTLS = smtp.Opportunistic }, true},
	} {
		config := plain(c.server.start(t))
		config.CAFile, config.Username, config.PasswordFile = ca, "mailer", file
		c.change(&config)
		if err := send(t, config, mail()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := <-c.server.mails
		secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(got.auth, "AUTH PLAIN "))
		if got.encrypted != c.encrypted || string(secret) != "\x00mailer\x00hunter2" {
			t.Errorf("%s: encrypted %v, auth %q", name, got.encrypted, secret)
		}
	}
	s := &server{}
	config := plain(s.start(t))
	config.StartTLS = smtp.Opportunistic
	if err := send(t, config, mail()); err != nil || (<-s.mails).encrypted {
		t.Errorf("opportunistic without an offer: %v", err)
	}
}

func TestAServerThatRefusesMeansUndelivered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		word, answer string
		forGood      bool // about this mail, not about the server
	}{
		{"EHLO", "502 no", false}, {"MAIL", "451 later", false}, {"MAIL", "550 who are you", false}, {"RCPT", "550 no such user", true},
		{"RCPT", "450 full", false}, {"DATA", "554 no", true}, {"DATA", "452 no space", false}, {"AUTH", "535 wrong", false},
	} {
		word := c.word
		s := &server{auth: word == "AUTH", answers: map[string]string{word: c.answer, "HELO": "502 no"}}
		config := plain(s.start(t))
		if word == "AUTH" {
			config.Username, config.Password = "mailer", "hunter2"
		}
		err := send(t, config, mail())
		refused(t, err)
		if text := fault.As(err).Text; text != "The message could not be delivered." {
			t.Errorf("%s: the caller reads %q", word, text)
		}
		if errors.Is(err, message.ErrRefused) != c.forGood {
			t.Errorf("%s %s: for good: %v", word, c.answer, !c.forGood)
		}
	}
	gone := &server{}
	config := plain(gone.start(t))
	if err := gone.listener.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, send(t, config, mail()))
}

func TestAServerThatFailsAfterTakingTheMailHasTakenIt(t *testing.T) {
	t.Parallel()
	s := &server{answers: map[string]string{"QUIT": "421 gone"}}
	if err := send(t, plain(s.start(t)), mail()); err != nil {
		t.Error(err)
	}
}

func TestASilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	s := &server{silent: true}
	config := plain(s.start(t))
	config.Timeout = 20 * time.Millisecond
	refused(t, send(t, config, mail()))

	config.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	client := sender(t, config)
	go func() { done <- client.Send(ctx, mail()) }()
	cancel()
	refused(t, <-done)
}

func TestMailsShareConnectionsAndEachTryHasOneID(t *testing.T) {
	t.Parallel()
	cert, ca := certificate(t, "127.0.0.1")
	s := &server{cert: cert}
	config := plain(s.start(t))
	config.StartTLS, config.CAFile = smtp.Mandatory, ca
	client, m := sender(t, config), mail()
	m.ID = "abcdef0123456789"
	for range 5 {
		if err := client.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := <-s.mails; !got.encrypted || !strings.Contains(got.data, "Message-ID: <abcdef0123456789@example.com>") {
			t.Errorf("encrypted: %v\n%s", got.encrypted, got.data)
		}
	}
	if n := s.connections.Load(); n != 1 {
		t.Errorf("5 mails took %d connections", n)
	}
}

func TestAConnectionThatTheServerClosedIsReplaced(t *testing.T) {
	t.Parallel()
	s := &server{once: true}
	client := sender(t, plain(s.start(t)))
	for range 3 {
		if err := client.Send(t.Context(), mail()); err != nil {
			t.Fatal(err)
		}
		<-s.mails
	}
}

func TestManyMailsAtOnceLeaveFewConnections(t *testing.T) {
	t.Parallel()
	s := &server{}
	config := plain(s.start(t))
	s.mails = make(chan delivery, 40)
	client := sender(t, config)
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if err := client.Send(t.Context(), mail()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(s.mails) != 40 {
		t.Errorf("%d of 40 mails arrived", len(s.mails))
	}
}

func TestTextMessagesAreRefused(t *testing.T) {
	t.Parallel()
	m := mail()
	m.Medium = message.SMS
	refused(t, send(t, plain(25), m))
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*smtp.Config){
		"no from":            func(c *smtp.Config) { c.From = "" },
		"bad from":           func(c *smtp.Config) { c.From = "nobody" },
		"bad reply":          func(c *smtp.Config) { c.ReplyTo = "nobody" },
		"port":               func(c *smtp.Config) { c.Port = 70000 },
		"starttls":           func(c *smtp.Config) { c.StartTLS = "yes" },
		"timeout":            func(c *smtp.Config) { c.Timeout = -1 },
		"two passwords":      func(c *smtp.Config) { c.Username, c.Password, c.PasswordFile = "a", "b", "c" },
		"user, no password":  func(c *smtp.Config) { c.Username = "a" },
		"password, no user":  func(c *smtp.Config) { c.Password = "a" },
		"password file gone": func(c *smtp.Config) { c.Username, c.PasswordFile = "a", filepath.Join(t.TempDir(), "none") },
		"ca file gone":       func(c *smtp.Config) { c.CAFile = filepath.Join(t.TempDir(), "none") },
		"ca file no pem":     func(c *smtp.Config) { c.CAFile = "smtp.go" },
		"no host":            func(c *smtp.Config) { c.Host = "" },
	} {
		c := plain(25)
		change(&c)
		if _, err := smtp.New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := (smtp.Config{}).Check(); err != nil || smtp.DefaultConfig().Configured() {
		t.Errorf("the zero configuration must be fine and send nothing: %v", err)
	}
}
