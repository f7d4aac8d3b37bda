package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/front/pdp/admin"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/replay"
)

// ReplayOptions say which decisions to make again, and with which policies.
type ReplayOptions struct {
	Policies                       string // folder or archive
	File                           string // decision log; - is the standard input; empty: ask the server
	Server, Username, PasswordFile string
	Since                          string // how far back, or from when; empty means all
	Strict                         bool
	Schemas                        string
	JSON, Check                    bool
}

// changed is the error of a replay that was told to check, with its exit code.
type changed struct{ n int }

func (c changed) Error() string { return fmt.Sprintf("%d decisions would change", c.n) }

// ExitCode is that of failed tests.
func (changed) ExitCode() int { return 4 }

// ReplayDecisions makes remembered decisions again with other policies and prints what would change.
func ReplayDecisions(ctx context.Context, o ReplayOptions, out io.Writer) error {
	files, err := policy.OpenPath(o.Policies)
	if err != nil {
		return err
	}
	engine, err := cerbos.New(policy.Config{Strict: o.Strict, Schemas: o.Schemas})
	if err != nil {
		return err
	}
	table, err := engine.Compile(ctx, files)
	if err != nil {
		return err
	}
	r := &replay.Report{Changes: []replay.Change{}}
	if o.File != "" {
		err = replayFile(ctx, o.File, table, r)
	} else {
		err = replayServer(ctx, o, table, r)
	}
	if err != nil {
		return err
	}
	if o.JSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		err = enc.Encode(r)
	} else {
		err = r.Write(out)
	}
	if err == nil && o.Check && len(r.Changes) > 0 {
		return changed{len(r.Changes)}
	}
	return err
}

func replayFile(ctx context.Context, path string, d policy.Decider, r *replay.Report) error {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read the decision log: %w", err)
		}
		defer f.Close()
		in = f
	}
	return replay.Lines(in, func(e *replay.Entry) error { return again(ctx, d, r, e) })
}

// again decides an entry with other policies, unless it was Cedar's policies that decided.
func again(ctx context.Context, d policy.Decider, r *replay.Report, e *replay.Entry) error {
	if e.GetMetadata()[decision.MetaPolicyStore] != nil {
		return nil
	}
	return r.Again(ctx, d, e)
}

func replayServer(ctx context.Context, o ReplayOptions, d policy.Decider, r *replay.Report) error {
	query := url.Values{"limit": {"500"}}
	if o.Since != "" {
		query.Set("since", o.Since)
	}
	for {
		page, err := decisionsPage(ctx, o, query)
		if err != nil {
			return err
		}
		for _, raw := range page.Decisions {
			e, err := replay.Parse(raw)
			if err != nil {
				return err
			}
			if err := again(ctx, d, r, e); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.Set("after", page.Next)
	}
}

type decisionsAnswer struct {
	Decisions []json.RawMessage `json:"decisions"`
	Next      string            `json:"next"`
	Message   string            `json:"message"`
}

func decisionsPage(ctx context.Context, o ReplayOptions, query url.Values) (page decisionsAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(o.Server, "/")+admin.DecisionsPath+"?"+query.Encode(), nil)
	if err != nil {
		return page, err
	}
	if err := identify(req, nil, o.Username, o.PasswordFile); err != nil {
		return page, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return page, fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil && res.StatusCode == http.StatusOK {
		return page, fmt.Errorf("read the server's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return page, errors.New("the server answers " + res.Status + ": " + page.Message)
	}
	return page, nil
}

// The credential scope of what operators sign. The region is not checked; it has to be one.
const (
	Service = "cognate"
	Region  = "us-east-1"
)

// identify puts a name and the password of a file on a request; without a name, it signs with the access key of the
// environment, if there is one. A development server asks for neither.
func identify(req *http.Request, body []byte, username, passwordFile string) error {
	if username == "" {
		keys := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY")}
		if !keys.HasKeys() {
			return nil
		}
		sum := sha256.Sum256(body)
		return v4.NewSigner().SignHTTP(req.Context(), keys, req, hex.EncodeToString(sum[:]), Service, Region, time.Now())
	}
	password, err := os.ReadFile(passwordFile)
	if err != nil {
		return fmt.Errorf("read the password: %w", err)
	}
	req.SetBasicAuth(username, strings.TrimSpace(string(password)))
	return nil
}
