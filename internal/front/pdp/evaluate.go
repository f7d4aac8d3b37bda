package pdp

import (
	"encoding/json"
	"maps"
	"strings"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

// decision answers one question (section 6.2).
type decision struct {
	Decision bool           `json:"decision"`
	Context  map[string]any `json:"context,omitempty"`
}

// accessEvaluation answers one question.
func (c *call) accessEvaluation() error {
	var x evaluation
	if err := c.question(&x); err != nil {
		return err
	}
	d, err := c.evaluate(x)
	if err != nil {
		return err
	}
	return c.told(d)
}

func (a *ask) evaluate(x evaluation) (decision, error) {
	a.event.Resources++
	if err := x.check(); err != nil {
		return decision{}, err
	}
	carried, err := tokensIn(x.Context)
	if err != nil {
		return decision{}, err
	}
	who, err := a.subject(x.Subject, carried)
	if err != nil {
		return decision{}, err
	}
	aux, err := a.tokens(carried)
	if err != nil {
		return decision{}, err
	}
	in, err := a.input(x, who, aux, x.Action.Name)
	if err != nil {
		return decision{}, err
	}
	if who == nil {
		a.event.Denied++
		return decision{}, nil
	}
	outputs, err := a.decide([]*enginev1.CheckInput{in})
	if err != nil {
		return decision{}, err
	}
	if a.event.CallID == "" {
		a.event.CallID = callID(a.began)
	}
	return a.inWords(x, in, outputs[0])
}

// inWords puts an effect into AuthZEN's words, and Cerbos' whole answer beside it when the context asks for it.
func (a *ask) inWords(x evaluation, in *enginev1.CheckInput, out *enginev1.CheckOutput) (decision, error) {
	d := decision{Decision: allowed(out, x.Action.Name)}
	if wanted, _ := x.Context[cerbosName+"includeMeta"].(bool); wanted {
		raw, err := protojson.Marshal(&responsev1.CheckResourcesResponse{
			RequestId: in.GetRequestId(), CerbosCallId: a.event.CallID,
			Results: results([]*enginev1.CheckInput{in}, []*enginev1.CheckOutput{out}, true),
		})
		if err != nil {
			return d, refuse(internal, "Internal error").because(err)
		}
		d.Context = map[string]any{cerbosName + "response": json.RawMessage(raw)}
	}
	return d, nil
}

func allowed(out *enginev1.CheckOutput, action string) bool {
	return out.GetActions()[action].GetEffect() == effectv1.Effect_EFFECT_ALLOW
}

// subject makes a principal of a subject. One of the users' type is looked up, so that its id is enough; when nobody
// has the id and the request brings no roles, it is nil: such a subject may do nothing. A subject of another type is
// no user, whatever its id, and has its type for a role, as with Cerbos.
func (a *ask) subject(e *entity, carried *requestv1.AuxData) (*enginev1.Principal, error) {
	attr, err := values(e.Properties)
	if err != nil {
		return nil, err
	}
	p := &enginev1.Principal{
		Id: e.ID, Attr: attr, PolicyVersion: text(e.Properties, "policyVersion"), Scope: text(e.Properties, "scope"),
	}
	for _, v := range attr[cerbosName+"roles"].GetListValue().GetValues() {
		if role := v.GetStringValue(); role != "" {
			p.Roles = append(p.Roles, role)
		}
	}
	enricher := a.server.parts.Enricher
	if isUser := e.Type == a.server.cfg.AuthZEN.SubjectType; isUser && enricher != nil {
		if err := a.enrich(p, carried); err != nil {
			return nil, err
		}
		if a.event.Trace.Denied() || len(p.GetRoles()) == 0 {
			return nil, nil
		}
		return p, nil
	}
	a.event.Principal, a.event.Trace, a.enriched = e.ID, nil, a.server.parts.Now()
	if enricher != nil {
		enricher.Strip(p)
	}
	if len(p.GetRoles()) == 0 {
		p.Roles = []string{e.Type}
	}
	return p, nil
}

// input is what the policies are asked. AuthZEN knows properties of actions and a context, Cerbos does not: policies
// find them as R.attr.authzen.action and R.attr.authzen.context, when the request has some. A nil principal is checked
// for the rest of the request only.
func (a *ask) input(x evaluation, who *enginev1.Principal, aux *enginev1.AuxData, actions ...string) (*enginev1.CheckInput, error) {
	attr, err := values(x.Resource.Properties)
	if err != nil {
		return nil, err
	}
	if extra, err := x.extra(); err != nil {
		return nil, err
	} else if extra != nil {
		if attr == nil {
			attr = map[string]*structpb.Value{}
		}
		attr["authzen"] = extra
	}
	in := &enginev1.CheckInput{
		RequestId: a.event.RequestID, Actions: actions, Principal: who, AuxData: aux,
		Resource: &enginev1.Resource{
			Kind: x.Resource.Type, Id: x.Resource.ID, Attr: attr,
			PolicyVersion: text(x.Resource.Properties, "policyVersion"), Scope: text(x.Resource.Properties, "scope"),
		},
	}
	if id := text(x.Context, "requestId"); id != "" {
		in.RequestId = id
	}
	if who == nil {
		who = &enginev1.Principal{Id: x.Subject.ID, Roles: []string{"nobody"}}
	}
	// The engine wants what Cerbos' own requests must be.
	return in, validate(&requestv1.CheckResourcesRequest{Principal: who,
		Resources: []*requestv1.CheckResourcesRequest_ResourceEntry{{Actions: actions, Resource: in.Resource}}})
}

// extra is what Cerbos has no place for; nil when there is nothing.
func (x evaluation) extra() (*structpb.Value, error) {
	m := map[string]any{}
	if x.Action != nil && len(x.Action.Properties) > 0 {
		m["action"] = x.Action.Properties
	}
	rest := maps.Clone(x.Context)
	maps.DeleteFunc(rest, func(name string, _ any) bool { return strings.HasPrefix(name, cerbosName) })
	if len(rest) > 0 {
		m["context"] = rest
	}
	if len(m) == 0 {
		return nil, nil
	}
	fields, err := values(m)
	return structpb.NewStructValue(&structpb.Struct{Fields: fields}), err
}

// tokensIn finds the tokens that ride in the context, in the form of Cerbos' own requests.
func tokensIn(context map[string]any) (*requestv1.AuxData, error) {
	carried, ok := context[cerbosName+"auxData"]
	if !ok {
		return nil, nil
	}
	raw, err := json.Marshal(carried)
	if err != nil {
		return nil, refuse(invalidArgument, "invalid auxData").because(err)
	}
	aux := &requestv1.AuxData{}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(raw, aux); err != nil {
		return nil, refuse(invalidArgument, "invalid auxData").because(err)
	}
	return aux, nil
}
