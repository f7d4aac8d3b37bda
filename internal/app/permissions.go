package app

import (
	"context"
	"fmt"
	"net/netip"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws/verifiedpermissions"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/permission"
)

// furnishPermissions builds the room of policy stores. Identity sources are asked for their keys where identity providers may be.
func (g *ground) furnishPermissions(r *rooms) error {
	networks, err := g.outsideNetworks()
	if err != nil {
		return err
	}
	r.permissions = permission.New(permission.Parts{
		Config: g.cfg.Permissions, Stores: g.store, Rows: g.store, Aliases: g.store, Repeats: g.store, Keys: g.keys, Now: g.clock.Now,
		Pools: sourcePools{g.poolTokens(r), r.directory, g}, OpenID: auxdata.NewProviders(outbound.NewGuarded(providerWait, networks...), g.clock.Now),
	})
	return nil
}

// outsideNetworks are those besides the public addresses where identity providers may be.
func (g *ground) outsideNetworks() ([]netip.Prefix, error) {
	networks, err := g.cfg.Federation.Prefixes()
	if err != nil {
		return nil, fmt.Errorf("federation settings: %w", err)
	}
	if g.dev {
		networks = append(networks, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	return networks, nil
}

// sourcePools verifies the tokens of our own user pools for identity sources.
type sourcePools struct {
	tokens    *auxdata.Pools
	directory *directory.Directory
	ground    *ground
}

// Issuer is permission.Pools'.
func (p sourcePools) Issuer(ctx context.Context, poolID string) (string, error) {
	pool, err := p.directory.Pools.Get(ctx, poolID)
	if err != nil {
		return "", err
	}
	return p.ground.issuer(pool), nil
}

// Verify is permission.Pools'.
func (p sourcePools) Verify(ctx context.Context, token string, live bool) (payload []byte, poolID string, err error) {
	payload, pool, err := p.tokens.VerifyOf(ctx, token, live)
	if pool != nil {
		poolID = pool.ID
	}
	return payload, poolID, err
}

// permissionService answers the operations of Verified Permissions.
func (h *house) permissionService(r *rooms) *verifiedpermissions.Service {
	return &verifiedpermissions.Service{
		Account: h.cfg.Account, Permissions: r.permissions, Record: h.recorder(), Now: h.clock.Now,
		Observe: func(allowed, denied int) { h.told.Metrics.Decided("cedar", allowed, denied) },
	}
}

var _ permission.Pools = sourcePools{}
