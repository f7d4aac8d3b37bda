// Package upstream asks other servers for JSON: bounded answers, no redirects, secrets from files and the environment,
// and errors that say whether the server or only the question is at fault. It leaves questions and answers to the sources.
package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"cognate.dev/cognate/internal/enrich/field"
)

// Config says how a server is reached.
type Config struct {
	Headers []Header `yaml:"headers" doc:"sent with every request; put secrets into file or env"`
	CAFile  string   `yaml:"ca_file" doc:"PEM certificates to trust instead of the system's"`
	Plain   bool     `yaml:"plain" doc:"allow http to other machines; answers are personal data"`
}

// Header is a header of a request: exactly one of Value, File and Env.
type Header struct {
	Name   string `yaml:"name" doc:"name of the header, such as Authorization"`
	Value  string `yaml:"value" doc:"its value, for what is no secret"`
	File   string `yaml:"file" doc:"file that holds the value; read for every request, so that it may change"`
	Env    string `yaml:"env" doc:"environment variable that holds the value"`
	Prefix string `yaml:"prefix" doc:"put before the value, for example: Bearer and a space"`
}

// Client asks one server. Safe for concurrent use.
type Client struct {
	headers []Header
	client  *http.Client
}

// MaxBody is the largest answer that is read, in bytes.
const MaxBody = 1 << 20

// New makes a client. What can be known to be wrong now is an error now.
func New(c Config) (*Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.IdleConnTimeout = time.Minute
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file: %s holds no certificate", c.CAFile)
		}
	}
	for i, h := range c.Headers {
		if err := h.check(); err != nil {
			return nil, fmt.Errorf("headers[%d]: %w", i, err)
		}
	}
	return &Client{headers: c.Headers, client: &http.Client{
		Transport: transport,
		// A redirect would carry the secret headers to somebody who was not asked for.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func (h Header) check() error {
	ways := 0
	for _, s := range []string{h.Value, h.File, h.Env} {
		if s != "" {
			ways++
		}
	}
	if h.Name == "" || ways != 1 {
		return errors.New("it needs a name and exactly one of value, file and env")
	}
	_, err := h.read()
	return err
}

func (h Header) read() (string, error) {
	value := h.Value
	switch {
	case h.File != "":
		raw, err := os.ReadFile(h.File)
		if err != nil {
			return "", fmt.Errorf("header %s: %w", h.Name, err)
		}
		value = strings.TrimSpace(string(raw))
	case h.Env != "":
		if value = os.Getenv(h.Env); value == "" {
			return "", fmt.Errorf("header %s: the environment has no %s", h.Name, h.Env)
		}
	}
	return h.Prefix + value, nil
}

// CheckURL refuses what is no http or https URL, and http to other machines unless plain is set.
func CheckURL(raw string, plain bool) error {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("it is no http or https URL; credentials belong into headers")
	}
	if u.Scheme == "http" && !plain && !loopback(u.Hostname()) {
		return fmt.Errorf("%s would be asked without encryption: use https, or set plain where the network is trusted", u.Host)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Close lets idle connections go.
func (c *Client) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

// Answer is what a server said: its status, and its JSON for a status of 2xx that has a body.
type Answer struct {
	Status int
	Header http.Header
	Doc    any // of field.Decode
	Body   []byte
}

// Do sends a request with the headers of the configuration. Statuses are not judged; an answer of 2xx with a body that
// is no JSON, and one that is too large, are errors. No error says anything of the URL, which may hold what is secret.
func (c *Client) Do(r *http.Request) (Answer, error) {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "cognate")
	for _, h := range c.headers {
		value, err := h.read()
		if err != nil {
			return Answer{}, err
		}
		r.Header.Set(h.Name, value)
	}
	res, err := c.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return Answer{}, fmt.Errorf("ask: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > MaxBody {
		return Answer{}, fmt.Errorf("the answer is larger than %d bytes", MaxBody)
	}
	a := Answer{Status: res.StatusCode, Header: res.Header, Body: body}
	if a.Status/100 == 2 && len(body) > 0 {
		if a.Doc, err = field.Decode(body); err != nil {
			return Answer{}, errors.New("the answer is no JSON") // the cause would show a piece of it
		}
	}
	return a, nil
}

// Get asks for a document. A 404 or 410, and an answer of 204, are nil: there is nothing of that id.
func (c *Client) Get(ctx context.Context, method, target string, body io.Reader) (any, error) {
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, AboutQuestion(errors.New("the id makes no URL"))
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	a, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	switch a.Status {
	case http.StatusOK:
		return a.Doc, nil
	case http.StatusNotFound, http.StatusGone, http.StatusNoContent:
		return nil, nil
	}
	return nil, Unexpected(a.Status)
}

// Unexpected is the error of a status that is no answer. Some say that only the question was at fault.
func Unexpected(status int) error {
	err := fmt.Errorf("status %d", status)
	switch status {
	case http.StatusBadRequest, http.StatusRequestURITooLong, http.StatusUnprocessableEntity:
		return AboutQuestion(err)
	}
	return err
}

// questionError is an error for which the server is not to blame.
type questionError struct{ error }

func (q questionError) Unwrap() error { return q.error }

// AboutQuestion marks an error that another question would not have: it says nothing against the server, so whoever may
// choose ids can not make the server look broken.
func AboutQuestion(err error) error { return questionError{err} }

// IsAboutQuestion reports whether an error is marked so.
func IsAboutQuestion(err error) bool {
	var q questionError
	return errors.As(err, &q)
}
