package app

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
)

// Seeds is what a development server starts with (the --seeds file). What exists already is left alone, so the same
// file can be applied at every start.
type Seeds struct {
	Pools []SeedPool `yaml:"pools"`
}

// SeedPool is one user pool. Only a name is needed; a pinned id has the form REGION_NAME.
type SeedPool struct {
	ID                 string               `yaml:"id"`
	Name               string               `yaml:"name"`
	Domain             string               `yaml:"domain"` // a prefix: the pages answer at NAME.auth.localhost
	Strict             bool                 `yaml:"strict"` // the domain is a strict OpenID Connect provider
	AliasAttributes    []string             `yaml:"alias_attributes"`
	UsernameAttributes []string             `yaml:"username_attributes"`
	AutoVerified       []string             `yaml:"auto_verified"`
	CaseSensitive      *bool                `yaml:"case_sensitive"`
	MFA                string               `yaml:"mfa"` // OFF, OPTIONAL, ON (software token)
	Attributes         []SeedAttribute      `yaml:"attributes"`
	ResourceServers    []SeedResourceServer `yaml:"resource_servers"`
	Clients            []SeedClient         `yaml:"clients"`
	Groups             []SeedGroup          `yaml:"groups"`
	Users              []SeedUser           `yaml:"users"`
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
func (p SeedPool) lambda() directory.LambdaConfig {
	c := directory.LambdaConfig{ARNs: maps.Clone(p.Triggers)}
	if arn := c.ARNs["PreTokenGeneration"]; arn != "" && p.TokenVersion != "" {
		c.Versioned = map[string]directory.VersionedLambda{"PreTokenGenerationConfig": {Version: p.TokenVersion, ARN: arn}}
	}
	return c
}

// SeedAttribute is a custom attribute, named without its custom: prefix.
type SeedAttribute struct {
	Name string `yaml:"name"`
	Type string `yaml:"type"` // String (default), Number, DateTime, Boolean
}

// SeedClient is an app client. A secret makes it a confidential one.
type SeedClient struct {
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

// SeedResourceServer is an API and its scopes.
type SeedResourceServer struct {
	Identifier string   `yaml:"identifier"`
	Scopes     []string `yaml:"scopes"`
}

// SeedGroup is a group.
type SeedGroup struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Precedence  *int   `yaml:"precedence"`
}

// SeedUser is a confirmed user. Without a password nobody can sign in as this user.
type SeedUser struct {
	Username   string            `yaml:"username"`
	Password   string            `yaml:"password"`
	Attributes map[string]string `yaml:"attributes"`
	Groups     []string          `yaml:"groups"`
	Enabled    *bool             `yaml:"enabled"`
}

// readSeeds reads a seeds file; none when path is empty. Unknown keys are refused.
func readSeeds(path string) (Seeds, error) {
	var s Seeds
	if path == "" {
		return s, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return s, fmt.Errorf("read the seeds: %w", err)
	}
	if err := decodeStrict(raw, &s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// settle gives pools without an id one of their own, the same at every start, and refuses two pools with one id.
func (s Seeds) settle(region string) error {
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

// sow brings the seeds into the directory.
func (s Seeds) sow(ctx context.Context, r *rooms) error {
	for _, p := range s.Pools {
		if err := p.sow(ctx, r.directory); err != nil {
			return fmt.Errorf("seed pool %s: %w", p.ID, err)
		}
		if err := p.sowDomain(ctx, r.domains); err != nil {
			return fmt.Errorf("seed the domain of pool %s: %w", p.ID, err)
		}
	}
	return nil
}

func (p SeedPool) sowDomain(ctx context.Context, d *domain.Domains) error {
	prefix, _, err := d.Of(ctx, p.ID)
	if err != nil || p.Domain == "" || prefix != nil {
		return err
	}
	_, err = d.Create(ctx, domain.Spec{PoolID: p.ID, Name: p.Domain, Settings: domain.Settings{ManagedLogin: 2}})
	return err
}

func (p SeedPool) sow(ctx context.Context, d *directory.Directory) error {
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

func (r SeedResourceServer) sow(ctx context.Context, d *directory.Directory, poolID string) error {
	spec := directory.ResourceServer{PoolID: poolID, Identifier: r.Identifier, Name: r.Identifier}
	for _, name := range r.Scopes {
		spec.Scopes = append(spec.Scopes, directory.Scope{Name: name, Description: name})
	}
	if _, err := d.Resources.Create(ctx, spec); err != nil && !fault.Is(err, fault.Exists, "") {
		return err
	}
	return nil
}

func (c SeedClient) sow(ctx context.Context, d *directory.Directory, poolID string) error {
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

func (u SeedUser) sow(ctx context.Context, d *directory.Directory, pool *directory.Pool) error {
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
