// Package smtp delivers email through an SMTP server. It owns the connection, its encryption and the form of the mail;
// queues, retries and bounces it leaves to that server, which is expected to be near.
package smtp

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/message"
)

// Sender sends each message over a connection of its own. Safe for concurrent use.
type Sender struct {
	config    Config
	tlsConfig *tls.Config
}

// New makes a sender. It reads the files of the configuration and does not connect.
func New(c Config) (*Sender, error) {
	c = c.filled()
	if !c.Configured() {
		return nil, errors.New("smtp has no host")
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	if err := c.readPassword(); err != nil {
		return nil, err
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	return &Sender{config: c, tlsConfig: &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12, RootCAs: roots}}, nil
}

// Send hands one email to the server, within the configured time. Every failure is Undelivered.
func (s *Sender) Send(ctx context.Context, m message.Message) error {
	if m.Medium != message.Email {
		return fault.Newf(fault.Undelivered, "", "No sender is configured for %s messages.", m.Medium)
	}
	mail, err := s.compose(m)
	if err == nil {
		err = s.deliver(ctx, mail)
	}
	if err != nil {
		return fault.New(fault.Undelivered, "", "The message could not be delivered.").Because(fmt.Errorf("send mail: %w", err))
	}
	return nil
}

// compose writes the mail: the HTML body and the same as plain text.
func (s *Sender) compose(m message.Message) (*mail.Msg, error) {
	from, err := netmail.ParseAddress(or(m.From, s.config.From))
	if err != nil {
		return nil, errors.New("the sender's address is malformed")
	}
	to, err := netmail.ParseAddress(m.To)
	if err != nil || to.Address != m.To { // one bare address: no name, no list, no comment
		return nil, errors.New("the recipient's address is malformed")
	}
	out := mail.NewMsg(mail.WithNoDefaultUserAgent())
	out.FromMailAddress(from)
	out.ToMailAddress(to)
	if reply := or(m.ReplyTo, s.config.ReplyTo); reply != "" {
		if err := out.ReplyTo(reply); err != nil {
			return nil, errors.New("the reply address is malformed")
		}
	}
	out.Subject(message.OneLine(m.Subject))
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 section 5: no vacation notes in return
	_, domain, _ := strings.Cut(from.Address, "@")
	out.SetMessageIDWithValue(random.LowerAlnum(26) + "@" + domain)
	if m.SentAt.IsZero() {
		out.SetDate()
	} else {
		out.SetDateWithValue(m.SentAt)
	}
	out.SetBodyString(mail.TypeTextPlain, cmp.Or(m.Text, message.PlainText(m.Body)))
	out.AddAlternativeString(mail.TypeTextHTML, m.Body)
	return out, nil
}

func (s *Sender) deliver(ctx context.Context, m *mail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	client, err := mail.NewClient(s.config.Host, s.options(ctx)...)
	if err != nil {
		return err
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if err := client.SendWithSMTPClient(conn, m); err != nil {
		return err
	}
	// The server has taken the mail; that it may fail to say good-bye changes nothing.
	_ = client.CloseWithSMTPClient(conn)
	return nil
}

func (s *Sender) options(ctx context.Context) []mail.Option {
	policy := map[string]mail.TLSPolicy{
		Mandatory: mail.TLSMandatory, Opportunistic: mail.TLSOpportunistic, None: mail.NoTLS,
	}[s.config.StartTLS]
	if s.config.TLS {
		policy = mail.TLSOpportunistic // the connection is encrypted already; STARTTLS is not offered inside
	}
	options := []mail.Option{
		mail.WithPort(s.config.Port), mail.WithTimeout(s.config.Timeout), mail.WithTLSConfig(s.tlsConfig.Clone()),
		mail.WithTLSPolicy(policy), mail.WithoutNoop(), mail.WithDialContextFunc(s.dialer(ctx)),
	}
	if s.config.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(s.config.Username), mail.WithPassword(s.config.Password))
	}
	return options
}

// dialer connects, and closes the connection when the context of the whole delivery ends: the mail library closes it
// neither when a greeting fails nor when the caller gives up.
func (s *Sender) dialer(delivery context.Context) mail.DialContextFunc {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		address := net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
		var conn net.Conn
		var err error
		if s.config.TLS {
			conn, err = (&tls.Dialer{Config: s.tlsConfig.Clone()}).DialContext(ctx, network, address)
		} else {
			conn, err = new(net.Dialer).DialContext(ctx, network, address)
		}
		if err == nil {
			context.AfterFunc(delivery, func() { _ = conn.Close() })
		}
		return conn, err
	}
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

var _ message.Sender = (*Sender)(nil)
