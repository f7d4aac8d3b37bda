// Package clone copies a user pool from another Cognito, AWS's or one of ours: settings, app clients, resource servers,
// groups, users and who is in which group. It owns the order of the steps and how far they have come. It leaves the words of
// the wire to whoever reads them for it, and passwords where they are: no Cognito shows them.
package clone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/awscall"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/archive"
)

// Source is a pool elsewhere. Call is (*awscall.Client).Signed, or what stands for it.
type Source struct {
	Pool string
	Call func(ctx context.Context, operation string, in, out any) error
}

// Reader reads what the source shows of a pool. Notes are what cannot be had here.
type Reader interface {
	Pool(raw []byte) (spec directory.PoolSpec, notes []string, err error)
	MFA(raw []byte) (directory.MFASettings, error)
	Client(raw []byte) (spec directory.ClientSpec, notes []string, err error)
}

// Progress is how far a copy has come. It is written together with what it tells of.
type Progress struct {
	Step    step   `json:"step"`
	Token   string `json:"token"` // of the page that comes next
	Group   string `json:"group"` // whose members come next
	Users   int64  `json:"users"` // copied
	Skipped int64  `json:"skipped"`
	Failed  int64  `json:"failed"`
	Reset   int64  `json:"reset"`   // who must choose a new password
	Members int64  `json:"members"` // memberships
	// Left is what could not be copied, but for passwords.
	Left []string `json:"left"`
}

type step int

// The steps, in their order.
const (
	stepPool step = iota
	stepMFA
	stepServers
	stepClients
	stepGroups
	stepUsers
	stepMembers
	stepDone
)

// Cloner copies one pool.
type Cloner struct {
	Source    Source
	Name      string // of the source, for the memory of how far it came
	Reader    Reader
	Directory *directory.Directory
	Door      *transfer.Door
	Store     archive.Store
	WithUsers bool
	Tell      func(who, why string) // who could not be copied
	Progress  func(Progress)
	Pause     func(ctx context.Context, d time.Duration) // between tries
}

// ErrTaken says that the pool exists and is no copy that was begun.
var ErrTaken = errors.New("a pool of this id exists already, and it is no copy that was begun; choose another id")

// Run copies the source into the pool of an id, which it makes, or goes on where an earlier run ended.
func (c *Cloner) Run(ctx context.Context, id string) (at Progress, err error) {
	if _, err := c.Store.Transfer(ctx, id, c.Name, &at); err != nil {
		return at, err
	}
	if at.Step == stepPool {
		if at, err = c.pool(ctx, id); err != nil {
			return at, err
		}
	}
	pool, err := c.Directory.Pools.Get(ctx, id)
	if err != nil {
		return at, err
	}
	for at.Step != stepDone {
		if at, err = c.next(ctx, pool, at); err != nil {
			return at, err
		}
		c.Progress(at)
	}
	return at, nil
}

// next takes one step, or one page of one.
func (c *Cloner) next(ctx context.Context, pool *directory.Pool, at Progress) (Progress, error) {
	switch at.Step {
	case stepMFA:
		return c.mfa(ctx, pool, at)
	case stepServers:
		return c.servers(ctx, pool, at)
	case stepClients:
		return c.clients(ctx, pool, at)
	case stepGroups:
		return c.groups(ctx, pool, at)
	case stepUsers:
		if !c.WithUsers {
			at.Step = stepDone
			return at, nil
		}
		return c.users(ctx, pool, at)
	}
	return c.members(ctx, pool, at)
}

// tries is how often a call is made that may succeed a moment later. AWS allows a few calls a second.
const tries = 9

// call asks the source, and again after a while when it is busy.
func (c *Cloner) call(ctx context.Context, operation string, in map[string]any, out any) error {
	in["UserPoolId"] = c.Source.Pool
	for i := 0; ; i++ {
		err := c.Source.Call(ctx, operation, in, out)
		if err == nil || !awscall.Busy(err) || i == tries-1 || ctx.Err() != nil {
			return err
		}
		c.Pause(ctx, 100*time.Millisecond<<i)
	}
}

// commit does something and writes how far the copy is then, in one transaction.
func (c *Cloner) commit(ctx context.Context, poolID string, do func(ctx context.Context) (Progress, error)) (to Progress, err error) {
	var old Progress
	err = c.Store.UpdateTransfer(ctx, poolID, c.Name, &old, func(ctx context.Context) (any, error) {
		to, err = do(ctx)
		return to, err
	})
	return to, err
}

// pool makes the pool.
func (c *Cloner) pool(ctx context.Context, id string) (at Progress, err error) {
	if _, err := c.Directory.Pools.Get(ctx, id); err == nil {
		return at, ErrTaken
	}
	var got struct{ UserPool json.RawMessage }
	if err := c.call(ctx, "DescribeUserPool", map[string]any{}, &got); err != nil {
		return at, err
	}
	spec, notes, err := c.Reader.Pool(got.UserPool)
	if err != nil {
		return at, fmt.Errorf("the pool's settings: %w", err)
	}
	spec.ID, spec.Region = id, ""
	spec.MFA = directory.MFAConfig{Mode: "OFF"} // which factors there are is known in the next step; nobody is here before
	err = c.Store.InTx(ctx, func(ctx context.Context) error {
		if _, err := c.Directory.Pools.Create(ctx, spec); err != nil {
			return fmt.Errorf("make the pool: %w", err)
		}
		at, err = c.commit(ctx, id, func(context.Context) (Progress, error) { return Progress{Step: stepMFA, Left: notes}, nil })
		return err
	})
	return at, err
}

