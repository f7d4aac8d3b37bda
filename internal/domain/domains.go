package domain

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
)

// Parts is what the room is built from. All but OnCommit are needed.
type Parts struct {
	Store Store
	// OnCommit runs fn once the transaction in ctx has committed. Nil: at once.
	OnCommit func(ctx context.Context, fn func())
	Public   string // URL under which clients reach this server: its host is what prefixes stand before
	Now      clock.Clock
}

// Domains creates, finds, changes and deletes domains. A change on this node is seen at once, one on another node
// within a second.
type Domains struct {
	store    Store
	onCommit func(context.Context, func())
	now      clock.Clock
	base     base
	names    *cache.Cache[string, *Domain]
	pools    *cache.Cache[string, []*Domain]
}

// The caches of lookups by host and by pool.
const (
	fresh    = time.Second
	maxNames = 10_000
)

// New builds the service.
func New(p Parts) (*Domains, error) {
	b, err := parseBase(p.Public)
	if err != nil {
		return nil, err
	}
	if p.OnCommit == nil {
		p.OnCommit = func(_ context.Context, fn func()) { fn() }
	}
	d := &Domains{store: p.Store, onCommit: p.OnCommit, now: p.Now, base: b}
	bounds := cache.Config{Max: maxNames, TTL: fresh, Absent: fresh, Clock: p.Now}
	d.names = cache.New(bounds, func(ctx context.Context, name string) (cache.Loaded[*Domain], error) {
		found, err := p.Store.Domain(ctx, name)
		return cache.Loaded[*Domain]{Value: found, Found: found != nil}, err
	})
	d.pools = cache.New(bounds, func(ctx context.Context, poolID string) (cache.Loaded[[]*Domain], error) {
		list, err := p.Store.DomainsOf(ctx, poolID)
		return cache.Loaded[[]*Domain]{Value: list, Found: len(list) > 0}, err
	})
	return d, nil
}

// Spec asks for a domain, or for a change of one: what is zero stays then.
type Spec struct {
	PoolID      string
	Name        string
	ClassicOnly bool // the pool's tier has no other pages
	Settings
}

// Create gives a pool a domain. The caller has made sure that the pool exists.
func (d *Domains) Create(ctx context.Context, spec Spec) (*Domain, error) {
	if spec.ManagedLogin == 0 {
		spec.ManagedLogin = 1
	}
	if err := spec.checkPages(); err != nil {
		return nil, err
	}
	if err := d.checkName(spec.Name, spec.Custom); err != nil {
		return nil, err
	}
	x := &Domain{Name: spec.Name, PoolID: spec.PoolID, Settings: spec.Settings, CreatedAt: moment(d.now)}
	x.ModifiedAt = x.CreatedAt
	err := d.write(ctx, x.PoolID, x.Name, func(ctx context.Context) error { return d.store.InsertDomain(ctx, x) })
	if fault.Is(err, fault.Limited, "") {
		return nil, fault.Invalidf("User pool already has a domain configured.").Because(err)
	}
	return x, err
}

// Forget makes this node look for a domain anew, or for all when name is empty, because another node has changed it.
func (d *Domains) Forget(poolID, name string) {
	if name == "" {
		d.names.InvalidateAll()
		d.pools.InvalidateAll()
		return
	}
	d.names.Invalidate(name)
	d.pools.Invalidate(poolID)
}

// Get finds a domain by its name; nil when nobody has it.
func (d *Domains) Get(ctx context.Context, name string) (*Domain, error) {
	return d.store.Domain(ctx, name)
}

