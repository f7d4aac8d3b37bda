// Package seed is what a development server starts with: the file, and bringing it into the rooms.
package seed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/settings"
)

// Seeds is what a development server starts with (the --seeds file). What exists already is left alone, so the same
// file can be applied at every start.
type Seeds struct {
	Pools []Pool `yaml:"pools"`
}

// Pool is one user pool. Only a name is needed; a pinned id has the form REGION_NAME.
type Pool struct {
	ID                 string           `yaml:"id"`
	Name               string           `yaml:"name"`
	Domain             string           `yaml:"domain"` // a prefix: the pages answer at NAME.auth.localhost
	Strict             bool             `yaml:"strict"` // the domain is a strict OpenID Connect provider
	AliasAttributes    []string         `yaml:"alias_attributes"`
	UsernameAttributes []string         `yaml:"username_attributes"`
	AutoVerified       []string         `yaml:"auto_verified"`
	CaseSensitive      *bool            `yaml:"case_sensitive"`
	MFA                string           `yaml:"mfa"` // OFF, OPTIONAL, ON (software token)
	Attributes         []Attribute      `yaml:"attributes"`
	ResourceServers    []ResourceServer `yaml:"resource_servers"`
	Clients            []Client         `yaml:"clients"`
	Groups             []Group          `yaml:"groups"`
	Users              []User           `yaml:"users"`
	// Triggers are the ARNs of functions, under the names of LambdaConfig; PreTokenGeneration takes TokenVersion.
	Triggers     map[string]string `yaml:"triggers"`
	TokenVersion string            `yaml:"token_version"` // V1_0 (default), V2_0, V3_0
}

// triggerNames are those of LambdaConfig that a seed can set.
func triggerNames() []string {
	return []string{"PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration", "UserMigration",
		"CustomMessage", "DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"}
}

// lambda is what the pool's triggers are in the directory.
func (p Pool) lambda() directory.LambdaConfig {
	c := directory.LambdaConfig{ARNs: maps.Clone(p.Triggers)}
	if arn := c.ARNs["PreTokenGeneration"]; arn != "" && p.TokenVersion != "" {
		c.Versioned = map[string]directory.VersionedLambda{"PreTokenGenerationConfig": {Version: p.TokenVersion, ARN: arn}}
	}
	return c
}

// Attribute is a custom attribute, named without its custom: prefix.
type Attribute struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"` // String (default), Number, DateTime, Boolean
}

// Client is an app client. A secret makes it a confidential one.
type Client struct {
	ID                string           `yaml:"id"`
	Name              string           `yaml:"name"`
	Secret            string           `yaml:"secret"`
	AuthFlows         []string         `yaml:"auth_flows"`
	HideUserExistence bool             `yaml:"hide_user_existence"`
	RotateRefresh     bool             `yaml:"rotate_refresh"`
	OAuthFlows        []string         `yaml:"oauth_flows"` // code, implicit or client_credentials; any switches OAuth on
	OAuthScopes       []string         `yaml:"oauth_scopes"`
	CallbackURLs      []string         `yaml:"callback_urls"`
	LogoutURLs        []string         `yaml:"logout_urls"`
	OpenID            directory.OpenID `yaml:"openid"` // what counts where the domain is strict
}

// ResourceServer is an API and its scopes.
type ResourceServer struct {
	Identifier string   `yaml:"identifier"`
	Scopes     []string `yaml:"scopes"`
}

// Group is a group.
type Group struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Precedence  *int   `yaml:"precedence"`
}

// User is a confirmed user. Without a password nobody can sign in as this user.
type User struct {
	Username   string            `yaml:"username"`
	Password   string            `yaml:"password"`
	Attributes map[string]string `yaml:"attributes"`
	Groups     []string          `yaml:"groups"`
	Enabled    *bool             `yaml:"enabled"`
}

