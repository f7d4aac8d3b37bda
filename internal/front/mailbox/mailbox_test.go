package mailbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	front "cognate.dev/cognate/internal/front/mailbox"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sent() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func box(t *testing.T, messages ...message.Message) *mailbox.Box {
	t.Helper()
	b := mailbox.New(0)
	for _, m := range messages {
		if err := b.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func code(to string) message.Message {
	return message.Message{
		PoolID: "us-east-1_EXAMPLE01", PoolName: "People", Username: "alice", Purpose: message.SignUp, Medium: message.Email, To: to,
		Subject: "Your verification code", Body: "Your code is <b>123456</b>.", Code: "123456", SentAt: sent(),
	}
}

func request(t *testing.T, b *mailbox.Box, method, target string) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	front.Handler(b).ServeHTTP(w, httptest.NewRequest(method, target, nil))
	raw, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(raw)
}

func TestMessagesAreJSONWithTheCodeAsAField(t *testing.T) {
	t.Parallel()
	b := box(t, code("bob@example.com"), code("alice@example.com"))
	answer, body := request(t, b, http.MethodGet, "/_cognate/mailbox/messages?to=ALICE@example.com")
	want := `{"messages":[{"id":"2","to":"alice@example.com","medium":"EMAIL","subject":"Your verification code",` +
		`"body":"Your code is <b>123456</b>.","code":"123456","link":"","purpose":"SignUp","pool_id":"us-east-1_EXAMPLE01",` +
		`"username":"alice","sent_at":"2026-01-02T03:04:05Z"}]}` + "\n"
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
	for header, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Access-Control-Allow-Origin": ""} {
		if got := answer.Header.Get(header); got != want {
			t.Errorf("%s: %s", header, got)
		}
	}
	if _, body := request(t, b, http.MethodGet, "/_cognate/mailbox/messages?to=carol@example.com"); body != `{"messages":[]}`+"\n" {
		t.Errorf("nothing there: %s", body)
	}
}

func idsOf(t *testing.T, body string) string {
	t.Helper()
	var list struct{ Messages []struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	ids := []string{}
	for _, m := range list.Messages {
		ids = append(ids, m.ID)
	}
	return strings.Join(ids, " ")
}

func TestMessagesAreSelectedByTheQuery(t *testing.T) {
	t.Parallel()
	b := box(t, code("a@example.com"), code("b@example.com"), code("a@example.com"))
	for query, want := range map[string]string{
		"": "3 2 1", "?to=a@example.com": "3 1", "?after=1": "3 2", "?after=1&to=a@example.com": "3", "?limit=1": "3", "?after=3&wait=0s": "",
	} {
		if _, body := request(t, b, http.MethodGet, "/_cognate/mailbox/messages"+query); idsOf(t, body) != want {
			t.Errorf("%s: %s, want %s", query, idsOf(t, body), want)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=x", "?wait=x", "?wait=-1s", "?wait=2m", "?wait=5"} {
		answer, body := request(t, b, http.MethodGet, "/_cognate/mailbox/messages"+query)
		if answer.StatusCode != http.StatusBadRequest || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %d %s", query, answer.StatusCode, body)
		}
	}
}

func TestARequestCanWaitForItsMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := box(t, code("bob@example.com"))
		got := make(chan string, 1)
		wait := func(query string) {
			_, body := request(t, b, http.MethodGet, "/_cognate/mailbox/messages?to=alice@example.com&wait="+query)
			got <- idsOf(t, body)
		}
		go wait("5s")
		synctest.Wait()
		if err := b.Send(t.Context(), code("alice@example.com")); err != nil {
			t.Fatal(err)
		}
		if ids := <-got; ids != "2" {
			t.Errorf("got %q", ids)
		}
		began := time.Now()
		go wait("5s&after=2")
		if ids := <-got; ids != "" || time.Since(began) != 5*time.Second {
			t.Errorf("got %q after %v", ids, time.Since(began))
		}
		go wait("60s&after=2")
		synctest.Wait()
		b.Close()
		if ids := <-got; ids != "" {
			t.Errorf("closed: %q", ids)
		}
	})
}

