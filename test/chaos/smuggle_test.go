package chaos

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// smuggled is a request that hides in another one.
const smuggled = "GET /_cognate/health/live?smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

// TestNoRequestHidesInAnother fails when bytes that a proxy in front may have taken for a body are answered as a request: the
// connection must end after, or instead of, the answer to what is ambiguous. RFC 9112 sections 2.2, 5.1, 5.2, 6.1 and 6.3.
func TestNoRequestHidesInAnother(t *testing.T) {
	t.Parallel()
	b := newBesieged(t)
	var all sync.WaitGroup
	post := func(head ...string) string {
		return "POST /_cognate/health/live HTTP/1.1\r\nHost: a\r\n" + strings.Join(head, "\r\n") + "\r\n\r\n"
	}
	for name, c := range map[string]struct {
		send    string
		answers int // at most, before the connection ends
	}{
		"length and chunks":                   {post("Content-Length: 60", "Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled, 1},
		"chunks and length":                   {post("Transfer-Encoding: chunked", "Content-Length: 60") + "0\r\n\r\n" + smuggled, 1},
		"two lengths":                         {post("Content-Length: 0", "Content-Length: 60") + smuggled, 1},
		"two lengths in one":                  {post("Content-Length: 0, 60") + smuggled, 1},
		"a length with a sign":                {post("Content-Length: +0") + smuggled, 1},
		"a length in hexadecimal":             {post("Content-Length: 0x0") + smuggled, 1},
		"a length that is negative":           {post("Content-Length: -1") + smuggled, 1},
		"chunks behind a folded line":         {post("Content-Length: 60", "Transfer-Encoding:\r\n chunked") + "0\r\n\r\n" + smuggled, 1},
		"a folded line before":                {post("X-A: b\r\n Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled, 1},
		"a space before the colon":            {post("Transfer-Encoding : chunked", "Content-Length: 0") + smuggled, 1},
		"a tab in the name":                   {post("Transfer-\tEncoding: chunked", "Content-Length: 0") + smuggled, 1},
		"an unknown coding":                   {post("Transfer-Encoding: xchunked", "Content-Length: 0") + smuggled, 1},
		"two codings":                         {post("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + "0\r\n\r\n" + smuggled, 1},
		"a vertical tab before chunked":       {post("Transfer-Encoding: \x0bchunked", "Content-Length: 0") + smuggled, 1},
		"chunks of HTTP/1.0":                  {strings.Replace(post("Connection: keep-alive", "Transfer-Encoding: chunked", "Content-Length: 0"), "1.1", "1.0", 1) + smuggled, 1},
		"bare line feeds in chunks":           {post("Transfer-Encoding: chunked") + "1\nZ\r\n0\r\n\r\n" + smuggled, 1},
		"a chunk size that overflows":         {post("Transfer-Encoding: chunked") + "10000000000000000\r\n" + smuggled, 1},
		"a chunk longer than its size":        {post("Transfer-Encoding: chunked") + "1\r\nZZ0\r\n\r\n" + smuggled, 1},
		"a trailer that is a length":          {post("Transfer-Encoding: chunked") + "0\r\nContent-Length: 60\r\n\r\n" + smuggled, 1},
		"no host":                             {"GET / HTTP/1.1\r\n\r\n" + smuggled, 1},
		"two hosts":                           {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + smuggled, 1},
		"a zero byte in a value":              {"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\x00c\r\n\r\n" + smuggled, 1},
		"a bare carriage return":              {"GET / HTTP/1.1\r\nHost: a\r\nX-A: b\rTransfer-Encoding: chunked\r\n\r\n" + smuggled, 1},
		"an upgrade to HTTP/2 that hides one": {"GET /_cognate/health/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" + smuggled, 1},
	} {
		for port, address := range map[string]string{"main": host(b.node.cognito), "decisions": host(b.node.pdp)} {
			conn := b.dial(address)
			say(t, conn, c.send)
			all.Go(func() { // connections may be kept for a while
				got := rest(t, conn)
				if n := strings.Count(got, "HTTP/1.1 "); n > c.answers {
					t.Errorf("%s, at %s: %d answers\n%s", name, port, n, got)
				}
			})
		}
	}
	all.Wait()
	// What is not ambiguous goes on: two requests, two answers.
	conn := b.dial(host(b.node.cognito))
	say(t, conn, post("Content-Length: 3")+"abc"+smuggled)
	if n := strings.Count(rest(t, conn), "HTTP/1.1 "); n != 2 {
		t.Errorf("two plain requests on one connection: %d answers", n)
	}
}

// TestHugeHeadersAreRefused fails when headers beyond 64 KiB are taken, or kept in memory.
func TestHugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	b := newBesieged(t)
	before := b.resident()
	stop := b.others()
	defer stop()
	huge := strings.Repeat("a", 1<<20)
	var all sync.WaitGroup
	for range 50 {
		for name, head := range map[string]string{
			"one huge header":   "X-Huge: " + huge,
			"many small ones":   strings.Repeat("X-Small: aaaaaaaaaaaaaaaaaaaaaaaa\r\n", 1<<15),
			"a huge first line": "",
		} {
			c := b.dial(host(b.node.cognito))
			all.Go(func() {
				request := "GET / HTTP/1.1\r\nHost: a\r\n" + head
				if head == "" {
					request = "GET /" + huge + " HTTP/1.1\r\nHost: a"
				}
				_, _ = c.Write([]byte(request + "\r\n\r\n")) // the server need not take all of it
				if got := rest(t, c); got != "" && !strings.Contains(got, " 431 ") {
					t.Errorf("%s: %.200q", name, got)
				}
			})
		}
	}
	all.Wait()
	if grown := b.resident() - before; grown > 250 {
		t.Errorf("150 requests with a MiB of headers cost %d MiB", grown)
	}
	h2 := &http.Transport{Protocols: new(http.Protocols)}
	h2.Protocols.SetUnencryptedHTTP2(true)
	defer h2.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.node.pdp+"/_cognate/health/live", nil)
	must(t, err)
	r.Header.Set("X-Huge", huge)
	if res, err := h2.RoundTrip(r); err == nil {
		if res.Body.Close(); res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("HTTP/2: status %d", res.StatusCode)
		}
	}
	for _, address := range []string{b.grpc, host(b.node.pdp)} {
		conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		must(t, err)
		health := grpc_health_v1.NewHealthClient(conn)
		ctx, cancel := context.WithTimeout(t.Context(), withinReason)
		if _, err := health.Check(metadata.AppendToOutgoingContext(ctx, "x-huge", huge), &grpc_health_v1.HealthCheckRequest{}); err == nil || status.Code(err) == codes.DeadlineExceeded {
			t.Errorf("gRPC at %s: %v", address, err)
		}
		if _, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err != nil {
			t.Errorf("gRPC at %s, after that: %v", address, err)
		}
		cancel()
		must(t, conn.Close())
	}
}
