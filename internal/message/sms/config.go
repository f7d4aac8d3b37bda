package sms

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"cognate.dev/cognate/internal/kit/outbound"
)

// The gateways that are known.
const (
	Twilio  = "twilio"
	Vonage  = "vonage"
	SNS     = "sns"
	Generic = "http"
)

// Config says which gateway takes text messages. Without one there is none.
type Config struct {
	Gateway    string            `yaml:"gateway" doc:"twilio, vonage, sns (Amazon SNS or what speaks its API), or http (any other, by url, headers and body); empty: text messages are not delivered"`
	From       string            `yaml:"from" doc:"sender: a phone number, or a name where the gateway and the country allow one; twilio also takes a messaging service (MG…)"`
	Account    string            `yaml:"account" doc:"twilio: account SID; vonage: API key; sns: access key id, empty for what AWS SDKs find"`
	Secret     string            `yaml:"secret" given:"start" doc:"its auth token, API secret or secret access key; for http: what {{.Secret}} stands for"`
	SecretFile string            `yaml:"secret_file" doc:"file that holds the secret instead"`
	URL        string            `yaml:"url" doc:"where the gateway is: https, or http to this machine; empty means the gateway's own address. Needed for http"`
	Region     string            `yaml:"region" doc:"sns: region of the signature and the address; empty means us-east-1"`
	Headers    map[string]string `yaml:"headers" doc:"http: headers of the request; values are templates, as body is"`
	Body       string            `yaml:"body" doc:"http: a Go template of the request's body with .To .From .Text .ID .Secret, and json and query to quote them; empty means a JSON object with to, from, text and id"`
	Plain      bool              `yaml:"plain" doc:"allow http to other machines; messages carry codes"`
	Timeout    time.Duration     `yaml:"timeout" doc:"longest time for one message; 0 means 10s"`
}

// Configured reports whether there is a gateway.
func (c Config) Configured() bool { return c.Gateway != "" }

func (c Config) filled() Config {
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.URL == "" {
		c.URL = map[string]string{
			Twilio: "https://api.twilio.com", Vonage: "https://rest.nexmo.com", SNS: "https://sns." + c.Region + ".amazonaws.com",
		}[c.Gateway]
	}
	if c.Gateway == Generic && c.Body == "" {
		c.Body = `{"to":{{json .To}},"from":{{json .From}},"text":{{json .Text}},"id":{{json .ID}}}`
	}
	return c
}

var regionForm = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

// Check refuses a configuration that cannot work or is not safe.
func (c Config) Check() error {
	if !c.Configured() {
		return nil
	}
	c = c.filled()
	if err := c.checkURL(); err != nil {
		return err
	}
	secret := c.Secret != "" || c.SecretFile != ""
	switch {
	case c.Secret != "" && c.SecretFile != "":
		return errors.New("message.sms: secret and secret_file exclude each other")
	case (c.Gateway == Twilio || c.Gateway == Vonage) && (c.Account == "" || !secret || c.From == ""):
		return fmt.Errorf("message.sms: %s needs account, secret and from", c.Gateway)
	case c.Gateway == SNS && (c.Account != "") != secret:
		return errors.New("message.sms: account belongs together with secret or secret_file")
	case !regionForm.MatchString(c.Region):
		return fmt.Errorf("message.sms: region %q is no region such as us-east-1", c.Region)
	case c.Gateway != Generic && (c.Body != "" || len(c.Headers) > 0):
		return errors.New("message.sms: body and headers are for the gateway http")
	case c.Timeout < 0:
		return errors.New("message.sms: timeout must not be negative")
	}
	if c.Gateway == Generic {
		_, err := newTemplates(c)
		return err
	}
	return nil
}

func (c Config) checkURL() error {
	switch c.Gateway {
	case Twilio, Vonage, SNS:
	case Generic:
		if c.URL == "" {
			return errors.New("message.sms: http needs url")
		}
	default:
		return fmt.Errorf("message.sms: gateway %q is none of twilio, vonage, sns and http", c.Gateway)
	}
	if err := outbound.Check(c.URL, c.Plain); err != nil {
		return fmt.Errorf("message.sms: %w", err)
	}
	return nil
}