// Update changes what the spec gives. A prefix has no certificate.
func (d *Domains) Update(ctx context.Context, spec Spec) (*Domain, error) {
	if err := spec.checkPages(); err != nil {
		return nil, err
	}
	var changed *Domain
	err := d.write(ctx, spec.PoolID, spec.Name, func(ctx context.Context) (err error) {
		changed, err = d.store.UpdateDomain(ctx, spec.PoolID, spec.Name, func(x *Domain) error {
			if spec.Custom && !x.Custom {
				return fault.Invalidf("A prefix domain has no CustomDomainConfig.")
			}
			if spec.ManagedLogin != 0 {
				x.ManagedLogin = spec.ManagedLogin
			}
			if spec.Custom {
				x.CertificateARN, x.SecurityPolicy = spec.CertificateARN, spec.SecurityPolicy
			}
			if spec.Routing != nil {
				x.Routing = spec.Routing
			}
			x.ModifiedAt = moment(d.now)
			return nil
		})
		if err == nil && changed == nil {
			return nobody()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// Delete takes a domain from a pool. Whoever is at its pages cannot go on.
func (d *Domains) Delete(ctx context.Context, poolID, name string) error {
	return d.write(ctx, poolID, name, func(ctx context.Context) error {
		deleted, err := d.store.DeleteDomain(ctx, poolID, name)
		if err == nil && !deleted {
			return nobody()
		}
		return err
	})
}

// Of gives the prefix and the custom domain of a pool; nil for one that it does not have.
func (d *Domains) Of(ctx context.Context, poolID string) (prefix, custom *Domain, err error) {
	r, err := d.pools.Get(ctx, poolID)
	if err != nil {
		return nil, nil, err
	}
	for _, x := range r.Value {
		if x.Custom {
			custom = x
		} else {
			prefix = x
		}
	}
	return prefix, custom, nil
}

// Has says whether a pool has a domain.
func (d *Domains) Has(ctx context.Context, poolID string) (bool, error) {
	prefix, custom, err := d.Of(ctx, poolID)
	return prefix != nil || custom != nil, err
}

// KeepPool refuses the deletion of a pool that has a domain. It is for use inside the transaction that deletes.
func (d *Domains) KeepPool(ctx context.Context, poolID string) error {
	list, err := d.store.DomainsOf(ctx, poolID)
	if err == nil && len(list) > 0 {
		return fault.Invalidf("User pool cannot be deleted. It has a domain configured that should be deleted first.")
	}
	return err
}

func (d *Domains) write(ctx context.Context, poolID, name string, change func(context.Context) error) error {
	return d.store.InTx(ctx, func(ctx context.Context) error {
		if err := change(ctx); err != nil {
			return err
		}
		d.onCommit(ctx, func() { d.names.Invalidate(name); d.pools.Invalidate(poolID) })
		return nil
	})
}

func (s Spec) checkPages() error {
	switch {
	case s.ManagedLogin < 0 || s.ManagedLogin > 2:
		return fault.Invalidf("ManagedLoginVersion must be 1 or 2.")
	case s.ManagedLogin == 2 && s.ClassicOnly:
		return fault.New(fault.Unsupported, fault.Tier, "Managed login is not available in the tier of this user pool.")
	case !slices.Contains([]string{"", "TLS_V1", "TLS_V1_2_2021", NewestTLS}, s.SecurityPolicy):
		return fault.Invalidf("Unknown SecurityPolicy %s.", s.SecurityPolicy)
	}
	return nil
}

var (
	label  = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	number = regexp.MustCompile(`^[0-9]+$`)
)

// checkName obeys the form of names. A custom domain needs a domain above it, and none of the names that prefixes have.
func (d *Domains) checkName(name string, custom bool) error {
	if !custom {
		if !label.MatchString(name) {
			return fault.Invalidf("A domain prefix has 1 to 63 lower-case letters, digits and hyphens and neither starts nor ends with a hyphen.")
		}
		for _, word := range []string{"aws", "amazon", "cognito"} {
			if strings.Contains(name, word) {
				return fault.Invalidf("Domain cannot contain reserved word: %s", word)
			}
		}
		return nil
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if !label.MatchString(l) {
			return fault.Invalidf("Custom domain is not a valid subdomain: %s", name)
		}
	}
	if len(labels) < 3 || len(name) > 253 || number.MatchString(labels[len(labels)-1]) {
		return fault.Invalidf("Custom domain is not a valid subdomain: %s", name)
	}
	if d.base.covers(name) {
		return fault.Invalidf("The custom domain %s belongs to this server.", name)
	}
	return nil
}

func nobody() error { return fault.Invalidf("No such domain or user pool exists.") }

func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
