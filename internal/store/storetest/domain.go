package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/fault"
)

func domainOf(pool, name string, custom bool) *domain.Domain {
	return &domain.Domain{
		Name: name, PoolID: pool, Settings: domain.Settings{ManagedLogin: 1, Custom: custom}, CreatedAt: now, ModifiedAt: now,
	}
}

func domains(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		want := domainOf(poolID, "id.example.com", true)
		want.CertificateARN, want.SecurityPolicy = "arn", "TLS_V1_2_2021"
		want.Routing, want.ModifiedAt = &domain.Routing{SecondaryRegion: "r", HealthCheckID: "h"}, later(1)
		must(t, s.InsertDomain(ctx(), want))
		got, err := s.Domain(ctx(), want.Name)
		must(t, err)
		same(t, "domain", got, want)
		got, err = s.UpdateDomain(ctx(), poolID, want.Name, func(d *domain.Domain) error {
			d.ManagedLogin, d.Custom = 2, false
			return nil
		})
		must(t, err)
		want.ManagedLogin = 2
		same(t, "updated", got, want)
		must(t, s.InsertDomain(ctx(), domainOf(poolID, "people", false)))
		list, err := s.DomainsOf(ctx(), poolID)
		must(t, err)
		same(t, "domains of the pool", list, []*domain.Domain{domainOf(poolID, "people", false), want})
	})
	t.Run("ANameBelongsToOnePool", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		var taken atomic.Int32
		for i := range 6 {
			must(t, s.InsertPool(ctx(), pool(fmt.Sprintf("r_%d", i))))
		}
		together(t, 6, func(i int) error {
			err := s.InsertDomain(ctx(), domainOf(fmt.Sprintf("r_%d", i), "people", false))
			if fault.Is(err, fault.Exists, "") {
				taken.Add(1)
				return nil
			}
			return err
		})
		same(t, "refused", taken.Load(), 5)
	})
	t.Run("APoolHasOneDomainOfAKind", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, custom := range []bool{false, true} {
			must(t, s.InsertDomain(ctx(), domainOf(poolID, fmt.Sprint("first", custom), custom)))
			faulty(t, "second", s.InsertDomain(ctx(), domainOf(poolID, fmt.Sprint("second", custom), custom)), fault.Limited, "", "")
		}
	})
	t.Run("WhatIsNotThereIsNil", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		faulty(t, "insert", s.InsertDomain(ctx(), domainOf(poolID, "a", false)), fault.Missing, "", "User pool "+poolID+" does not exist.")
		must(t, s.InsertPool(ctx(), pool(poolID)))
		must(t, s.InsertDomain(ctx(), domainOf(poolID, "a", false)))
		for pool, name := range map[string]string{poolID: "b", "r_other": "a"} {
			d, err := s.UpdateDomain(ctx(), pool, name, func(*domain.Domain) error { return nil })
			must(t, err)
			same(t, "updated", d, nil)
			deleted, err := s.DeleteDomain(ctx(), pool, name)
			must(t, err)
			same(t, "deleted", deleted, false)
		}
		deleted, err := s.DeleteDomain(ctx(), poolID, "a")
		must(t, err)
		same(t, "deleted", deleted, true)
		d, err := s.Domain(ctx(), "a")
		must(t, err)
		same(t, "domain", d, nil)
	})
	t.Run("DomainsGoWithThePool", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertDomain(ctx(), domainOf(poolID, "a", false)))
		must(t, s.DeletePool(ctx(), poolID))
		d, err := s.Domain(ctx(), "a")
		must(t, err)
		same(t, "domain", d, nil)
	})
}
