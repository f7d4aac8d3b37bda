package story

import (
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/test/started"
)

// mailServer takes mail (RFC 5321) for everybody but gone@example.com, and hands on what it got.
func mailServer(t *testing.T, address string) <-chan string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	mails := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go takeMail(textproto.NewConn(conn), mails)
		}
	}()
	return mails
}

func takeMail(conn *textproto.Conn, mails chan<- string) {
	defer conn.Close()
	_ = conn.PrintfLine("220 mail.example.com")
	for {
		line, err := conn.ReadLine()
		switch {
		case err != nil:
			return
		case strings.HasPrefix(line, "RCPT TO:<gone@"):
			_ = conn.PrintfLine("550 5.1.1 no such mailbox")
		case line == "DATA":
			_ = conn.PrintfLine("354 go on")
			if text, err := conn.ReadDotBytes(); err == nil {
				mails <- string(text)
			}
			_ = conn.PrintfLine("250 taken")
		default:
			_ = conn.PrintfLine("250 ok")
		}
	}
}

// TestACodeSurvivesAMailServerThatIsDownAndAServerThatDies: the answer is quick, the mail arrives after both are back, once,
// and the code in it works. An address that does not exist is told at once.
func TestACodeSurvivesAMailServerThatIsDownAndAServerThatDies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	port := started.Port(t) // the mail server is down
	config := filepath.Join(dir, "cognate.yaml")
	text := "message: {smtp: {host: 127.0.0.1, port: " + port + ", starttls: none, from: no-reply@example.com}}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	serve := func() *server {
		t.Helper()
		s, err := start(dir, "serve", "--data", filepath.Join(dir, "data"), "--config", config)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := serve()
	ask := func(operation, format string, args ...any) answer {
		t.Helper()
		got, err := s.call(soon(t), operation, fmt.Sprintf(format, args...))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	at := func(a answer, path string) string {
		t.Helper()
		value, err := a.at(path)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	pool := at(ask("CreateUserPool", `{"PoolName":"shop","AutoVerifiedAttributes":["email"]}`), "UserPool.Id")
	client := at(ask("CreateUserPoolClient", `{"UserPoolId":%q,"ClientName":"web"}`, pool), "UserPoolClient.ClientId")
	signUp := func(username string) answer {
		t.Helper()
		return ask("SignUp", `{"ClientId":%q,"Username":%q,"Password":"Correct-Horse1","UserAttributes":[{"Name":"email","Value":"%[2]s@example.com"}]}`, client, username)
	}
	if got := signUp("dana"); got.status != http.StatusOK || at(got, "CodeDeliveryDetails.Destination") != "d***@e***" {
		t.Fatalf("while the mail server is down: %s", got.raw)
	}
	for deadline := time.Now().Add(started.Patience); !strings.Contains(s.Log.String(), "will be tried again"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the operator is not told:\n%s", s.Log.String())
		}
	}
	for deadline := time.Now().Add(started.Patience); ; time.Sleep(5 * time.Millisecond) {
		_, numbers := s.get(t, "/_cognate/metrics")
		if strings.Contains(numbers, "cognate_messages_waiting 1\n") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the numbers do not show the message that waits")
		}
	}
	if strings.Contains(s.Log.String(), "dana@example.com") {
		t.Error("the log shows an address")
	}
	s.Kill()
	mails := mailServer(t, "127.0.0.1:"+port)
	key, secret := s.key, s.secret
	s = serve()
	defer s.Stop()
	s.key, s.secret = key, secret
	var mail string
	select {
	case mail = <-mails:
	case <-time.After(started.Patience):
		t.Fatalf("the mail never came:\n%s", s.Log.String())
	}
	code := regexp.MustCompile(`code is (\d{6})`).FindStringSubmatch(mail)
	if code == nil {
		t.Fatalf("no code in %s", mail)
	}
	if got := ask("ConfirmSignUp", `{"ClientId":%q,"Username":"dana","ConfirmationCode":%q}`, client, code[1]); got.status != http.StatusOK {
		t.Errorf("the code does not work: %s", got.raw)
	}
	if got := signUp("gone"); got.body["__type"] != "CodeDeliveryFailureException" {
		t.Errorf("an address that does not exist: %s", got.raw)
	}
	if len(mails) != 0 {
		t.Errorf("%d more mails arrived", len(mails))
	}
}
