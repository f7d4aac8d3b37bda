// Package cognito is the source of type cognito: the users of a pool at Amazon Cognito, or at another server that speaks
// its API, by AdminGetUser and AdminListGroupsForUser. What policies see of them is what they see of our own pools'
// users. HTTP itself is upstream's.
package cognito

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/upstream"
	"cognate.dev/cognate/internal/kit/clock"
)

// Config says whose pool is asked. Without a pool there is none.
type Config struct {
	Pool                string          `yaml:"pool" doc:"id of the user pool"`
	Endpoint            string          `yaml:"endpoint" doc:"URL of the API; empty means Amazon Cognito in the region of the pool"`
	Region              string          `yaml:"region" doc:"region of the signature; empty means that of the pool's id"`
	AccessKeyID         string          `yaml:"access_key_id" doc:"access key that may call AdminGetUser, AdminListGroupsForUser and DescribeUserPool; empty means what AWS SDKs find: environment, profile, role of the machine"`
	SecretAccessKey     string          `yaml:"secret_access_key" given:"start" doc:"its secret"`
	SecretAccessKeyFile string          `yaml:"secret_access_key_file" doc:"file that holds the secret instead"`
	Untyped             bool            `yaml:"untyped" doc:"do not ask for the pool's schema (DescribeUserPool): attributes are text, unless fields give them types"`
	Server              upstream.Config `yaml:"server"`
}

// Configured reports whether there is a pool.
func (c Config) Configured() bool { return c.Pool != "" }

var poolForm = regexp.MustCompile(`^([a-z]{2,}(?:-[a-z]+)+-[0-9]+)_[0-9A-Za-z]+$`)

// Source asks a pool. Safe for concurrent use.
type Source struct {
	Config
	keys   aws.CredentialsProvider
	signer *v4.Signer
	client *upstream.Client
	now    clock.Clock

	mu     sync.Mutex
	types  map[string]string // of attributes, by full name
	learnt time.Time
}

// New makes a source.
func New(ctx context.Context, c Config, now clock.Clock) (*Source, error) {
	form := poolForm.FindStringSubmatch(c.Pool)
	if form == nil {
		return nil, fmt.Errorf("pool: %q is no id of a user pool", c.Pool)
	}
	if c.Region == "" {
		c.Region = form[1]
	}
	if c.Endpoint == "" {
		c.Endpoint = "https://cognito-idp." + c.Region + ".amazonaws.com"
		if strings.HasPrefix(c.Region, "cn-") {
			c.Endpoint += ".cn"
		}
	}
	if err := upstream.CheckURL(c.Endpoint, c.Server.Plain); err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	keys, err := c.credentials(ctx)
	if err != nil {
		return nil, err
	}
	client, err := upstream.New(c.Server)
	return &Source{Config: c, keys: keys, signer: v4.NewSigner(), client: client, now: now}, err
}

func (c Config) credentials(ctx context.Context) (aws.CredentialsProvider, error) {
	secret := c.SecretAccessKey
	if c.SecretAccessKeyFile != "" {
		if secret != "" {
			return nil, errors.New("give one of secret_access_key and secret_access_key_file")
		}
		raw, err := os.ReadFile(c.SecretAccessKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read secret_access_key_file: %w", err)
		}
		secret = strings.TrimSpace(string(raw))
	}
	if (c.AccessKeyID != "") != (secret != "") {
		return nil, errors.New("access_key_id belongs together with secret_access_key or secret_access_key_file")
	}
	if c.AccessKeyID != "" {
		return credentials.NewStaticCredentialsProvider(c.AccessKeyID, secret, ""), nil
	}
	found, err := config.LoadDefaultConfig(ctx, config.WithRegion(c.Region))
	if err != nil {
		return nil, fmt.Errorf("find credentials: %w", err)
	}
	return found.Credentials, nil
}

// Close lets idle connections go.
func (s *Source) Close() error { return s.client.Close() }

// attribute is one of a user's.
type attribute struct{ Name, Value string }

// user is what AdminGetUser answers.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html
type user struct {
	Username            string
	Enabled             bool
	UserStatus          string
	UserAttributes      []attribute
	UserCreateDate      json.Number
	UserLastModified    json.Number `json:"UserLastModifiedDate"`
	UserMFASettingList  []string
	PreferredMfaSetting string
}

const unconfirmed = "UNCONFIRMED"

func (u *user) sub() string {
	for _, a := range u.UserAttributes {
		if a.Name == "sub" {
			return a.Value
		}
	}
	return ""
}

