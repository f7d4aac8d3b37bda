package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// object is a JSON object, sent or received.
type object map[string]any

// unsigned is the bytes of an operation of the AWS JSON protocol that needs no signature.
func (s *server) unsigned(operation string, body object) ([]byte, error) {
	return s.prepare(operation, body, false)
}

// signed is the bytes of an operation with a signature made now; it is good for five minutes.
func (s *server) signed(operation string, body object) ([]byte, error) {
	return s.prepare(operation, body, true)
}

func (s *server) prepare(operation string, body object, sign bool) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	req, err := post(ctx, s.cognito, "/", "application/x-amz-json-1.1", raw)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	if sign {
		keys := aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret}
		sum := sha256.Sum256(raw)
		if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), "cognito-idp", "us-east-1", time.Now()); err != nil {
			return nil, err
		}
	}
	return wireBytes(req)
}

// decision is the bytes of a question to the decision point.
func (s *server) decision(body object) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := post(context.Background(), s.pdp, "/api/check/resources", "application/json", raw)
	if err != nil {
		return nil, err
	}
	return wireBytes(req)
}

func post(ctx context.Context, addr, path, contentType string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", "") // sends none
	return req, nil
}

func wireBytes(req *http.Request) ([]byte, error) {
	var out bytes.Buffer
	if err := req.Write(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// call sends one signed operation on a connection of its own; the work of preparing a scenario.
func (s *server) call(operation string, body object) (object, error) {
	req, err := s.signed(operation, body)
	if err != nil {
		return nil, err
	}
	c, err := dial(s.cognito)
	if err != nil {
		return nil, err
	}
	defer c.net.Close()
	return c.object(operation, req)
}

// object sends a request whose answer must be 200 and a JSON object.
func (c *conn) object(operation string, request []byte) (object, error) {
	raw, err := c.ok(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	var got object
	if err := json.Unmarshal(raw, &got); err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	return got, nil
}

// text follows member names to a string; it is empty when there is none.
func (o object) text(path ...string) string {
	var v any = map[string]any(o)
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	s, _ := v.(string)
	return s
}
