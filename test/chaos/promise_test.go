package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// keeps fails when the server does not keep what it promised about a person. What was open is settled by it: the person
// says afterwards how the server decided.
func (w *writer) keeps(ctx context.Context, p *person) error {
	if p.gone {
		return nil
	}
	open := p.open
	err := w.known(ctx, p)
	if err == nil && !p.gone {
		err = errors.Join(w.grouped(ctx, p), w.opens(ctx, p), w.signedIn(ctx, p))
	}
	if err != nil {
		return fmt.Errorf("%s (open: %q): %w", p.name, open, err)
	}
	p.open = nothing
	return nil
}

// known looks at the user: all of it, or nothing when the sign-up was not answered.
func (w *writer) known(ctx context.Context, p *person) error {
	email := fmt.Sprintf("email = %q", p.email())
	found, err := w.api.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: &w.pool, Filter: &email})
	if err != nil {
		return err
	}
	got, err := w.api.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: &w.pool, Username: &p.name})
	if refused(err, "UserNotFoundException") && p.open == signUp {
		if p.gone = true; len(found.Users) > 0 {
			return errors.New("half a user: the address is known and the name is not")
		}
		return nil
	}
	if err != nil {
		return err
	}
	if len(found.Users) != 1 || *found.Users[0].Username != p.name {
		return fmt.Errorf("by the address %d users are found", len(found.Users))
	}
	has := map[string]string{}
	for _, a := range got.UserAttributes {
		has[*a.Name] = *a.Value
	}
	if p.open == signUp {
		p.sub = has["sub"]
	}
	number := fmt.Sprint(p.number)
	if p.open == rename && has["given_name"] != number {
		p.number++
		number = fmt.Sprint(p.number)
	}
	if has["sub"] != p.sub || has["email"] != p.email() || has["given_name"] != number || has["family_name"] != number {
		return fmt.Errorf("the attributes are %v, want sub %s and number %s", has, p.sub, number)
	}
	confirmed := got.UserStatus == "CONFIRMED"
	if p.open == confirm {
		p.confirmed = confirmed
	}
	if confirmed != p.confirmed {
		return fmt.Errorf("the status is %s", got.UserStatus)
	}
	return nil
}

func (w *writer) grouped(ctx context.Context, p *person) error {
	got, err := w.api.AdminListGroupsForUser(ctx, &idp.AdminListGroupsForUserInput{UserPoolId: &w.pool, Username: &p.name})
	if err != nil {
		return err
	}
	groups := map[string]bool{}
	for _, g := range got.Groups {
		groups[*g.GroupName] = true
	}
	if p.open == join || p.open == leave {
		if after := p.moved(p.open, p.openGroup); maps.Equal(groups, after) {
			p.groups = after
		}
	}
	if !maps.Equal(groups, p.groups) {
		return fmt.Errorf("the groups are %v, want %v", groups, p.groups)
	}
	return nil
}

// opens tries passwords: the one that counts opens the door and the one before it does not.
func (w *writer) opens(ctx context.Context, p *person) error {
	if !p.confirmed {
		return nil
	}
	if p.open == newWord {
		_, err := w.signIn(ctx, p, p.openWord)
		if err == nil {
			p.word, p.past = p.openWord, p.word
		} else if !refused(err, "NotAuthorizedException") {
			return err
		}
	}
	if p.past != "" {
		if _, err := w.signIn(ctx, p, p.past); !refused(err, "NotAuthorizedException") {
			return fmt.Errorf("the password before the last change: %w", wrong(err))
		}
	}
	if _, err := w.signIn(ctx, p, p.word); err != nil {
		return fmt.Errorf("the password: %w", err)
	}
	return nil
}

// signedIn looks at the sessions: live ones go on, and ended ones are ended for access and refresh tokens alike.
func (w *writer) signedIn(ctx context.Context, p *person) error {
	if p.open == signOut || p.open == revoke {
		if err := w.settleEnd(ctx, p); err != nil {
			return err
		}
	}
	if s := p.openSession; p.open == rotate {
		if err := w.settleRotation(ctx, s, p.openSince); err != nil {
			return err
		}
	}
	live := p.live() // what has ended need not be asked about again and again
	for _, s := range p.sessions {
		if err := w.session(ctx, s); err != nil {
			return err
		}
	}
	p.sessions = live
	return nil
}

// settleEnd finds out whether a sign-out or a revocation that was not answered was done. The other checks then hold each
// session of the person to that.
func (w *writer) settleEnd(ctx context.Context, p *person) error {
	_, err := w.api.GetUser(ctx, &idp.GetUserInput{AccessToken: &p.openSession.access})
	if err == nil {
		return nil
	}
	if !refused(err, "NotAuthorizedException") {
		return err
	}
	p.openSession.ended = true
	for _, s := range p.live() {
		s.ended = p.open == signOut
	}
	return nil
}

// settleRotation goes on after a rotation whose answer was lost. Where the client grants time for that, and it is not over, the old
// token works.
func (w *writer) settleRotation(ctx context.Context, s *session, asked time.Time) error {
	err := w.refresh(ctx, s)
	if (s.client == w.strict || time.Since(asked) >= grace) && refused(err, "RefreshTokenReuseException") {
		s.ended = true // as if it were stolen: all of the session
		return nil
	}
	if err != nil {
		return fmt.Errorf("the token of a rotation without an answer: %w", err)
	}
	return nil
}

func (w *writer) session(ctx context.Context, s *session) error {
	_, err := w.api.GetUser(ctx, &idp.GetUserInput{AccessToken: &s.access})
	if s.ended {
		if !refused(err, "NotAuthorizedException") {
			return fmt.Errorf("the access token of an ended session: %w", wrong(err))
		}
		if _, err := w.renewed(ctx, s, s.refresh); !refused(err, "NotAuthorizedException") && !refused(err, "RefreshTokenReuseException") {
			return fmt.Errorf("the refresh token of an ended session: %w", wrong(err))
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("the access token of a live session: %w", err)
	}
	if err := w.refresh(ctx, s); err != nil {
		return fmt.Errorf("the refresh token of a live session: %w", err)
	}
	if s.client == w.strict && w.random.IntN(2) == 0 { // it was rotated away just now, and tells of a thief
		if _, err := w.renewed(ctx, s, s.past); !refused(err, "RefreshTokenReuseException") {
			return fmt.Errorf("a refresh token that was rotated away: %w", wrong(err))
		}
		s.ended = true
	}
	return nil
}

// wrong is err, or that there was none.
func wrong(err error) error {
	if err == nil {
		return errors.New("it worked")
	}
	return err
}
