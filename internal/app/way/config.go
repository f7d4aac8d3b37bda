package way

import (
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/trigger/cognito"
	"cognate.dev/cognate/internal/trigger/invoke"
	"cognate.dev/cognate/internal/trigger/lambda"
	"cognate.dev/cognate/internal/trigger/script"
	"cognate.dev/cognate/internal/trigger/webhook"
)

// Config leads the functions of some ARNs to where they run. It says one of the ways.
type Config struct {
	ARN     string         `yaml:"arn" doc:"ARN in LambdaConfig; * is any text. The first entry that matches counts"`
	Timeout time.Duration  `yaml:"timeout" doc:"how long the function may take; 0 means 5s, as at AWS, and for the gateway what API Gateway allows: 10s for an authorizer, the timeout of a backend"`
	Lambda  lambda.Config  `yaml:"lambda"`
	Invoke  invoke.Config  `yaml:"invoke"`
	Webhook webhook.Config `yaml:"webhook"`
	Script  script.Config  `yaml:"script"`
	Cognito cognito.Config `yaml:"cognito"`
}

// Check refuses an entry that leads nowhere, or to several places.
func (c Config) Check() error {
	ways := 0
	var err error
	for _, way := range []struct {
		there bool
		check func() error
	}{
		{c.Lambda.Configured(), c.Lambda.Check}, {c.Invoke.Configured(), c.Invoke.Check},
		{c.Webhook.Configured(), c.Webhook.Check}, {c.Script.Configured(), c.Script.Check},
		{c.Cognito.Configured(), c.Cognito.Check},
	} {
		if way.there {
			ways++
			err = errors.Join(err, way.check())
		}
	}
	switch {
	case c.ARN == "":
		err = errors.Join(err, errors.New("arn is missing"))
	case ways != 1:
		err = errors.Join(err, errors.New("give one of lambda, invoke, webhook, script and cognito"))
	case c.Timeout < 0:
		err = errors.Join(err, errors.New("timeout must not be negative"))
	}
	if err != nil {
		return fmt.Errorf("triggers: %s: %w", c.ARN, err)
	}
	return nil
}
