package clone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/awscall"
	"cognate.dev/cognate/internal/transfer"
)

// shownUser is a user as lists show one.
type shownUser struct {
	Username             string
	Attributes           []struct{ Name, Value string }
	UserCreateDate       float64 // seconds
	UserLastModifiedDate float64
	Enabled              bool
	UserStatus           string
	MFAOptions           []struct{ DeliveryMedium string }
}

// users copies a page of users.
func (c *Cloner) users(ctx context.Context, pool *directory.Pool, at Progress) (Progress, error) {
	var page struct {
		Users           []shownUser
		PaginationToken string
	}
	err := c.call(ctx, "ListUsers", paged("Limit", 60, "PaginationToken", at.Token), &page)
	if at.Token != "" && awscall.Is(err, "InvalidParameterException") {
		// Tokens live for an hour. From the start again: whoever is here already is skipped.
		return c.commit(ctx, pool.ID, func(context.Context) (Progress, error) { at.Token = ""; return at, nil })
	}
	if err != nil {
		return at, err
	}
	type problem struct{ who, why string }
	var problems []problem
	to, err := c.commit(ctx, pool.ID, func(ctx context.Context) (Progress, error) {
		to := at
		problems = nil
		for _, u := range page.Users {
			p := person(u)
			err := c.Door.Admit(ctx, pool, p)
			var f *fault.Fault
			switch {
			case err == nil:
				to.Users++
				if p.Status == directory.ResetRequired {
					to.Reset++
				}
			case errors.Is(err, transfer.ErrExists):
				to.Skipped++
			case errors.As(err, &f):
				to.Failed++
				problems = append(problems, problem{u.Username, f.Text})
			default:
				return to, fmt.Errorf("user %s: %w", u.Username, err)
			}
		}
		return to.turn(page.PaginationToken, stepMembers), nil
	})
	if err == nil {
		for _, p := range problems {
			c.Tell(p.who, p.why)
		}
	}
	return to, err
}

// person is who a user will be here. No Cognito shows a password, so whoever had one must choose a new one.
func person(u shownUser) transfer.Person {
	p := transfer.Person{
		Username: u.Username, Disabled: !u.Enabled, Attributes: map[string]string{},
		CreatedAt: at(u.UserCreateDate), ModifiedAt: at(u.UserLastModifiedDate), Status: directory.Status(u.UserStatus),
	}
	for _, a := range u.Attributes {
		switch a.Name {
		case "sub":
			p.ID = a.Value
		case "identities": // links to providers are not copied
		default:
			p.Attributes[a.Name] = a.Value
		}
	}
	switch p.Status {
	case directory.Unconfirmed, directory.ExternalProvider:
	default:
		p.Status = directory.ResetRequired
	}
	for _, o := range u.MFAOptions {
		if o.DeliveryMedium == "SMS" {
			p.MFA.Methods = []string{"SMS_MFA"}
		}
	}
	return p
}

func at(seconds float64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(seconds * 1000)).UTC()
}

// members copies a page of the members of a group; behind the last page comes the next group.
func (c *Cloner) members(ctx context.Context, pool *directory.Pool, at Progress) (Progress, error) {
	if at.Group == "" {
		group, err := c.groupBehind(ctx, pool.ID, "")
		if err != nil {
			return at, err
		}
		return c.enter(ctx, pool.ID, at, group)
	}
	var page struct {
		Users     []shownUser
		NextToken string
	}
	in := paged("Limit", 60, "NextToken", at.Token)
	in["GroupName"] = at.Group
	err := c.call(ctx, "ListUsersInGroup", in, &page)
	if at.Token != "" && awscall.Is(err, "InvalidParameterException") {
		return c.commit(ctx, pool.ID, func(context.Context) (Progress, error) { at.Token = ""; return at, nil })
	}
	if err != nil && !awscall.Is(err, "ResourceNotFoundException") { // a group that has gone has no members
		return at, err
	}
	next, err := c.groupBehind(ctx, pool.ID, at.Group)
	if err != nil {
		return at, err
	}
	return c.commit(ctx, pool.ID, func(ctx context.Context) (Progress, error) {
		to := at
		for _, u := range page.Users {
			x, err := c.Directory.Users.Find(ctx, pool, u.Username)
			if fault.Is(err, fault.Missing, fault.User) {
				continue // came after the users were copied, or could not be
			}
			if err != nil {
				return to, err
			}
			if err := c.Directory.Groups.Add(ctx, pool.ID, at.Group, x.ID); err != nil {
				return to, fmt.Errorf("member %s of %s: %w", u.Username, at.Group, err)
			}
			to.Members++
		}
		if to.Token = page.NextToken; to.Token == "" {
			to.enter(next)
		}
		return to, nil
	})
}

// groupBehind is the group here that comes after another by name; empty after the last.
func (c *Cloner) groupBehind(ctx context.Context, poolID, name string) (string, error) {
	for token := ""; ; {
		page, err := c.Directory.Groups.List(ctx, poolID, directory.MaxPage, token)
		if err != nil {
			return "", err
		}
		for _, g := range page.Items {
			if g.Name > name {
				return g.Name, nil
			}
		}
		if token = page.Next; token == "" {
			return "", nil
		}
	}
}

func (c *Cloner) enter(ctx context.Context, poolID string, at Progress, group string) (Progress, error) {
	return c.commit(ctx, poolID, func(context.Context) (Progress, error) { at.enter(group); return at, nil })
}

// enter goes on to the members of a group, or to the end.
func (p *Progress) enter(group string) {
	if p.Group = group; group == "" {
		p.Step = stepDone
	}
}