// Read reads a seeds file; none when path is empty. Unknown keys are refused.
func Read(path string) (Seeds, error) {
	var s Seeds
	if path == "" {
		return s, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return s, fmt.Errorf("read the seeds: %w", err)
	}
	if err := settings.Decode(raw, &s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Settle gives pools without an id one of their own, the same at every start, and refuses two pools with one id.
func (s Seeds) Settle(region string) error {
	seen := map[string]bool{}
	for i := range s.Pools {
		p := &s.Pools[i]
		if p.ID == "" {
			sum := sha256.Sum256([]byte(p.Name))
			p.ID = region + "_" + strings.ToUpper(hex.EncodeToString(sum[:]))[:9]
		}
		if seen[p.ID] {
			return fmt.Errorf("seeds: two pools have the id %s", p.ID)
		}
		seen[p.ID] = true
		for name := range p.Triggers {
			if !slices.Contains(triggerNames(), name) {
				return fmt.Errorf("seeds: pool %s: there is no trigger %s", p.ID, name)
			}
		}
	}
	return nil
}

// Sow brings the seeds into the directory.
func (s Seeds) Sow(ctx context.Context, people *directory.Directory, domains *domain.Domains) error {
	for _, p := range s.Pools {
		if err := p.sow(ctx, people); err != nil {
			return fmt.Errorf("seed pool %s: %w", p.ID, err)
		}
		if err := p.sowDomain(ctx, domains); err != nil {
			return fmt.Errorf("seed the domain of pool %s: %w", p.ID, err)
		}
	}
	return nil
}

func (p Pool) sowDomain(ctx context.Context, d *domain.Domains) error {
	prefix, _, err := d.Of(ctx, p.ID)
	if err != nil || p.Domain == "" || prefix != nil {
		return err
	}
	_, err = d.Create(ctx, domain.Spec{PoolID: p.ID, Name: p.Domain, Settings: domain.Settings{ManagedLogin: 2}})
	return err
}

func (p Pool) sow(ctx context.Context, d *directory.Directory) error {
	region, _, ok := strings.Cut(p.ID, "_")
	if !ok {
		return fmt.Errorf("the id %q is not REGION_NAME", p.ID)
	}
	spec := directory.PoolSpec{
		ID: p.ID, Region: region,
		Settings:        directory.Settings{Name: p.Name, AutoVerified: p.AutoVerified, Lambda: p.lambda()},
		AliasAttributes: p.AliasAttributes, UsernameAttributes: p.UsernameAttributes, CaseSensitive: p.CaseSensitive,
	}
	for _, a := range p.Attributes {
		spec.Schema = append(spec.Schema, directory.AttributeSpec{Name: a.Name, Type: orElse(a.Type, "String")})
	}
	if _, err := d.Pools.Create(ctx, spec); err != nil && !fault.Is(err, fault.Exists, "") {
		return err
	}
	if p.MFA != "" {
		mfa := directory.MFASettings{MFAConfig: directory.MFAConfig{Mode: p.MFA, SoftwareToken: p.MFA != "OFF"}}
		if _, err := d.Pools.SetMFA(ctx, p.ID, mfa); err != nil {
			return err
		}
	}
	pool, err := d.Pools.Get(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, r := range p.ResourceServers {
		if err := r.sow(ctx, d, p.ID); err != nil {
			return fmt.Errorf("resource server %s: %w", r.Identifier, err)
		}
	}
	for _, c := range p.Clients {
		if err := c.sow(ctx, d, p.ID); err != nil {
			return fmt.Errorf("client %s: %w", c.Name, err)
		}
	}
	for _, g := range p.Groups {
		spec := directory.GroupSpec{PoolID: p.ID, Name: g.Name, Description: g.Description, Precedence: g.Precedence}
		if _, err := d.Groups.Create(ctx, spec); err != nil && !fault.Is(err, fault.Exists, "") {
			return fmt.Errorf("group %s: %w", g.Name, err)
		}
	}
	for _, u := range p.Users {
		if err := u.sow(ctx, d, pool); err != nil {
			return fmt.Errorf("user %s: %w", u.Username, err)
		}
	}
	return nil
}

func (r ResourceServer) sow(ctx context.Context, d *directory.Directory, poolID string) error {
	spec := directory.ResourceServer{PoolID: poolID, Identifier: r.Identifier, Name: r.Identifier}
	for _, name := range r.Scopes {
		spec.Scopes = append(spec.Scopes, directory.Scope{Name: name, Description: name})
	}
	if _, err := d.Resources.Create(ctx, spec); err != nil && !fault.Is(err, fault.Exists, "") {
		return err
	}
	return nil
}

func (c Client) sow(ctx context.Context, d *directory.Directory, poolID string) error {
	set := directory.ClientSettings{
		Name: c.Name, ExplicitAuthFlows: c.AuthFlows, TokenRevocation: true, IdentityProviders: []string{"COGNITO"},
		OAuthEnabled: len(c.OAuthFlows) > 0, OAuthFlows: c.OAuthFlows, OAuthScopes: c.OAuthScopes,
		CallbackURLs: c.CallbackURLs, LogoutURLs: c.LogoutURLs,
	}
	if c.HideUserExistence {
		set.HideUserExistence = "ENABLED"
	}
	if c.RotateRefresh {
		set.Rotation = &directory.Rotation{Feature: "ENABLED"}
	}
	_, err := d.Clients.Create(ctx, directory.ClientSpec{ID: c.ID, PoolID: poolID, ClientSettings: set, OpenID: c.OpenID, Secret: c.Secret})
	if fault.Is(err, fault.Exists, "") {
		return nil
	}
	return err
}

func (u User) sow(ctx context.Context, d *directory.Directory, pool *directory.Pool) error {
	made, err := d.Users.Create(ctx, pool, directory.NewUser{
		Username: u.Username, Attributes: u.Attributes, Status: directory.Confirmed, By: directory.BySystem,
	}, false)
	if fault.Is(err, fault.Exists, "") {
		return nil
	}
	if err != nil {
		return err
	}
	if u.Password != "" {
		if err := d.Passwords.Set(ctx, pool, made, u.Password, false); err != nil {
			return err
		}
	}
	for _, g := range u.Groups {
		if err := d.Groups.Add(ctx, pool.ID, g, made.ID); err != nil {
			return err
		}
	}
	if u.Enabled != nil && !*u.Enabled {
		_, err = d.Users.SetEnabled(ctx, pool, made.ID, false)
	}
	return err
}

func orElse(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}
