// Package outbound calls HTTP endpoints that an operator configured: encrypted unless they are on this machine or the
// network is trusted, without following redirects, with answers of a bounded size. It leaves what is said to its callers.
package outbound

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Check refuses a URL that is not http or https with a host, carries a user or a fragment, or is not encrypted on its way
// to another machine unless plain allows that.
func Check(raw string, plain bool) error {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%q is no http or https URL", raw)
	}
	if u.Scheme == "http" && !plain && !loopback(u.Hostname()) {
		return fmt.Errorf("%s is not encrypted: use https, or set plain where the network is trusted", raw)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Secret is a secret that is given as it is or in a file. Both, or an empty file, are an error; neither is not.
func Secret(value, file string) (string, error) {
	switch {
	case file == "":
		return value, nil
	case value != "":
		return "", errors.New("a secret and its file exclude each other")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if value = strings.TrimSpace(string(raw)); value == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return value, nil
}

// NewClient makes a client that keeps up to 32 connections to a host for a minute. A redirect is an answer like any other:
// following it would carry the request, and what it is signed with, to somebody who was not asked for.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	transport.IdleConnTimeout = time.Minute
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ErrTooLarge is an answer with more bytes than were asked for.
var ErrTooLarge = errors.New("the answer is too large")

// Answer is a whole answer.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes a request and reads the whole answer, of most bytes at most. When the context of the request has ended, the
// error is that of the context; any other says what went wrong without the URL, which may hold a key.
func Do(client *http.Client, request *http.Request, most int) (Answer, error) {
	out, err := do(client, request, most)
	switch e := (*url.Error)(nil); {
	case err != nil && request.Context().Err() != nil:
		return Answer{}, request.Context().Err()
	case errors.As(err, &e):
		return Answer{}, e.Err
	case err != nil:
		return Answer{}, err
	case len(out.Body) > most:
		return Answer{}, ErrTooLarge
	}
	return out, nil
}

func do(client *http.Client, request *http.Request, most int) (Answer, error) {
	answer, err := client.Do(request) //nolint:gosec // where it goes is the operator's word, see Check
	if err != nil {
		return Answer{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, int64(most)+1))
	return Answer{answer.StatusCode, answer.Header, body}, err
}
