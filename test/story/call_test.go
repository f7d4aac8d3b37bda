package story

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// answer is what came back: the status and the JSON.
type answer struct {
	status int
	body   map[string]any
	raw    string
}

// call sends one operation of the AWS JSON protocol, signed by AWS's own signer. Unsigned operations ignore that.
func (s *server) call(ctx context.Context, operation, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cognito+"/", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	keys := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "any"}
	if s.key != "" {
		keys = aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret}
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), "cognito-idp", "us-east-1", time.Now()); err != nil {
		return answer{}, err
	}
	return send(req)
}

// decide asks the decision point.
func (s *server) decide(ctx context.Context, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.pdp+"/api/check/resources", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	return send(req)
}

// code waits for the newest message to an address and returns the code in it.
func (s *server) code(ctx context.Context, to string) (string, error) {
	u := s.cognito + "/_cognate/mailbox/messages?wait=10s&to=" + url.QueryEscape(to)
	var messages []any
	for len(messages) == 0 { // the context ends what takes for ever
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
		if err != nil {
			return "", err
		}
		got, err := send(req)
		if err != nil || got.status != http.StatusOK {
			return "", fmt.Errorf("no message to %s: %v, %s", to, err, got.raw)
		}
		messages, _ = got.body["messages"].([]any)
	}
	newest, _ := messages[0].(map[string]any)
	code, _ := newest["code"].(string)
	return code, nil
}

func send(req *http.Request) (answer, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: res.StatusCode, raw: string(raw)}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&got.body); err != nil {
		return got, fmt.Errorf("the answer is no JSON object: %q", raw)
	}
	return got, nil
}

// at follows a path such as User.Attributes.0.Value through an answer.
func (a answer) at(path string) (string, error) {
	var v any = a.body
	for _, step := range strings.Split(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[step]
		case []any:
			var i int
			if _, err := fmt.Sscanf(step, "%d", &i); err != nil || i >= len(node) {
				return "", fmt.Errorf("no %s in %s", path, a.raw)
			}
			v = node[i]
		default:
			return "", fmt.Errorf("no %s in %s", path, a.raw)
		}
	}
	switch v := v.(type) {
	case nil:
		return "", fmt.Errorf("no %s in %s", path, a.raw)
	case string:
		return v, nil
	default:
		raw, err := json.Marshal(v)
		return string(raw), err
	}
}
