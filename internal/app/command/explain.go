package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/explain"
)

// ExplainOptions say what to explain and whom to ask.
type ExplainOptions struct {
	Request                        string // file of a CheckResources request, YAML or JSON; - is the standard input
	Policies                       string // folder or archive; empty: ask the server
	Server, Username, PasswordFile string
	Steps, JSON                    bool
}

// ExplainDecision prints why a decision comes out as it does.
func ExplainDecision(ctx context.Context, o ExplainOptions, out io.Writer) error {
	req, err := readRequest(o.Request)
	if err != nil {
		return err
	}
	var e explain.Explanation
	if o.Policies != "" {
		e, err = explainHere(ctx, o.Policies, req)
	} else {
		e, err = explainThere(ctx, o, req)
	}
	if err != nil {
		return err
	}
	if o.JSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(e)
	}
	return e.Write(out, o.Steps)
}

func readRequest(file string) (*requestv1.CheckResourcesRequest, error) {
	raw, err := os.ReadFile(file)
	if file == "-" {
		raw, err = io.ReadAll(os.Stdin)
	}
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	var any any
	if err := yaml.Unmarshal(raw, &any); err != nil { // JSON is YAML
		return nil, fmt.Errorf("read the request: %w", err)
	}
	if raw, err = json.Marshal(any); err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	req := &requestv1.CheckResourcesRequest{}
	if err := protojson.Unmarshal(raw, req); err != nil {
		return nil, fmt.Errorf("this is no CheckResources request: %w", err)
	}
	return req, nil
}

// explainHere decides with the request alone.
func explainHere(ctx context.Context, policies string, req *requestv1.CheckResourcesRequest) (e explain.Explanation, err error) {
	if err := protovalidate.Validate(req); err != nil {
		return e, err
	}
	if req.GetAuxData() != nil {
		return e, errors.New("tokens in auxData are verified by a server only: ask one with --server")
	}
	files, err := policy.OpenPath(policies)
	if err != nil {
		return e, err
	}
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		return e, err
	}
	inputs := make([]*enginev1.CheckInput, len(req.GetResources()))
	for i, r := range req.GetResources() {
		inputs[i] = &enginev1.CheckInput{RequestId: req.GetRequestId(), Principal: req.GetPrincipal(), Resource: r.GetResource(), Actions: r.GetActions()}
	}
	traced, err := engine.Trace(ctx, files, inputs)
	if err != nil {
		return e, err
	}
	return explain.New(inputs, traced, explain.Origins{}), nil
}

// explainThere asks a server, which knows the people.
func explainThere(ctx context.Context, o ExplainOptions, req *requestv1.CheckResourcesRequest) (e explain.Explanation, err error) {
	body, err := protojson.Marshal(req)
	if err != nil {
		return e, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(o.Server, "/")+pdp.ExplainPath, bytes.NewReader(body))
	if err != nil {
		return e, err
	}
	ask.Header.Set("Content-Type", "application/json")
	if err := identify(ask, body, o.Username, o.PasswordFile); err != nil {
		return e, err
	}
	res, err := http.DefaultClient.Do(ask)
	if err != nil {
		return e, fmt.Errorf("ask the server: %w", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return e, fmt.Errorf("ask the server: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return e, fmt.Errorf("the server answers %s: %s", res.Status, bytes.TrimSpace(raw))
	}
	return e, json.Unmarshal(raw, &e)
}