// mfa sets the factors, which a pool cannot be made with.
func (c *Cloner) mfa(ctx context.Context, pool *directory.Pool, at Progress) (Progress, error) {
	var raw json.RawMessage
	if err := c.call(ctx, "GetUserPoolMfaConfig", map[string]any{}, &raw); err != nil {
		return at, err
	}
	set, err := c.Reader.MFA(raw)
	if err != nil {
		return at, err
	}
	if _, err := c.Directory.Pools.SetMFA(ctx, pool.ID, set); err != nil {
		return at, fmt.Errorf("set the pool's MFA: %w", err)
	}
	return c.commit(ctx, pool.ID, func(context.Context) (Progress, error) { at.Step = stepServers; return at, nil })
}

// servers copies a page of resource servers.
func (c *Cloner) servers(ctx context.Context, pool *directory.Pool, at Progress) (Progress, error) {
	var page struct {
		ResourceServers []struct {
			Identifier, Name string
			Scopes           []struct{ ScopeName, ScopeDescription string }
		}
		NextToken string
	}
	if err := c.call(ctx, "ListResourceServers", paged("MaxResults", 50, "NextToken", at.Token), &page); err != nil {
		return at, err
	}
	return c.commit(ctx, pool.ID, func(ctx context.Context) (Progress, error) {
		for _, r := range page.ResourceServers {
			spec := directory.ResourceServer{PoolID: pool.ID, Identifier: r.Identifier, Name: r.Name}
			for _, s := range r.Scopes {
				spec.Scopes = append(spec.Scopes, directory.Scope{Name: s.ScopeName, Description: s.ScopeDescription})
			}
			if _, err := c.Directory.Resources.Create(ctx, spec); err != nil && !fault.Is(err, fault.Exists, "") {
				return at, fmt.Errorf("resource server %s: %w", r.Identifier, err)
			}
		}
		return at.turn(page.NextToken, stepClients), nil
	})
}

// clients copies a page of app clients, with their ids and secrets.
func (c *Cloner) clients(ctx context.Context, pool *directory.Pool, at Progress) (Progress, error) {
	var page struct {
		UserPoolClients []struct{ ClientId string }
		NextToken       string
	}
	if err := c.call(ctx, "ListUserPoolClients", paged("MaxResults", 60, "NextToken", at.Token), &page); err != nil {
		return at, err
	}
	for _, one := range page.UserPoolClients {
		var got struct{ UserPoolClient json.RawMessage }
		if err := c.call(ctx, "DescribeUserPoolClient", map[string]any{"ClientId": one.ClientId}, &got); err != nil {
			return at, err
		}
		spec, notes, err := c.Reader.Client(got.UserPoolClient)
		if err != nil {
			return at, err
		}
		spec.PoolID = pool.ID
		_, err = c.Directory.Clients.Create(ctx, spec)
		if fault.Is(err, fault.Exists, "") { // made by a run that was cut short, or another pool's
			if _, err = c.Directory.Clients.Get(ctx, pool.ID, spec.ID); err != nil {
				notes, err = []string{"the app client " + spec.ID + ": another pool here has a client of this id"}, nil
			}
		}
		if err != nil {
			return at, fmt.Errorf("app client %s: %w", one.ClientId, err)
		}
		at.Left = append(at.Left, notes...)
	}
	return c.commit(ctx, pool.ID, func(context.Context) (Progress, error) { return at.turn(page.NextToken, stepGroups), nil })
}

// groups copies a page of groups.
func (c *Cloner) groups(ctx context.Context, pool *directory.Pool, at Progress) (Progress, error) {
	page, err := c.groupPage(ctx, at.Token)
	if err != nil {
		return at, err
	}
	return c.commit(ctx, pool.ID, func(ctx context.Context) (Progress, error) {
		for _, g := range page.Groups {
			err := c.Door.AdmitGroup(ctx, directory.GroupSpec{
				PoolID: pool.ID, Name: g.GroupName, Description: g.Description, RoleARN: g.RoleArn, Precedence: g.Precedence,
			})
			if err != nil {
				return at, fmt.Errorf("group %s: %w", g.GroupName, err)
			}
		}
		return at.turn(page.NextToken, stepUsers), nil
	})
}

type groupPage struct {
	Groups []struct {
		GroupName, Description, RoleArn string
		Precedence                      *int
	}
	NextToken string
}

func (c *Cloner) groupPage(ctx context.Context, token string) (page groupPage, err error) {
	err = c.call(ctx, "ListGroups", paged("Limit", 60, "NextToken", token), &page)
	return page, err
}

// turn goes on to the next page, or after the last to another step.
func (p Progress) turn(token string, next step) Progress {
	p.Token = token
	if token == "" {
		p.Step = next
	}
	return p
}

func paged(limit string, n int, tokenName, token string) map[string]any {
	in := map[string]any{limit: n}
	if token != "" {
		in[tokenName] = token
	}
	return in
}
