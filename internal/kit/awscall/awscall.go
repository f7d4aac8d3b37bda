// Package awscall calls operations of AWS's JSON protocols at any endpoint, signed (Signature Version 4) or not. It owns
// the request, its signature and the form of errors. Which operations there are, and trying again, is its callers'.
package awscall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Service says what is called.
type Service struct {
	Endpoint string // https://cognito-idp.us-east-1.amazonaws.com
	Region   string
	Name     string // of the signature: cognito-idp
	Target   string // before the operation's name and a dot: AWSCognitoIdentityProviderService
}

// Client calls one service. Safe for concurrent use.
type Client struct {
	Service
	keys   aws.CredentialsProvider // nil: only unsigned calls
	signer *v4.Signer
	client *http.Client
}

// New makes a client; keys may be nil for one that signs nothing.
func New(s Service, keys aws.CredentialsProvider) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 32
	transport.IdleConnTimeout = time.Minute
	return &Client{Service: s, keys: keys, signer: v4.NewSigner(), client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close lets idle connections go.
func (c *Client) Close() { c.client.CloseIdleConnections() }

// Keys are the credentials with a key id and its secret, or in a file; with no id, what AWS SDKs find: environment,
// profile, role of the machine.
func Keys(ctx context.Context, id, secret, secretFile string) (aws.CredentialsProvider, error) {
	if id == "" {
		found, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, fmt.Errorf("find AWS credentials: %w", err)
		}
		return found.Credentials, nil
	}
	if secretFile != "" {
		raw, err := os.ReadFile(secretFile)
		if err != nil {
			return nil, fmt.Errorf("read the secret access key: %w", err)
		}
		secret = strings.TrimSpace(string(raw))
	}
	return credentials.NewStaticCredentialsProvider(id, secret, ""), nil
}

// CheckEndpoint refuses what is no URL, and http to other machines unless plain.
func CheckEndpoint(endpoint string, plain bool) error {
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%q is no http or https URL", endpoint)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && !plain && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not encrypted: use https", endpoint)
	}
	return nil
}

// Error is an exception that the service answered with.
type Error struct {
	Status  int
	Name    string // NotAuthorizedException
	Message string
}

// Error gives name and message.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

// Is says whether err is one of the exceptions.
func Is(err error, names ...string) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	for _, name := range names {
		if e.Name == name {
			return true
		}
	}
	return false
}

// Busy says whether the same call may succeed a moment later.
func Busy(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Status >= http.StatusInternalServerError || strings.Contains(e.Name, "TooManyRequests") || strings.Contains(e.Name, "Throttling")
	}
	var broken net.Error
	return errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// maxAnswer is the largest answer that is read, in bytes.
const maxAnswer = 16 << 20

// Signed calls an operation with a signature and reads its answer into out, which may be nil.
func (c *Client) Signed(ctx context.Context, operation string, in, out any) error {
	return c.call(ctx, operation, in, out, true)
}

// Unsigned calls an operation that needs no signature.
func (c *Client) Unsigned(ctx context.Context, operation string, in, out any) error {
	return c.call(ctx, operation, in, out, false)
}

func (c *Client) call(ctx context.Context, operation string, in, out any, signed bool) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(c.Endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", c.Target+"."+operation)
	if signed {
		if err := c.sign(ctx, req, body); err != nil {
			return fmt.Errorf("%s: %w", operation, err)
		}
	}
	res, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s: read the answer: %w", operation, err)
	case len(answer) > maxAnswer:
		return fmt.Errorf("%s: the answer has more than %d bytes", operation, maxAnswer)
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %w", operation, failure(res, answer))
	case out == nil || len(answer) == 0:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: read the answer: %w", operation, err)
	}
	return nil
}

func (c *Client) sign(ctx context.Context, req *http.Request, body []byte) error {
	if c.keys == nil {
		return errors.New("there are no AWS credentials to sign with")
	}
	keys, err := c.keys.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("find AWS credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	return c.signer.SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), c.Name, c.Region, time.Now())
}

// failure reads an exception, whose name may stand in a header or in the body.
func failure(res *http.Response, answer []byte) *Error {
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Capital string `json:"Message"`
	}
	_ = json.Unmarshal(answer, &said) // what is no JSON has no name
	e := &Error{Status: res.StatusCode, Name: said.Type[strings.LastIndexByte(said.Type, '#')+1:], Message: said.Message}
	if e.Message == "" {
		e.Message = said.Capital
	}
	if name, _, _ := strings.Cut(res.Header.Get("X-Amzn-ErrorType"), ":"); name != "" {
		e.Name = name[strings.LastIndexByte(name, '#')+1:]
	}
	if e.Name == "" {
		e.Name = fmt.Sprintf("HTTP %d", res.StatusCode)
	}
	return e
}