// Find asks for a user by username, alias or sub. Nobody is nil.
func (s *Source) Find(ctx context.Context, id string) (map[string]any, error) {
	const longest = 128 // of a Username
	if len(id) > longest {
		return nil, nil
	}
	var u user
	err := s.call(ctx, "AdminGetUser", map[string]any{"UserPoolId": s.Pool, "Username": id}, &u)
	if isException(err, "UserNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if u.UserStatus == unconfirmed && id != u.sub() {
		return nil, nil // a sign-up that has proven nothing may have taken any name; our own pools see it so, too
	}
	// Under the name that the pool answered with: an alias could be another's by now.
	groups, err := s.groups(ctx, u.Username)
	if isException(err, "UserNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	types, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	return s.describe(&u, groups, types), nil
}

// groups are the names of a user's groups, by precedence, as Cognito lists them.
func (s *Source) groups(ctx context.Context, username string) (names []string, err error) {
	const pages = 50 // more than Cognito allows groups for
	token := ""
	for range pages {
		in := map[string]any{"UserPoolId": s.Pool, "Username": username, "Limit": 60}
		if token != "" {
			in["NextToken"] = token
		}
		var page struct {
			Groups    []struct{ GroupName string }
			NextToken string
		}
		if err := s.call(ctx, "AdminListGroupsForUser", in, &page); err != nil {
			return nil, err
		}
		for _, g := range page.Groups {
			names = append(names, g.GroupName)
		}
		if token = page.NextToken; token == "" {
			return names, nil
		}
	}
	return nil, errors.New("AdminListGroupsForUser: the list does not end")
}

// schemaLife is how long a schema is used. Types of attributes never change; new ones are text until then.
const schemaLife = 5 * time.Minute

func (s *Source) schema(ctx context.Context) (map[string]string, error) {
	if s.Untyped {
		return nil, nil
	}
	s.mu.Lock()
	types, fresh := s.types, s.now().Sub(s.learnt) < schemaLife
	s.mu.Unlock()
	if types != nil && fresh {
		return types, nil
	}
	var out struct {
		UserPool struct {
			SchemaAttributes []struct{ Name, AttributeDataType string }
		}
	}
	err := s.call(ctx, "DescribeUserPool", map[string]any{"UserPoolId": s.Pool}, &out)
	if err != nil && types != nil {
		return types, nil // as they were
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the types of attributes (or set untyped): %w", err)
	}
	types = make(map[string]string, len(out.UserPool.SchemaAttributes))
	for _, a := range out.UserPool.SchemaAttributes {
		types[a.Name] = a.AttributeDataType
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types, s.learnt = types, s.now()
	return types, nil
}

// describe is what a policy sees of a user: the same as of a user of our own pools.
func (s *Source) describe(u *user, groups []string, types map[string]string) map[string]any {
	attributes := make(map[string]any, len(u.UserAttributes))
	for _, a := range u.UserAttributes {
		if a.Name != "sub" { // it stands above, as with our own pools
			attributes[a.Name] = field.Schema(types[a.Name], a.Value)
		}
	}
	return map[string]any{
		"id": u.sub(), "sub": u.sub(), "username": u.Username, "pool": s.Pool, "enabled": u.Enabled, "status": u.UserStatus,
		"mfa": map[string]any{
			"enabled": len(u.UserMFASettingList) > 0, "methods": u.UserMFASettingList, "preferred": u.PreferredMfaSetting,
		},
		"groups": groups, "attributes": attributes,
		"created_at": moment(u.UserCreateDate), "updated_at": moment(u.UserLastModified),
	}
}

func moment(n json.Number) any {
	at, err := field.As(field.Timestamp, n)
	if err != nil {
		return ""
	}
	return at
}

// exception is an error that the API names.
type exception struct {
	operation, name string
	status          int
}

func (e *exception) Error() string { return fmt.Sprintf("%s: %s (%d)", e.operation, e.name, e.status) }

func isException(err error, name string) bool {
	var e *exception
	return errors.As(err, &e) && e.name == name
}

// call makes a signed call.
func (s *Source) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(s.Endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	keys, err := s.keys.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("find credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	if err := s.signer.SignHTTP(ctx, keys, r, hex.EncodeToString(sum[:]), "cognito-idp", s.Region, s.now()); err != nil {
		return fmt.Errorf("%s: sign: %w", operation, err)
	}
	a, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if a.Status != http.StatusOK {
		return failure(operation, a)
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("%s: the answer has another form than Cognito's", operation)
	}
	return nil
}

// failure reads an error. A parameter that breaks a rule of the API is the fault of the id.
func failure(operation string, a upstream.Answer) error {
	e := &exception{operation: operation, name: "no exception", status: a.Status}
	var said struct {
		Type string `json:"__type"`
	}
	if name, _, _ := strings.Cut(a.Header.Get("X-Amzn-Errortype"), ":"); name != "" {
		e.name = name
	} else if json.Unmarshal(a.Body, &said) == nil && said.Type != "" {
		e.name = said.Type[strings.LastIndexByte(said.Type, '#')+1:]
	}
	if e.name == "InvalidParameterException" {
		return upstream.AboutQuestion(e)
	}
	return e
}
