package app

import (
	"cognate.dev/cognate/internal/app/apigateway"
	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/auxdata"
)

// openGateway reads the APIs, when there is a gateway. How functions are reached, and who signs, is settled.
func (h *house) openGateway() (err error) {
	h.apis, err = apigateway.Open(apigateway.Parts{
		Config: h.cfg.Gateway, TrustedProxies: h.cfg.TrustedProxies, Region: h.cfg.Region, Account: h.cfg.Account,
		Functions: h.functions, Signatures: caller.Signers{Authority: h.authority, Auth: h.auth}, Decisions: h.decisions.Load,
		Told: h.told, Now: h.clock.Now,
	})
	return err
}

// poolTokens verifies tokens of our own user pools.
func (g *ground) poolTokens(r *rooms) *auxdata.Pools {
	return &auxdata.Pools{
		Keys: r.ring, Pools: r.directory.Pools, Clients: r.directory.Clients, Sessions: g.store, Issuer: g.issuer,
		Strict: g.strictIssuer(r),
	}
}