func TestThePageShowsWhatWasSent(t *testing.T) {
	t.Parallel()
	link := code("carol@example.com")
	link.Code, link.Link, link.Subject = "", "https://auth.example.com/confirmuser?a=1&b=2", "Your verification link"
	sms := code("+15555550100")
	sms.Medium, sms.Subject, sms.Body, sms.Code = message.SMS, "", "Your authentication code is 654321. ", "654321"
	sms.Purpose = message.Authentication
	b := box(t, code("alice@example.com"), link, sms)
	answer, body := request(t, b, http.MethodGet, "/_cognate/mailbox")
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", answer.StatusCode, body)
	}
	for _, want := range []string{
		"alice@example.com", "<code>123456</code>", "Your code is 123456.", "Your verification code", "<code>654321</code>", "Sign-in code",
		`href="https://auth.example.com/confirmuser?a=1&amp;b=2"`, "People", "us-east-1_EXAMPLE01", `data-last="3"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if newest := strings.Index(body, "&#43;15555550100"); newest < 0 || newest > strings.Index(body, ">alice@example.com") {
		t.Error("the newest message is not the first")
	}
	if _, body := request(t, b, http.MethodGet, "/_cognate/mailbox?to=%20CAROL"); strings.Count(body, "<article") != 1 || !strings.Contains(body, `value="CAROL"`) {
		t.Error("the search does not find the recipient")
	}
}

func TestThePageSaysWhenThereIsNothing(t *testing.T) {
	t.Parallel()
	if _, body := request(t, box(t), http.MethodGet, "/_cognate/mailbox"); !strings.Contains(body, "No messages yet") {
		t.Error("no empty state")
	}
	if _, body := request(t, box(t), http.MethodGet, "/_cognate/mailbox?to=<x>"); !strings.Contains(body, "Nothing for “&lt;x&gt;”") {
		t.Error("no empty state of a search")
	}
}

func TestThePageIsBounded(t *testing.T) {
	t.Parallel()
	b := mailbox.New(0)
	for i := range 120 {
		if err := b.Send(t.Context(), code(fmt.Sprintf("user%d@example.com", i))); err != nil {
			t.Fatal(err)
		}
	}
	_, body := request(t, b, http.MethodGet, "/_cognate/mailbox")
	if strings.Count(body, "<article") != 100 || !strings.Contains(body, "Older messages are not shown") || !strings.Contains(body, `data-last="120"`) {
		t.Errorf("%d messages shown", strings.Count(body, "<article"))
	}
}

// A message carries what strangers wrote: user names, templates, addresses. The page must not run it.
func TestMessagesCannotRunCodeInThePage(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	m := message.Message{
		PoolID: evil, PoolName: evil, Username: evil, Purpose: evil, Medium: evil, To: evil, Subject: evil, Body: evil, Code: evil,
		Link: "javascript:alert(1)", SentAt: sent(),
	}
	answer, body := request(t, box(t, m), http.MethodGet, "/_cognate/mailbox?to=")
	if strings.Contains(body, "<script>") || strings.Contains(body, "<img") || strings.Contains(body, "javascript:") {
		t.Error(body)
	}
	policy := answer.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	// The policy holds only if the page keeps to it.
	if found := regexp.MustCompile(`(?i)<script(?:>|[^>]*[^r]>)|<style|\sstyle=|\son[a-z]+\s*=\s*"`).FindString(stripped(body)); found != "" {
		t.Errorf("inline code: %s", found)
	}
}

// stripped leaves out the script element that the policy allows.
func stripped(body string) string {
	return strings.ReplaceAll(body, `<script src="/_cognate/mailbox/mailbox.js" defer>`, "")
}

func TestAssetsAndOtherRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{http.MethodGet, "/_cognate/mailbox/mailbox.css", 200, "text/css; charset=utf-8"},
		{http.MethodGet, "/_cognate/mailbox/mailbox.js", 200, "text/javascript; charset=utf-8"},
		{http.MethodHead, "/_cognate/mailbox", 200, "text/html; charset=utf-8"},
		{http.MethodGet, "/_cognate/mailbox/mailbox.html", 404, ""},
		{http.MethodPost, "/_cognate/mailbox", 405, ""},
		{http.MethodDelete, "/_cognate/mailbox/messages", 405, ""},
	} {
		answer, _ := request(t, box(t), c.method, c.path)
		if answer.StatusCode != c.status || (c.kind != "" && answer.Header.Get("Content-Type") != c.kind) {
			t.Errorf("%s %s: %d %s", c.method, c.path, answer.StatusCode, answer.Header.Get("Content-Type"))
		}
		if c.status == 200 && answer.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be sniffed", c.path)
		}
	}
}
