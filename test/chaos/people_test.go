package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

// act is something that changes a person.
type act string

const (
	nothing act = ""
	signUp  act = "sign-up"
	confirm act = "confirmation"
	signIn  act = "sign-in"
	rename  act = "change of two attributes"
	newWord act = "password change"
	join    act = "joining a group"
	leave   act = "leaving a group"
	rotate  act = "refresh rotation"
	revoke  act = "revocation of a token"
	signOut act = "global sign-out"
)

// person is what the server has promised about a user: every change that it answered, and the one that it did not.
type person struct {
	name, sub  string
	confirmed  bool
	number     int // the given name and the family name, which change together
	word, past string
	groups     map[string]bool
	sessions   []*session
	words      int

	open        act // asked for and not answered: done or not, but never half
	openWord    string
	openGroup   string
	openSession *session
	openSince   time.Time
	gone        bool // never signed up
}

// session is one sign-in, with a client that rotates refresh tokens.
type session struct {
	client                string
	access, refresh, past string // past was rotated away
	ended                 bool
}

func (p *person) email() string { return p.name + "@example.com" }

func (p *person) live() (live []*session) {
	for _, s := range p.sessions {
		if !s.ended {
			live = append(live, s)
		}
	}
	return live
}

// unknown says whether an error leaves open what the server has done: the connection ended or the server failed. Any other
// answer is an answer.
func unknown(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err != nil
	}
	var res *awshttp.ResponseError
	return errors.As(err, &res) && res.HTTPStatusCode() >= http.StatusInternalServerError
}

// refused is an answer that says no for the given exception.
func refused(err error, exception string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == exception
}

// household is where people are: a pool with a client that grants a lost answer some time and one that does not.
type household struct {
	pool            string
	lenient, strict string
}

// grace is how long the lenient client takes a token that was rotated away, at most.
const grace = time.Minute

// furnish makes a pool without rate limits, whose tokens outlast the longest test.
func furnish(ctx context.Context, api *idp.Client) (h household, err error) {
	pool, err := api.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("people"),
		AutoVerifiedAttributes: []types.VerifiedAttributeType{types.VerifiedAttributeTypeEmail}})
	if err != nil {
		return h, err
	}
	h.pool = *pool.UserPool.Id
	for to, seconds := range map[*string]int32{&h.lenient: int32(grace.Seconds()), &h.strict: 0} {
		client, err := api.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: &h.pool, ClientName: aws.String(fmt.Sprint("grace-", seconds)),
			AccessTokenValidity:  aws.Int32(24), // hours
			ExplicitAuthFlows:    []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"},
			RefreshTokenRotation: &types.RefreshTokenRotationType{Feature: types.FeatureTypeEnabled, RetryGracePeriodSeconds: aws.Int32(seconds)}})
		if err != nil {
			return h, err
		}
		*to = *client.UserPoolClient.ClientId
	}
	for _, g := range []string{"readers", "writers"} {
		if _, err := api.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: &h.pool, GroupName: &g}); err != nil {
			return h, err
		}
	}
	return h, nil
}

// writer changes people of its own, one change at a time.
type writer struct {
	household
	api    *idp.Client
	random *rand.Rand
	prefix string
	made   int
	people []*person // the newest of them are changed further
	// The last round's: those who were changed.
	touched map[*person]bool
	acks    map[act]int
}

// work changes people until an answer stays out, or the server says what it must not say. Each answered change is told of.
func (w *writer) work(ctx context.Context, told func(act)) error {
	w.touched = map[*person]bool{}
	for {
		p, what := w.choose()
		w.touched[p] = true
		err := w.change(ctx, p, what)
		switch {
		case err == nil:
			w.acks[what]++
			told(what)
		case unknown(err):
			return nil
		default:
			return fmt.Errorf("%s of %s: %w", what, p.name, err)
		}
	}
}

func (w *writer) choose() (*person, act) {
	const changing = 8
	young := w.people[max(0, len(w.people)-changing):]
	if len(young) == 0 || w.random.IntN(6) == 0 {
		p := &person{name: fmt.Sprintf("%s-%d", w.prefix, w.made), word: right, groups: map[string]bool{}}
		w.made++
		w.people = append(w.people, p)
		return p, signUp
	}
	p := young[w.random.IntN(len(young))]
	live := p.live()
	switch {
	case p.gone:
		return w.choose()
	case !p.confirmed:
		return p, confirm
	case len(live) == 0:
		return p, signIn
	case len(live) < 3 && w.random.IntN(4) == 0:
		return p, signIn
	}
	return p, []act{rename, newWord, join, leave, rotate, rotate, revoke, signOut}[w.random.IntN(8)]
}

