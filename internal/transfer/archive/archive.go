// Package archive is the file in which users leave and come: a JSON object a line (NDJSON), with password hashes, groups,
// attributes and, where asked for, what else is secret. It owns the form of the file and how far reading one has come. It
// leaves taking people in to transfer.
package archive

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/transfer"
)

// format names the files that Export writes, in their first line.
const (
	format  = "cognate-users"
	version = 1
)

// header is the first line of an export. A file without one is read, too.
type header struct {
	Format     string    `json:"format"`
	Version    int       `json:"version"`
	Pool       string    `json:"pool"`
	ExportedAt time.Time `json:"exported_at"`
}

// group is a line about a group.
type group struct {
	Name        string `json:"group"`
	Description string `json:"description,omitempty"`
	RoleARN     string `json:"role_arn,omitempty"`
	Precedence  *int   `json:"precedence,omitempty"`
}

// user is a line about a user. Only the username is needed; what a member means is in docs/migrating.md.
type user struct {
	Username   string         `json:"username"`
	Sub        string         `json:"sub,omitempty"`
	Status     string         `json:"status,omitempty"`
	Enabled    *bool          `json:"enabled,omitempty"`
	Attributes map[string]any `json:"attributes,omitempty"`
	Groups     []string       `json:"groups,omitempty"`
	MFA        *mfa           `json:"mfa,omitempty"`
	Password   *secret        `json:"password,omitempty"`
	TOTP       *totp          `json:"totp,omitempty"`
	CreatedAt  time.Time      `json:"created_at,omitzero"`
	ModifiedAt time.Time      `json:"modified_at,omitzero"`
}

type mfa struct {
	Methods   []string `json:"methods,omitempty"`
	Preferred string   `json:"preferred,omitempty"`
}

type secret struct {
	Hash           string    `json:"hash,omitempty"`
	Salt           string    `json:"salt,omitempty"` // of Firebase, whose hash is in base64
	SRPSalt        string    `json:"srp_salt,omitempty"`
	SRPVerifier    string    `json:"srp_verifier,omitempty"` // hexadecimal, as the salt
	TemporaryUntil time.Time `json:"temporary_until,omitzero"`
	ChangedAt      time.Time `json:"changed_at,omitzero"`
}

type totp struct {
	Secret string `json:"secret"`
	Name   string `json:"name,omitempty"`
}

// strict reads one JSON object with the members of to and no others.
func strict(text []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		return fault.Invalidf("The line cannot be read: %s", plainly(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.Invalidf("The line holds more than one JSON object.")
	}
	return nil
}

// plainly is what a decoder says, without what only a programmer wants to know.
func plainly(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return "the member " + kind.Field + " is a " + kind.Value
	}
	text := err.Error()
	if len(text) > 6 && text[:6] == "json: " {
		text = text[6:]
	}
	return text
}

// entry is what a line says: one of its members is set.
type entry struct {
	header *header
	group  *group
	person *transfer.Person
}

// parser reads the lines of a file for a pool.
type parser struct {
	pool     *directory.Pool
	firebase *password.Firebase
	from     string // the pool that the file was written from, once its first line is read
}

// parse reads a line. What is wrong with it is a fault.
func (p *parser) parse(line string) (e entry, err error) {
	text := []byte(line)
	var kind struct {
		Format *string `json:"format"`
		Group  *string `json:"group"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return e, fault.Invalidf("The line cannot be read: %s", plainly(err))
	}
	switch {
	case kind.Format != nil:
		e.header = &header{}
		if err := strict(text, e.header); err != nil {
			return e, err
		}
		if e.header.Format != format || e.header.Version != version {
			return e, fault.Invalidf("The file is %s of version %d; this program reads %s of version %d.", e.header.Format, e.header.Version, format, version)
		}
		p.from = e.header.Pool
		return e, nil
	case kind.Group != nil:
		e.group = &group{}
		return e, strict(text, e.group)
	}
	var u user
	if err := strict(text, &u); err != nil {
		return e, err
	}
	e.person, err = p.person(u)
	return e, err
}

// person is what a line about a user says.
func (p *parser) person(u user) (*transfer.Person, error) {
	out := &transfer.Person{
		Username: u.Username, ID: u.Sub, Status: directory.Status(u.Status), Disabled: u.Enabled != nil && !*u.Enabled,
		Groups: u.Groups, CreatedAt: u.CreatedAt, ModifiedAt: u.ModifiedAt, Attributes: make(map[string]string, len(u.Attributes)),
	}
	if u.Username == "" {
		return nil, fault.Invalidf("The line has no username.")
	}
	for name, value := range u.Attributes {
		switch v := value.(type) {
		case string:
			out.Attributes[name] = v
		case bool:
			out.Attributes[name] = map[bool]string{true: "true", false: "false"}[v]
		case json.Number:
			out.Attributes[name] = v.String()
		case nil:
		default:
			return nil, fault.Invalidf("The attribute %s is neither text nor number nor truth value.", name)
		}
	}
	if u.MFA != nil {
		out.MFA = directory.UserMFA{Methods: u.MFA.Methods, Preferred: u.MFA.Preferred}
	}
	if u.TOTP != nil {
		out.Token = &transfer.Token{Secret: u.TOTP.Secret, Name: u.TOTP.Name}
	}
	var err error
	if u.Password != nil {
		out.Secret, err = p.secret(*u.Password)
	}
	if out.Status == "" {
		out.Status = directory.ResetRequired
		if out.Secret.Hash != "" || p.pool.AllowsPasswordless() {
			out.Status = directory.Confirmed
		}
	}
	return out, err
}

// secret is what a line says of a password. A verifier counts in the pool that it was made for only.
func (p *parser) secret(s secret) (directory.Imported, error) {
	out := directory.Imported{Hash: s.Hash, TemporaryUntil: s.TemporaryUntil, ChangedAt: s.ChangedAt}
	if s.Salt != "" {
		if p.firebase == nil {
			return out, fault.Invalidf("The hash has a salt of its own, as Firebase's have, but the parameters of the project were not given.")
		}
		out.Hash = password.FirebaseHash(*p.firebase, s.Hash, s.Salt)
	}
	if s.SRPVerifier == "" || p.from != p.pool.ID {
		return out, nil
	}
	var err1, err2 error
	out.SRPSalt, err1 = hex.DecodeString(s.SRPSalt)
	out.Verifier, err2 = hex.DecodeString(s.SRPVerifier)
	if err1 != nil || err2 != nil {
		return out, fault.Invalidf("The SRP verifier and its salt must be hexadecimal.")
	}
	return out, nil
}

// lineOf writes a person as a line says it.
func lineOf(x *directory.User, groups []string, s *secret, t *totp) user {
	u := user{
		Username: x.Username, Sub: x.ID, Status: string(x.Status), Enabled: &x.Enabled, Password: s, TOTP: t,
		Groups: groups, CreatedAt: x.CreatedAt, ModifiedAt: x.ModifiedAt, Attributes: make(map[string]any, len(x.Attributes)),
	}
	for _, name := range slices.Sorted(maps.Keys(x.Attributes)) {
		u.Attributes[name] = x.Attributes[name]
	}
	if len(x.MFA.Methods) > 0 {
		u.MFA = &mfa{Methods: x.MFA.Methods, Preferred: x.MFA.Preferred}
	}
	return u
}
