package command

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cognate.dev/cognate/internal/front/aws/cognitoidp/shape"
	"cognate.dev/cognate/internal/kit/awscall"
	"cognate.dev/cognate/internal/transfer/clone"
)

// CloneOptions say what ClonePool copies.
type CloneOptions struct {
	From     string // ENDPOINT/REGION/POOL; the endpoint aws is Amazon Cognito
	To       string // id of the pool to make; empty: that of the source
	Users    bool
	Triggers bool
	Out, Err io.Writer
}

var fromForm = regexp.MustCompile(`^(.+)/([a-z0-9-]+)/([\w-]+_[0-9A-Za-z]+)$`)

// ClonePool copies a user pool from another Cognito into this installation, or goes on where an earlier run ended.
// Credentials are what AWS SDKs find.
func ClonePool(ctx context.Context, i Installation, o CloneOptions) error {
	m := fromForm.FindStringSubmatch(o.From)
	if m == nil {
		return fmt.Errorf("%q is not ENDPOINT/REGION/POOL, such as aws/us-east-1/us-east-1_Example01", o.From)
	}
	endpoint, region, pool := m[1], m[2], m[3]
	if endpoint == "aws" {
		endpoint = "https://cognito-idp." + region + ".amazonaws.com"
	} else if err := awscall.CheckEndpoint(endpoint, false); err != nil {
		return err
	}
	if o.To == "" {
		o.To = pool
	}
	keys, err := awscall.Keys(ctx, "", "", "")
	if err != nil {
		return err
	}
	calls := awscall.New(awscall.Service{Endpoint: endpoint, Region: region, Name: "cognito-idp", Target: "AWSCognitoIdentityProviderService"}, keys)
	defer calls.Close()
	record := Record("ClonePool")
	record.Pool, record.Resource = o.To, "from/"+hostOf(endpoint)+"/"+pool
	return i.Offline(ctx, record, func(r Rooms) error {
		told, err := newProblems("", o.Err)
		if err != nil {
			return err
		}
		shown := newBar(o.Err, "users")
		c := &clone.Cloner{
			Source: clone.Source{Pool: pool, Call: calls.Signed}, Name: "clone:" + hostOf(endpoint) + "/" + region + "/" + pool,
			Reader: shape.Reader{Triggers: o.Triggers}, Directory: r.Directory, Door: r.Door, Store: r.Store, WithUsers: o.Users,
			Tell:     func(who, why string) { told.say("user "+who, why) },
			Progress: func(p clone.Progress) { shown.show(0, 0, p.Users+p.Skipped) },
			Pause:    pause,
		}
		p, err := c.Run(ctx, o.To)
		shown.end(0, 0, p.Users+p.Skipped)
		if err != nil {
			return fmt.Errorf("the same command goes on from here: %w", err)
		}
		report(o.Out, o.To, p)
		return nil
	})
}

// report says what was copied and, as loudly, what was not.
func report(out io.Writer, to string, p clone.Progress) {
	fmt.Fprintf(out, "copied the pool into %s: %d users, %d memberships\n", to, p.Users, p.Members)
	if p.Failed > 0 {
		fmt.Fprintf(out, "%d users could not be copied; see above\n", p.Failed)
	}
	if p.Reset > 0 {
		fmt.Fprintf(out, "%d users must choose a new password: no Cognito shows passwords\n", p.Reset)
	}
	fmt.Fprintln(out, "not copied: passwords, authenticator apps, passkeys, devices, sessions; identity providers and links to them, domains, branding, terms, risk settings, logs")
	for _, what := range p.Left {
		fmt.Fprintln(out, "not copied:", what)
	}
}

func hostOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	return strings.ToLower(u.Host)
}

// pause waits between tries.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
