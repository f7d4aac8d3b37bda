package pdp

import (
	"context"
	"encoding/json"

	authorizationv1 "github.com/cerbos/cerbos/api/genpb/authzen/authorization/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// authzenRPC is AuthZEN over gRPC, as Cerbos has it: evaluations and metadata, no searches. The messages are those of
// the JSON API with other wrapping, so they become it, and its answers become theirs.
type authzenRPC struct {
	authorizationv1.UnimplementedAuthorizationServiceServer
	service *service
}

// AccessEvaluation is authorizationv1.AuthorizationServiceServer's, as the methods below.
func (z *authzenRPC) AccessEvaluation(ctx context.Context, req *authorizationv1.AccessEvaluationRequest) (*authorizationv1.AccessEvaluationResponse, error) {
	return rpc(ctx, z.service, "AccessEvaluation", req, func(a *ask, req *authorizationv1.AccessEvaluationRequest) (*authorizationv1.AccessEvaluationResponse, error) {
		var x evaluation
		if err := translated(req, &x); err != nil {
			return nil, err
		}
		d, err := a.evaluate(x)
		if err != nil {
			return nil, err
		}
		res := &authorizationv1.AccessEvaluationResponse{}
		return res, worded(d, res)
	})
}

func (z *authzenRPC) AccessEvaluationBatch(ctx context.Context, req *authorizationv1.AccessEvaluationBatchRequest) (*authorizationv1.AccessEvaluationBatchResponse, error) {
	return rpc(ctx, z.service, "AccessEvaluations", req, func(a *ask, req *authorizationv1.AccessEvaluationBatchRequest) (*authorizationv1.AccessEvaluationBatchResponse, error) {
		var all evaluations
		if err := translated(req, &all); err != nil {
			return nil, err
		}
		if len(all.Evaluations) == 0 {
			all.Evaluations = []evaluation{{}} // the defaults are the question
		}
		answers, err := a.evaluateAll(all)
		if err != nil {
			return nil, err
		}
		res := &authorizationv1.AccessEvaluationBatchResponse{}
		return res, worded(map[string]any{"evaluations": answers}, res)
	})
}

func (z *authzenRPC) Metadata(ctx context.Context, req *authorizationv1.MetadataRequest) (*authorizationv1.MetadataResponse, error) {
	return rpc(ctx, z.service, "AuthZENMetadata", req, func(a *ask, _ *authorizationv1.MetadataRequest) (*authorizationv1.MetadataResponse, error) {
		m := a.server.endpoints(a.server.cfg.AuthZEN.PublicURL)
		return &authorizationv1.MetadataResponse{
			PolicyDecisionPoint:       m["policy_decision_point"],
			AccessEvaluationEndpoint:  m["access_evaluation_endpoint"],
			AccessEvaluationsEndpoint: m["access_evaluations_endpoint"],
		}, nil
	})
}

// translated makes the JSON API's question of a message.
func translated(m proto.Message, to any) error {
	raw, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err == nil {
		err = json.Unmarshal(raw, to)
	}
	if err != nil {
		return refuse(invalidArgument, "The message must hold text in UTF-8.").because(err)
	}
	return nil
}

// worded makes a message of the JSON API's answer.
func worded(answer any, to proto.Message) error {
	raw, err := json.Marshal(answer)
	if err == nil {
		err = protojson.Unmarshal(raw, to)
	}
	if err != nil {
		return refuse(internal, "Internal error").because(err)
	}
	return nil
}

var _ authorizationv1.AuthorizationServiceServer = (*authzenRPC)(nil)
