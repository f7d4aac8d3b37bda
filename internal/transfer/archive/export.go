package archive

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// People lists the users of a pool, and what belongs to many of them at once, by sub; the store does.
type People interface {
	ListUsers(ctx context.Context, q directory.UserQuery) ([]*directory.User, error)
	GroupNamesOf(ctx context.Context, poolID string, userIDs []string) (map[string][]string, error)
	CredentialsOf(ctx context.Context, poolID string, userIDs []string) (map[string]*directory.Credential, error)
}

// Tokens gives the authenticator apps of users; *factor.Factors does. An empty secret means that there is none.
type Tokens interface {
	ExportToken(ctx context.Context, poolID, userID string) (secret, name string, err error)
}

// Exporter writes files.
type Exporter struct {
	Directory *directory.Directory
	People    People
	Tokens    Tokens
	SRP, TOTP bool // write SRP verifiers, secrets of authenticator apps
	Now       func() time.Time
	Progress  func(users int64) // after each page
}

// Left counts what an export left out.
type Left struct {
	Users int64 // written
	Apps  int64 // users whose authenticator app was not
}

// exportPage is how many users are read at a time.
const exportPage = 500

// Run writes all of a pool: a first line about the file, the groups, the users from the oldest on. Who is made while it
// runs is in it, who changes is in it as of when they were read.
func (ex *Exporter) Run(ctx context.Context, pool *directory.Pool, to io.Writer) (left Left, err error) {
	buffer := bufio.NewWriterSize(to, 256<<10)
	out := json.NewEncoder(buffer)
	out.SetEscapeHTML(false)
	if err := out.Encode(header{Format: format, Version: version, Pool: pool.ID, ExportedAt: ex.Now().UTC().Truncate(time.Second)}); err != nil {
		return left, err
	}
	if err := ex.groups(ctx, pool, out); err != nil {
		return left, err
	}
	q := directory.UserQuery{PoolID: pool.ID, Limit: exportPage}
	for {
		page, err := ex.People.ListUsers(ctx, q)
		if err != nil {
			return left, fmt.Errorf("list users: %w", err)
		}
		belongs, err := ex.belongings(ctx, pool, page)
		if err != nil {
			return left, err
		}
		for _, x := range page {
			line, app, err := ex.line(ctx, pool, x, belongs)
			if err != nil {
				return left, fmt.Errorf("user %s: %w", x.ID, err)
			}
			if err := out.Encode(line); err != nil {
				return left, err
			}
			left.Users++
			if app && !ex.TOTP {
				left.Apps++
			}
		}
		ex.Progress(left.Users)
		if len(page) < q.Limit {
			return left, buffer.Flush()
		}
		last := page[len(page)-1]
		q.After = directory.UserPosition{CreatedAt: last.CreatedAt.UnixMilli(), ID: last.ID}
	}
}

func (ex *Exporter) groups(ctx context.Context, pool *directory.Pool, out *json.Encoder) error {
	for token := ""; ; {
		page, err := ex.Directory.Groups.List(ctx, pool.ID, directory.MaxPage, token)
		if err != nil {
			return fmt.Errorf("list groups: %w", err)
		}
		for _, g := range page.Items {
			if err := out.Encode(group{Name: g.Name, Description: g.Description, RoleARN: g.RoleARN, Precedence: g.Precedence}); err != nil {
				return err
			}
		}
		if token = page.Next; token == "" {
			return nil
		}
	}
}

// belongings is what belongs to the users of a page, by sub.
type belongings struct {
	groups      map[string][]string
	credentials map[string]*directory.Credential
}

func (ex *Exporter) belongings(ctx context.Context, pool *directory.Pool, page []*directory.User) (b belongings, err error) {
	ids := make([]string, len(page))
	for i, x := range page {
		ids[i] = x.ID
	}
	if b.groups, err = ex.People.GroupNamesOf(ctx, pool.ID, ids); err != nil {
		return b, err
	}
	b.credentials, err = ex.People.CredentialsOf(ctx, pool.ID, ids)
	return b, err
}

// line is a user with everything that is written of them. App says that they have an authenticator app switched on.
func (ex *Exporter) line(ctx context.Context, pool *directory.Pool, x *directory.User, b belongings) (u user, app bool, err error) {
	var kept directory.Imported
	if c := b.credentials[x.ID]; c != nil {
		if kept, err = ex.Directory.Passwords.Exported(pool, x, c); err != nil {
			return u, false, err
		}
	}
	var s *secret
	if kept.Hash != "" {
		s = &secret{Hash: kept.Hash, TemporaryUntil: kept.TemporaryUntil, ChangedAt: kept.ChangedAt}
		if ex.SRP && kept.Verifier != nil {
			s.SRPSalt, s.SRPVerifier = hex.EncodeToString(kept.SRPSalt), hex.EncodeToString(kept.Verifier)
		}
	}
	app = slices.Contains(x.MFA.Methods, "SOFTWARE_TOKEN_MFA")
	var t *totp
	if ex.TOTP {
		key, name, err := ex.Tokens.ExportToken(ctx, pool.ID, x.ID)
		if err != nil {
			return u, app, err
		}
		if key != "" {
			t = &totp{Secret: key, Name: name}
		}
	}
	u = lineOf(x, b.groups[x.ID], s, t)
	if app && t == nil { // without its secret it could not be switched on again
		u.MFA = withoutApp(*u.MFA)
	}
	return u, app, nil
}

func withoutApp(m mfa) *mfa {
	out := mfa{Preferred: m.Preferred}
	for _, method := range m.Methods {
		if method != "SOFTWARE_TOKEN_MFA" {
			out.Methods = append(out.Methods, method)
		}
	}
	if out.Preferred == "SOFTWARE_TOKEN_MFA" {
		out.Preferred = ""
	}
	if len(out.Methods) == 0 {
		return nil
	}
	return &out
}
