package chaos

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// post takes the mail of all nodes and remembers the newest code of each address.
type post struct {
	addr  net.Addr
	mu    sync.Mutex
	codes map[string]chan string
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// newPost listens as a mail server does.
func newPost(t *testing.T) *post {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	p := &post{addr: l.Addr(), codes: map[string]chan string{}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.take(c)
		}
	}()
	return p
}

// settings make a node send here.
func (p *post) settings() []string {
	host, port, _ := net.SplitHostPort(p.addr.String())
	return []string{"COGNATE_MESSAGE_SMTP_HOST=" + host, "COGNATE_MESSAGE_SMTP_PORT=" + port,
		"COGNATE_MESSAGE_SMTP_STARTTLS=none", "COGNATE_MESSAGE_SMTP_FROM=no-reply@example.com"}
}

func (p *post) take(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	say("220 ready")
	var to string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch word := strings.ToUpper(line); {
		case strings.HasPrefix(word, "RCPT TO"):
			to = strings.Trim(strings.TrimSpace(line[len("RCPT TO:"):]), "<>")
			say("250 ok")
		case strings.HasPrefix(word, "DATA"):
			say("354 go on")
			var text strings.Builder
			for line != ".\r\n" {
				if line, err = in.ReadString('\n'); err != nil {
					return
				}
				text.WriteString(line)
			}
			_, body, _ := strings.Cut(text.String(), "\r\n\r\n")
			if code := sixDigits.FindString(body); code != "" {
				p.box(to) <- code
			}
			say("250 taken")
		case strings.HasPrefix(word, "QUIT"):
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *post) box(to string) chan string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.codes[to] == nil {
		p.codes[to] = make(chan string, 16)
	}
	return p.codes[to]
}

// code waits for the next code that is sent to an address.
func (p *post) code(t testing.TB, ctx context.Context, to string) string {
	t.Helper()
	select {
	case code := <-p.box(to):
		return code
	case <-ctx.Done():
		t.Fatalf("no code was sent to %s", to)
		return ""
	}
}
