package spec

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/kit/outbound"
)

// MaxTTL is the longest that a result may be kept.
const MaxTTL = time.Hour

const (
	usualTTL  = 5 * time.Minute
	usualBody = 10 << 20
	maxSource = 10
)

var (
	idForm     = regexp.MustCompile(`^[0-9A-Za-z]{1,40}$`)
	stageForm  = regexp.MustCompile(`^([0-9A-Za-z_-]{1,128}|\$default)$`)
	nameForm   = regexp.MustCompile(`^[0-9A-Za-z_ .-]{1,128}$`)
	baseForm   = regexp.MustCompile(`^(/[0-9A-Za-z_.~-]+)*$`)
	sourceForm = regexp.MustCompile(`^(\$request\.(header|querystring)|\$context|\$stageVariables)\.[0-9A-Za-z_.-]+$`)
	poolForm   = regexp.MustCompile(`^[\w-]+_[0-9A-Za-z]+$`)
	methodForm = regexp.MustCompile(`^[A-Z]+$`)
)

// Fill puts defaults in, and refuses what cannot be obeyed. The errors name what they are about.
func (f *File) Fill() error {
	seen := map[string]bool{}
	var errs []error
	for i := range f.APIs {
		a := &f.APIs[i]
		if err := a.fill(); err != nil {
			errs = append(errs, fmt.Errorf("API %s: %w", a.ID, err))
		}
		if seen[a.ID] {
			errs = append(errs, fmt.Errorf("there are two APIs %s", a.ID))
		}
		seen[a.ID] = true
	}
	return errors.Join(errs...)
}

func (a *API) fill() error {
	switch {
	case !idForm.MatchString(a.ID):
		return fmt.Errorf("the id %q is no text of letters and digits", a.ID)
	case a.Kind != REST && a.Kind != HTTP:
		return fmt.Errorf("type: %q is neither rest nor http", a.Kind)
	case !baseForm.MatchString(a.Base):
		return fmt.Errorf("base: %q is no start of a path, such as /shop", a.Base)
	case a.MaxBody < 0:
		return errors.New("max_body must not be negative")
	}
	if a.Stage == "" {
		a.Stage = map[Kind]string{REST: "prod", HTTP: Default}[a.Kind]
	}
	if a.MaxBody == 0 {
		a.MaxBody = usualBody
	}
	if !stageForm.MatchString(a.Stage) || a.StageInPath && a.Stage == Default {
		return fmt.Errorf("stage: %q cannot be one here", a.Stage)
	}
	for i, h := range a.Hosts {
		a.Hosts[i] = strings.ToLower(h)
	}
	if err := a.fillParts(); err != nil {
		return err
	}
	return a.only()
}

// only refuses what the kind of API does not have.
func (a *API) only() error {
	if a.Kind == HTTP {
		for name, there := range map[string]bool{
			"policy": a.Policy != "", "responses": len(a.Responses) > 0, "key_source": a.KeySource != "", "keys": len(a.Keys) > 0,
			"plans": len(a.Plans) > 0, "binary_types": len(a.BinaryTypes) > 0,
		} {
			if there {
				return fmt.Errorf("%s: APIs of type http have none", name)
			}
		}
		return a.CORS.check()
	}
	if a.CORS != nil {
		return errors.New("cors: APIs of type rest have none; give a route for OPTIONS, and headers of responses")
	}
	if a.Policy != "" {
		if _, err := iampolicy.Parse([]byte(a.Policy)); err != nil {
			return fmt.Errorf("policy: %w", err)
		}
	}
	if a.KeySource != "" && a.KeySource != "HEADER" && a.KeySource != "AUTHORIZER" {
		return fmt.Errorf("key_source: %q is neither HEADER nor AUTHORIZER", a.KeySource)
	}
	return errors.Join(a.checkResponses(), a.checkKeys())
}

func (c *CORS) check() error {
	switch {
	case c == nil:
		return nil
	case c.Credentials && slices.Contains(c.Origins, "*"):
		return errors.New("cors: credentials and the origin * exclude each other: every site could act for whoever visits it")
	case c.MaxAge < 0:
		return errors.New("cors: max_age must not be negative")
	}
	return nil
}

func (a *API) fillParts() error {
	names := map[string]bool{}
	for i := range a.Authorizers {
		z := &a.Authorizers[i]
		if err := z.fill(a.Kind); err != nil {
			return fmt.Errorf("authorizer %s: %w", z.Name, err)
		}
		if names[z.Name] {
			return fmt.Errorf("there are two authorizers %s", z.Name)
		}
		names[z.Name] = true
	}
	if a.Authorizer != "" && a.Authorizer != None && !names[a.Authorizer] {
		return fmt.Errorf("authorizer: there is no %q", a.Authorizer)
	}
	keys := map[string]bool{}
	for i := range a.Routes {
		r := &a.Routes[i]
		if err := r.fill(a, names); err != nil {
			return fmt.Errorf("route %s: %w", r.Key(), err)
		}
		if keys[r.Key()] {
			return fmt.Errorf("there are two routes %s", r.Key())
		}
		keys[r.Key()] = true
	}
	return nil
}

// Key is the name of a route: GET /orders/{id}.
func (r *Route) Key() string {
	if r.Path == Default {
		return Default
	}
	return r.Method + " " + r.Path
}

