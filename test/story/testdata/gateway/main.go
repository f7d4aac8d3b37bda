// Command gateway is functions as they run on AWS: an authorizer of a REST API when it is asked about a token, and else a backend.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(_ context.Context, raw json.RawMessage) (any, error) {
	var asked events.APIGatewayCustomAuthorizerRequest
	if err := json.Unmarshal(raw, &asked); err != nil {
		return nil, err
	}
	if asked.Type == "TOKEN" {
		return authorize(asked)
	}
	var e events.APIGatewayProxyRequest
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: fmt.Sprintf("%s may %s %s", e.RequestContext.Authorizer["principalId"], e.HTTPMethod, e.PathParameters["id"])}, nil
}

func authorize(asked events.APIGatewayCustomAuthorizerRequest) (any, error) {
	effect := "Deny"
	switch asked.AuthorizationToken {
	case "allow":
		effect = "Allow"
	case "unauthorized":
		return nil, errors.New("Unauthorized") //nolint:staticcheck // the word is API Gateway's
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: "gopher",
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{
			{Action: []string{"execute-api:Invoke"}, Effect: effect, Resource: []string{asked.MethodArn}},
		}},
	}, nil
}
