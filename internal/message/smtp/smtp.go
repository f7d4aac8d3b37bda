// Package smtp delivers email through an SMTP server. It owns the connections, their encryption and the form of the mail.
// It leaves trying again to outbox, and what happens behind that server to that server.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/message"
)

// Sender sends over connections that it keeps for a while. Safe for concurrent use.
type Sender struct {
	config    Config
	tlsConfig *tls.Config
	idle      pool
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
	return &Sender{
		config: c, tlsConfig: &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12, RootCAs: roots}, idle: pool{size: c.Idle},
	}, nil
}

// Close ends the connections that wait for mail.
func (s *Sender) Close() error {
	s.idle.close()
	return nil
}

// Send hands one email to the server, within the configured time. Every failure is Undelivered; it is for good when the
// mail cannot be written or the server refuses its recipient or its content with a code above 499.
func (s *Sender) Send(ctx context.Context, m message.Message) error {
	switch {
	case m.Medium != message.Email:
		return message.NoSender(m.Medium)
	case m.To == "":
		return nil
	}
	mail, err := s.compose(m)
	if err != nil {
		return message.Undelivered(fmt.Errorf("write mail: %w", err), true)
	}
	if err := s.deliver(ctx, mail); err != nil {
		return message.Undelivered(fmt.Errorf("send mail: %w", err), refused(err))
	}
	return nil
}

// refused tells a mail that nobody will take from a server that is down, busy or set up wrongly.
func refused(err error) bool {
	var e *mail.SendError
	if !errors.As(err, &e) || e.ErrorCode() < 500 {
		return false
	}
	return e.Reason == mail.ErrSMTPRcptTo || e.Reason == mail.ErrSMTPData || e.Reason == mail.ErrSMTPDataClose
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
	out.SetMessageIDWithValue(or(m.ID, random.LowerAlnum(26)) + "@" + domain) // the same for each try: RFC 5322 section 3.6.4
	if m.SentAt.IsZero() {
		out.SetDate()
	} else {
		out.SetDateWithValue(m.SentAt)
	}
	out.SetBodyString(mail.TypeTextPlain, m.PlainText())
	out.AddAlternativeString(mail.TypeTextHTML, m.Body)
	return out, nil
}

// deliver sends a mail over a connection that is there or, if the server has closed it meanwhile, over a new one.
func (s *Sender) deliver(ctx context.Context, m *mail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	c := s.idle.take()
	if c == nil || !c.alive(ctx) {
		var err error
		if c, err = s.dial(ctx); err != nil {
			return err
		}
	}
	stop := c.endWith(ctx)
	err := c.client.SendWithSMTPClient(c.conn, m)
	if err != nil && !m.IsDelivered() { // what fails after the mail was taken changes nothing
		stop()
		c.close()
		return err
	}
	if stop() && err == nil {
		s.idle.give(c)
		return nil
	}
	c.close()
	return nil
}

func (s *Sender) dial(ctx context.Context) (*connection, error) {
	password, err := given.Read(s.config.Password)
	if err != nil {
		return nil, fmt.Errorf("read the password: %w", err)
	}
	c := &connection{}
	client, err := mail.NewClient(s.config.Host, s.options(ctx, c, password)...)
	if err != nil {
		return nil, err
	}
	c.client = client
	if c.conn, err = client.DialToSMTPClientWithContext(ctx); err != nil {
		if c.raw != nil {
			_ = c.raw.Close()
		}
		return nil, err
	}
	return c, nil
}

func (s *Sender) options(ctx context.Context, c *connection, password string) []mail.Option {
	policy := map[string]mail.TLSPolicy{
		Mandatory: mail.TLSMandatory, Opportunistic: mail.TLSOpportunistic, None: mail.NoTLS,
	}[s.config.StartTLS]
	if s.config.TLS {
		policy = mail.TLSOpportunistic // the connection is encrypted already; STARTTLS is not offered inside
	}
	options := []mail.Option{
		mail.WithPort(s.config.Port), mail.WithTimeout(s.config.Timeout), mail.WithTLSConfig(s.tlsConfig.Clone()),
		mail.WithTLSPolicy(policy), mail.WithoutNoop(), mail.WithDialContextFunc(s.dialer(ctx, c)),
	}
	if s.config.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover),
			mail.WithUsername(s.config.Username), mail.WithPassword(password))
	}
	return options
}

// dialer connects, and closes the connection when the context of the delivery ends before the server has greeted: the mail
// library closes it neither when a greeting fails nor when the caller gives up.
func (s *Sender) dialer(delivery context.Context, c *connection) mail.DialContextFunc {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		address := net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.Port))
		var err error
		if s.config.TLS {
			c.raw, err = (&tls.Dialer{Config: s.tlsConfig.Clone()}).DialContext(ctx, network, address)
		} else {
			c.raw, err = new(net.Dialer).DialContext(ctx, network, address)
		}
		if err != nil {
			c.raw = nil
			return nil, err
		}
		c.endWith(delivery)
		return c.raw, nil
	}
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

var _ message.Sender = (*Sender)(nil)