func (r *Route) fill(a *API, authorizers map[string]bool) error {
	r.Method = strings.ToUpper(r.Method)
	if r.Method == "" {
		r.Method = Any
	}
	if r.Authorizer == "" {
		r.Authorizer = a.Authorizer
	}
	if r.Authorizer == "" {
		r.Authorizer = None
	}
	switch {
	case !methodForm.MatchString(r.Method):
		return fmt.Errorf("method: %q is none", r.Method)
	case r.Path == Default && (a.Kind != HTTP || r.Method != Any):
		return errors.New("path: $default is for APIs of type http, and for every method")
	case r.Authorizer != None && !authorizers[r.Authorizer]:
		return fmt.Errorf("authorizer: there is no %q", r.Authorizer)
	case len(r.Scopes) > 0 && r.Authorizer == None:
		return errors.New("scopes: without an authorizer nobody looks at them")
	case r.APIKey && a.Kind != REST:
		return errors.New("api_key: APIs of type http have none")
	}
	if i := slices.IndexFunc(a.Authorizers, func(z Authorizer) bool { return z.Name == r.Authorizer }); len(r.Scopes) > 0 && a.Authorizers[i].Kind != Cognito && a.Authorizers[i].Kind != JWT {
		return errors.New("scopes: its authorizer knows none")
	}
	if r.Decide.Kind == "" && (r.Decide.ID != "" || r.Decide.Action != "") {
		return errors.New("decide: kind is missing")
	}
	if err := r.To.fill(a.Kind); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	return nil
}

func (b *Backend) fill(kind Kind) error {
	ways := 0
	for _, there := range []bool{b.URL != "", b.Function != "", b.Status != 0} {
		if there {
			ways++
		}
	}
	if b.Timeout == 0 {
		b.Timeout = map[Kind]time.Duration{REST: 29 * time.Second, HTTP: 30 * time.Second}[kind]
	}
	b.Method = strings.ToUpper(b.Method)
	switch {
	case ways > 1:
		return errors.New("give one of url, function and status")
	case b.Timeout < 0:
		return errors.New("timeout must not be negative")
	case b.URL == "" && (b.Method != "" || len(b.Parameters) > 0 || b.Plain):
		return errors.New("method, parameters and plain go with url")
	case b.Function == "" && b.Payload != "":
		return errors.New("payload goes with function")
	case b.Status == 0 && (b.Body != "" || len(b.Headers) > 0):
		return errors.New("body and headers go with status")
	case b.Status != 0 && (b.Status < 200 || b.Status > 599):
		return fmt.Errorf("status: %d is none", b.Status)
	case b.Method != "" && !methodForm.MatchString(b.Method):
		return fmt.Errorf("method: %q is none", b.Method)
	}
	if b.Function != "" {
		if b.Payload == "" {
			b.Payload = map[Kind]string{REST: Payload1, HTTP: Payload2}[kind]
		}
		if b.Payload != Payload1 && (b.Payload != Payload2 || kind != HTTP) {
			return fmt.Errorf("payload: %q is none here", b.Payload)
		}
	}
	if b.URL != "" {
		if err := outbound.Check(b.URL, b.Plain); err != nil {
			return fmt.Errorf("url: %w", err)
		}
	}
	return b.checkParameters()
}

// ResponseTypes are the gateway responses and their statuses.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func ResponseTypes() map[string]int {
	return map[string]int{
		"ACCESS_DENIED": http.StatusForbidden, "API_CONFIGURATION_ERROR": 500, "AUTHORIZER_CONFIGURATION_ERROR": 500, "AUTHORIZER_FAILURE": 500,
		"BAD_REQUEST_BODY": 400, "BAD_REQUEST_PARAMETERS": 400, "DEFAULT_4XX": 0, "DEFAULT_5XX": 0, "EXPIRED_TOKEN": 403,
		"INTEGRATION_FAILURE": 504, "INTEGRATION_TIMEOUT": 504, "INVALID_API_KEY": 403, "INVALID_SIGNATURE": 403,
		"MISSING_AUTHENTICATION_TOKEN": 403, "QUOTA_EXCEEDED": 429, "REQUEST_TOO_LARGE": 413, "RESOURCE_NOT_FOUND": 404,
		"THROTTLED": 429, "UNAUTHORIZED": 401, "UNSUPPORTED_MEDIA_TYPE": 415, "WAF_FILTERED": 403,
	}
}

func (a *API) checkResponses() error {
	for name, r := range a.Responses {
		if _, ok := ResponseTypes()[name]; !ok {
			return fmt.Errorf("responses: there is no type %q", name)
		}
		if r.Status != 0 && (r.Status < 200 || r.Status > 599) {
			return fmt.Errorf("responses: %s: %d is no status", name, r.Status)
		}
		for header := range r.Headers {
			if !nameForm.MatchString(header) || strings.Contains(header, " ") {
				return fmt.Errorf("responses: %s: %q is no header", name, header)
			}
		}
	}
	return nil
}

func (a *API) checkKeys() error {
	planned, keys := map[string]bool{}, map[string]bool{}
	for _, k := range a.Keys {
		if k.ID == "" || keys[k.ID] {
			return fmt.Errorf("keys: %q is no id, or there twice", k.ID)
		}
		keys[k.ID] = true
	}
	for _, p := range a.Plans {
		switch {
		case p.Rate < 0 || p.Burst < 0 || p.Quota < 0:
			return fmt.Errorf("plan %s: limits must not be negative", p.Name)
		case (p.Rate > 0) != (p.Burst > 0):
			return fmt.Errorf("plan %s: rate and burst go together", p.Name)
		case (p.Quota > 0) != (p.Period != "") || p.Period != "" && !slices.Contains([]string{"DAY", "WEEK", "MONTH"}, p.Period):
			return fmt.Errorf("plan %s: quota goes with a period, which is DAY, WEEK or MONTH", p.Name)
		}
		for _, k := range p.Keys {
			if !keys[k] || planned[k] {
				return fmt.Errorf("plan %s: there is no key %q, or it is in two plans", p.Name, k)
			}
			planned[k] = true
		}
	}
	return nil
}