// change asks for one change of a person. When it is answered the person is as it says; without an answer it is open.
func (w *writer) change(ctx context.Context, p *person, what act) (err error) {
	p.open, p.openSince = what, time.Now()
	defer func() {
		if err == nil {
			p.open = nothing
		}
	}()
	switch what {
	case signUp:
		return w.signUp(ctx, p)
	case confirm:
		if _, err = w.api.AdminConfirmSignUp(ctx, &idp.AdminConfirmSignUpInput{UserPoolId: &w.pool, Username: &p.name}); err == nil {
			p.confirmed = true
		}
		return err
	case signIn:
		s, err := w.signIn(ctx, p, p.word)
		if err == nil {
			p.sessions = append(p.sessions, s)
		}
		return err
	case rename:
		if err = w.rename(ctx, p.name, p.number+1); err == nil {
			p.number++
		}
		return err
	case newWord:
		return w.newWord(ctx, p)
	case join, leave:
		return w.move(ctx, p, what)
	case rotate, revoke, signOut:
		return w.endOrRotate(ctx, p, what)
	}
	return fmt.Errorf("no such act: %q", what)
}

func (w *writer) signUp(ctx context.Context, p *person) error {
	out, err := w.api.SignUp(ctx, &idp.SignUpInput{ClientId: &w.lenient, Username: &p.name, Password: &p.word,
		UserAttributes: attributes("email", p.email(), "given_name", "0", "family_name", "0")})
	if err == nil {
		p.sub = *out.UserSub
	}
	return err
}

func attributes(pairs ...string) (list []types.AttributeType) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, types.AttributeType{Name: &pairs[i], Value: &pairs[i+1]})
	}
	return list
}

func (w *writer) rename(ctx context.Context, name string, number int) error {
	n := fmt.Sprint(number)
	_, err := w.api.AdminUpdateUserAttributes(ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: &w.pool, Username: &name,
		UserAttributes: attributes("given_name", n, "family_name", n)})
	return err
}

// newWord is ChangePassword, now and then AdminSetUserPassword.
func (w *writer) newWord(ctx context.Context, p *person) (err error) {
	p.words++
	p.openWord = fmt.Sprintf("Correct-Horse-%d", p.words)
	if w.random.IntN(3) > 0 {
		_, err = w.api.ChangePassword(ctx, &idp.ChangePasswordInput{AccessToken: &p.live()[0].access, PreviousPassword: &p.word, ProposedPassword: &p.openWord})
	} else {
		_, err = w.api.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: &w.pool, Username: &p.name, Password: &p.openWord, Permanent: true})
	}
	if err == nil {
		p.word, p.past = p.openWord, p.word
	}
	return err
}

func (w *writer) move(ctx context.Context, p *person, what act) (err error) {
	g := []string{"readers", "writers"}[w.random.IntN(2)]
	p.openGroup = g
	if what == join {
		_, err = w.api.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: &w.pool, Username: &p.name, GroupName: &g})
	} else {
		_, err = w.api.AdminRemoveUserFromGroup(ctx, &idp.AdminRemoveUserFromGroupInput{UserPoolId: &w.pool, Username: &p.name, GroupName: &g})
	}
	if err == nil {
		p.groups = p.moved(what, g)
	}
	return err
}

// moved are the groups of a person after joining or leaving one.
func (p *person) moved(what act, group string) map[string]bool {
	groups := maps.Clone(p.groups)
	if delete(groups, group); what == join {
		groups[group] = true
	}
	return groups
}

func (w *writer) endOrRotate(ctx context.Context, p *person, what act) (err error) {
	live := p.live()
	s := live[w.random.IntN(len(live))]
	p.openSession = s
	switch what {
	case rotate:
		return w.refresh(ctx, s)
	case revoke:
		if _, err = w.api.RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: &s.client, Token: &s.refresh}); err == nil {
			s.ended = true
		}
	case signOut:
		if _, err = w.api.GlobalSignOut(ctx, &idp.GlobalSignOutInput{AccessToken: &s.access}); err == nil {
			for _, s := range live {
				s.ended = true
			}
		}
	}
	return err
}

func (w *writer) signIn(ctx context.Context, p *person, word string) (*session, error) {
	s := &session{client: []string{w.lenient, w.strict}[w.random.IntN(2)]}
	out, err := w.api.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &s.client, AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": p.name, "PASSWORD": word}})
	if err != nil {
		return nil, err
	}
	s.access, s.refresh = *out.AuthenticationResult.AccessToken, *out.AuthenticationResult.RefreshToken
	return s, nil
}

// refresh rotates a session's refresh token.
func (w *writer) refresh(ctx context.Context, s *session) error {
	out, err := w.renewed(ctx, s, s.refresh)
	if err == nil {
		s.past, s.refresh, s.access = s.refresh, *out.RefreshToken, *out.AccessToken
	}
	return err
}

func (w *writer) renewed(ctx context.Context, s *session, token string) (*types.AuthenticationResultType, error) {
	out, err := w.api.GetTokensFromRefreshToken(ctx, &idp.GetTokensFromRefreshTokenInput{ClientId: &s.client, RefreshToken: &token})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}
