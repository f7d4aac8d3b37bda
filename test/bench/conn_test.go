package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// feed is a connection whose answers come in pieces of a given size.
type feed struct {
	net.Conn
	answer string
	piece  int
}

func (f *feed) Write(p []byte) (int, error) { return len(p), nil }

func (f *feed) Read(p []byte) (int, error) {
	if f.answer == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), f.piece)], f.answer)
	f.answer = f.answer[n:]
	return n, nil
}

// TestAnswersAreReadWhereverTheNetworkCutsThem fails when the reader depends on how an answer arrives.
func TestAnswersAreReadWhereverTheNetworkCutsThem(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40<<10)
	for name, c := range map[string]struct {
		answer, body string
		status       int
	}{
		"plain":   {"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\n\r\n{}", "{}", 200},
		"empty":   {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 200},
		"error":   {"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad", "bad", 400},
		"chunked": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", 200},
		"long":    {"HTTP/1.1 200 OK\r\nContent-Length: " + fmt.Sprint(len(long)) + "\r\n\r\n" + long, long, 200},
	} {
		for _, piece := range []int{1, 2, 3, 7, 64, 1 << 20} {
			status, body, err := newConn(&feed{answer: c.answer, piece: piece}).ask([]byte("GET"))
			if err != nil || status != c.status || string(body) != c.body {
				t.Errorf("%s in pieces of %d: status %d, %d bytes, %v", name, piece, status, len(body), err)
			}
		}
	}
}

// TestABrokenAnswerFailsTheRun fails when an answer that is cut off or no HTTP counts as an answer.
func TestABrokenAnswerFailsTheRun(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "nonsense\r\n\r\n", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
	} {
		if body, err := newConn(&feed{answer: answer, piece: 1 << 20}).ok([]byte("GET")); err == nil {
			t.Errorf("%q was taken for the answer %q", answer, body)
		}
	}
}

// TestPreparedRequestsAreUnderstoodByAServer sends signed and unsigned requests, many on one connection.
func TestPreparedRequestsAreUnderstoodByAServer(t *testing.T) {
	t.Parallel()
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("X-Amz-Target") != "AWSCognitoIdentityProviderService.GetUser" {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprintf(w, `{"body":%s,"signed":"%t"}`, body, strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "))
	}))
	t.Cleanup(ts.Close)
	s := &server{cognito: ts.Listener.Addr().String(), key: "AKIAIOSFODNN7EXAMPLE", secret: "any"}
	c, err := dial(s.cognito)
	if err != nil {
		t.Fatal(err)
	}
	defer c.net.Close()
	for range 3 {
		for want, prepare := range map[string]func(string, object) ([]byte, error){"true": s.signed, "false": s.unsigned} {
			req, err := prepare("GetUser", object{"AccessToken": "x"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.object("GetUser", req)
			if err != nil || got.text("signed") != want || got.text("body", "AccessToken") != "x" {
				t.Errorf("signed %s: %v, %v", want, got, err)
			}
		}
	}
}

// FuzzAnswer fails when an answer makes the reader panic or disagree with the standard library about a status.
func FuzzAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 1)
	f.Add("HTTP/1.1 400 \r\nContent-Length: \r\n\r\n", 3)
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 100)
	f.Fuzz(func(t *testing.T, answer string, piece int) {
		piece = max(piece, 1)
		_, body, err := newConn(&feed{answer: answer, piece: piece}).ask([]byte("GET"))
		if err == nil && len(body) > len(answer) {
			t.Errorf("a body of %d bytes in an answer of %d", len(body), len(answer))
		}
	})
}
