package pdp

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"
)

// AuthZEN is the second dialect of this port: the OpenID Authorization API 1.0.
// https://openid.net/specs/authorization-api-1_0.html
type AuthZEN struct {
	PublicURL   string `yaml:"public_url" doc:"URL of the decision point in AuthZEN's metadata; empty: as the request names it"`
	SubjectType string `yaml:"subject_type" doc:"type of the subjects who are users of this server; subjects of other types are not looked up. Empty means user"`
	SearchIDs   string `yaml:"search_ids" doc:"what a subject search answers with: sub or username; empty means sub. Usernames are for a server with one pool"`
	OpenSearch  bool   `yaml:"open_search" doc:"whoever reaches the port may search for subjects, and so list users. Otherwise such a search takes what an operator shows: the password of the Admin API, or a signature with an access key"`
}

// The paths of AuthZEN.
const (
	metadataPath       = "/.well-known/authzen-configuration"
	evaluationPath     = "/access/v1/evaluation"
	evaluationsPath    = "/access/v1/evaluations"
	searchSubjectPath  = "/access/v1/search/subject"
	searchResourcePath = "/access/v1/search/resource"
	searchActionPath   = "/access/v1/search/action"
)

// entity is a subject, an action (which has a name) or a resource (section 5). Unknown members are ignored.
type entity struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties"`
}

// evaluation is one question (section 6.1).
type evaluation struct {
	Subject  *entity        `json:"subject"`
	Action   *entity        `json:"action"`
	Resource *entity        `json:"resource"`
	Context  map[string]any `json:"context"`
}

// page asks for a part of a search's results (section 8.2.1).
type page struct {
	Token string `json:"token"`
	Limit *int   `json:"limit"`
}

// authzen answers a path of AuthZEN and reports whether it was one.
func (c *call) authzen() bool {
	for _, e := range []struct {
		path, name, method string
		handle             func() error
	}{
		{evaluationPath, "AccessEvaluation", http.MethodPost, c.accessEvaluation},
		{evaluationsPath, "AccessEvaluations", http.MethodPost, c.accessEvaluations},
		{searchSubjectPath, "SearchSubject", http.MethodPost, c.searchSubject},
		{searchResourcePath, "SearchResource", http.MethodPost, c.searchResource},
		{searchActionPath, "SearchAction", http.MethodPost, c.searchAction},
		{metadataPath, "AuthZENMetadata", http.MethodGet, c.metadata},
	} {
		if e.path != c.r.URL.Path {
			continue
		}
		c.plainErrors = true
		if id := c.r.Header.Get("X-Request-ID"); id != "" { // section 10.1.3
			c.w.Header().Set("X-Request-ID", id)
			c.event.RequestID = id
		}
		c.serve(e.name, e.method, e.handle)
		return true
	}
	return false
}

// question reads the body of a request into v.
func (c *call) question(v any) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return refuse(invalidArgument, "The content type must be application/json.")
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return refuse(invalidArgument, fmt.Sprintf("%s must not be of type %s.", kind.Field, kind.Value)).because(err)
		}
		return refuse(invalidArgument, "The body is not valid JSON.").because(err)
	}
	return nil
}

// told writes an answer.
func (c *call) told(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return refuse(internal, "Internal error").because(err)
	}
	return c.write(http.StatusOK, body)
}

// check refuses an entity that lacks what it must have. Needed are the names of the members, type and id or name.
func (e *entity) check(what string, needed ...string) error {
	if e == nil {
		return refuse(invalidArgument, what+" is missing.")
	}
	for _, member := range needed {
		if (member == "type" && e.Type == "") || (member == "id" && e.ID == "") || (member == "name" && e.Name == "") {
			return refuse(invalidArgument, what+"."+member+" is missing.")
		}
	}
	return nil
}

func (x evaluation) check() error {
	return errors.Join(x.Subject.check("subject", "type", "id"), x.Action.check("action", "name"), x.Resource.check("resource", "type", "id"))
}

// cerbosName is how members of Cerbos' own travel in properties and in the context.
const cerbosName = "cerbos."

func text(m map[string]any, name string) string {
	s, _ := m[cerbosName+name].(string)
	return s
}

// values turns members into what policies see.
func values(m map[string]any) (map[string]*structpb.Value, error) {
	s, err := structpb.NewStruct(m)
	if err != nil {
		return nil, refuse(invalidArgument, "properties and context must hold text in UTF-8.").because(err)
	}
	return s.GetFields(), nil
}

// metadata tells clients where everything is (section 9).
func (c *call) metadata() error {
	base := c.server.cfg.AuthZEN.PublicURL
	if base == "" {
		scheme := "http"
		if c.r.TLS != nil || c.r.Header.Get("X-Forwarded-Proto") == "https" {
			scheme = "https"
		}
		base = scheme + "://" + c.r.Host
	}
	return c.told(c.server.endpoints(base))
}

// endpoints is the metadata of a decision point at a URL.
func (s *Server) endpoints(base string) map[string]string {
	base = strings.TrimRight(base, "/")
	m := map[string]string{
		"policy_decision_point":       base,
		"access_evaluation_endpoint":  base + evaluationPath,
		"access_evaluations_endpoint": base + evaluationsPath,
		"search_action_endpoint":      base + searchActionPath,
	}
	if s.parts.People != nil {
		m["search_subject_endpoint"] = base + searchSubjectPath
	}
	// Resources are not ours: a search among those that a request names is served, but not announced.
	return m
}
