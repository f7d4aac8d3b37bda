// Package invoke reaches functions through the Invoke call of AWS Lambda's API, signed: at AWS, at LocalStack, or at
// `sam local start-lambda`. It leaves what events mean to trigger.
package invoke

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/trigger/function"
)

// Config says whose API is called. Without an endpoint there is none.
type Config struct {
	Endpoint            string `yaml:"endpoint" doc:"aws (AWS Lambda in the region of the ARN), or the URL of another Lambda API: https, or http to this machine"`
	Region              string `yaml:"region" doc:"region of the signature; empty means that of the ARN"`
	AccessKeyID         string `yaml:"access_key_id" doc:"access key; empty means what AWS SDKs find: environment, profile, role of the machine"`
	SecretAccessKey     string `yaml:"secret_access_key" given:"start" doc:"its secret"`
	SecretAccessKeyFile string `yaml:"secret_access_key_file" doc:"file that holds the secret instead"`
	ByName              bool   `yaml:"by_name" doc:"call functions by name in the place of the whole ARN, as sam local wants it"`
	Plain               bool   `yaml:"plain" doc:"allow http to other machines; events carry passwords and personal data"`
}

// AWS is the endpoint that stands for AWS Lambda itself.
const AWS = "aws"

// Configured reports whether there is an endpoint.
func (c Config) Configured() bool { return c.Endpoint != "" }

// Check refuses a configuration that cannot work or is not safe.
func (c Config) Check() error {
	if (c.AccessKeyID != "") != (c.SecretAccessKey != "" || c.SecretAccessKeyFile != "") || c.SecretAccessKey != "" && c.SecretAccessKeyFile != "" {
		return errors.New("invoke: access_key_id belongs together with secret_access_key or secret_access_key_file")
	}
	if c.Endpoint == AWS {
		return nil
	}
	if err := outbound.Check(c.Endpoint, c.Plain); err != nil {
		return fmt.Errorf("invoke: endpoint is aws, or a URL: %w", err)
	}
	if strings.Contains(c.Endpoint, "?") {
		return fmt.Errorf("invoke: %q has a query", c.Endpoint)
	}
	return nil
}

// Client calls functions. Safe for concurrent use.
type Client struct {
	Config
	keys   aws.CredentialsProvider
	signer *v4.Signer
	client *http.Client
	now    clock.Clock
}

// New makes a client of a configuration that Check accepts.
func New(ctx context.Context, c Config, now clock.Clock) (*Client, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	keys, err := c.credentials(ctx)
	if err != nil {
		return nil, err
	}
	return &Client{Config: c, keys: keys, signer: v4.NewSigner(), now: now, client: outbound.NewClient()}, nil
}

func (c Config) credentials(ctx context.Context) (aws.CredentialsProvider, error) {
	if c.AccessKeyID == "" {
		found, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, fmt.Errorf("invoke: find credentials: %w", err)
		}
		return found.Credentials, nil
	}
	secret, err := outbound.Secret(c.SecretAccessKey, c.SecretAccessKeyFile)
	if err != nil {
		return nil, fmt.Errorf("invoke: read secret_access_key_file: %w", err)
	}
	return credentials.NewStaticCredentialsProvider(c.AccessKeyID, secret, ""), nil
}

// Close lets idle connections go.
func (c *Client) Close() error {
	c.client.CloseIdleConnections()
	return nil
}

// Invoke calls a function and waits for its answer.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (c *Client) Invoke(ctx context.Context, arn string, event []byte) ([]byte, error) {
	request, err := c.request(ctx, arn, event)
	if err != nil {
		return nil, &function.Failure{Name: "InvalidParameterValueException", Cause: err}
	}
	answer, err := function.Post(ctx, c.client, request, "ServiceException")
	if err != nil {
		return nil, err
	}
	return read(answer)
}

func read(answer outbound.Answer) ([]byte, error) {
	if answer.Status != http.StatusOK {
		return nil, &function.Failure{Name: exception(answer), Cause: fmt.Errorf("status %d", answer.Status)}
	}
	kind := answer.Header.Get("X-Amz-Function-Error") // Handled, Unhandled
	if kind == "" {
		return answer.Body, nil
	}
	if thrown := function.ReadThrown(answer.Body); thrown != nil {
		return nil, thrown
	}
	return nil, &function.Thrown{Type: kind, Message: string(answer.Body)}
}

// exception is the name of an API error.
func exception(answer outbound.Answer) string {
	name, _, _ := strings.Cut(answer.Header.Get("X-Amzn-ErrorType"), ":")
	if name != "" {
		return name
	}
	var said struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(answer.Body, &said) == nil && said.Type != "" {
		return said.Type[strings.LastIndexByte(said.Type, '#')+1:]
	}
	return "ServiceException"
}

// request is a signed Invoke call.
func (c *Client) request(ctx context.Context, arn string, event []byte) (*http.Request, error) {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 || parts[5] != "function" {
		return nil, fmt.Errorf("%q is no ARN of a function", arn)
	}
	region := parts[3]
	if c.Region != "" {
		region = c.Region
	}
	name := arn
	if c.ByName {
		name = parts[6]
	}
	target := strings.TrimRight(c.endpoint(parts[1], region), "/") + "/2015-03-31/functions/" + url.PathEscape(name) + "/invocations"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(event))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	keys, err := c.keys.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("find credentials: %w", err)
	}
	sum := sha256.Sum256(event)
	return request, c.signer.SignHTTP(ctx, keys, request, hex.EncodeToString(sum[:]), "lambda", region, c.now())
}

func (c *Client) endpoint(partition, region string) string {
	switch {
	case c.Endpoint != AWS:
		return c.Endpoint
	case partition == "aws-cn":
		return "https://lambda." + region + ".amazonaws.com.cn"
	}
	return "https://lambda." + region + ".amazonaws.com"
}

var _ function.Transport = (*Client)(nil)
