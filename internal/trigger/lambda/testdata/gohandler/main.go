// Command gohandler is an ordinary AWS Lambda function for pre-token-generation.
package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event = events.CognitoEventUserPoolsPreTokenGenV2_0

var calls int

func handle(ctx context.Context, e event) (any, error) {
	switch e.Request.ClientMetadata["do"] {
	case "untouched":
	case "throws":
		return e, errors.New("names have more letters")
	case "null":
		return nil, nil
	case "shape":
		return map[string]any{"version": "2", "response": map[string]any{"claims": 1}}, nil
	case "big":
		e.UserName = strings.Repeat("x", 6291556)
	case "panics":
		panic("it went wrong")
	case "crash":
		os.Exit(3)
	case "abort":
		_ = syscall.Kill(os.Getpid(), syscall.SIGABRT)
		time.Sleep(time.Minute)
	case "hang":
		for {
		}
	case "fork":
		for i := range 3 {
			c := exec.Command("sleep", "1000")
			c.Stdout = os.Stdout
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: i > 0}
			if err := c.Start(); err != nil {
				return nil, err
			}
		}
		time.Sleep(time.Minute)
	case "forkAndAnswer":
		c := exec.Command("sleep", "1000")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return e, c.Start()
	case "memory":
		var all [][]byte
		for {
			b := make([]byte, 32<<20)
			for i := range b {
				b[i] = 1
			}
			all = append(all, b)
		}
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{"seen": map[string]any{
			"id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "name": lambdacontext.FunctionName, "left": time.Until(deadline).Milliseconds(),
		}}, nil
	case "claims":
		calls++
		e.Response.ClaimsAndScopeOverrideDetails.AccessTokenGeneration.ClaimsToAddOrOverride = map[string]any{"calls": calls, "pid": os.Getpid()}
	}
	return e, nil
}

func main() { lambda.Start(handle) }
