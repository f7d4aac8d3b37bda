package storetest

import (
	"fmt"
	"testing"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/upkeep"
)

func upkeeps(t *testing.T, open Open) {
	t.Run("RiskConfigurationsAreKept", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		got, err := s.RiskConfiguration(ctx(), poolID, "")
		must(t, err)
		same(t, "none", got, nil)
		want := &risk.Configuration{PoolID: poolID, ClientID: "client", ModifiedAt: later(1), Parts: risk.Parts{
			Compromised: &risk.Compromised{Events: []string{"SIGN_IN"}, Action: "BLOCK"},
			Takeover: &risk.Takeover{
				Low: &risk.Action{Event: "BLOCK", Notify: true}, Notify: &risk.Notify{SourceARN: "a", Block: &risk.Email{Subject: "s", HTML: "h"}},
			},
			Exceptions: &risk.Exceptions{Blocked: []string{"10.0.0.0/8"}},
		}}
		got, err = s.UpdateRiskConfiguration(ctx(), poolID, "client", func(c *risk.Configuration) error {
			*c = *want
			return nil
		})
		must(t, err)
		same(t, "set", got, want)
		got, err = s.RiskConfiguration(ctx(), poolID, "client")
		must(t, err)
		same(t, "read", got, want)
		must(t, s.DeleteRiskConfiguration(ctx(), poolID, ""))
		got, err = s.RiskConfiguration(ctx(), poolID, "client")
		must(t, err)
		same(t, "that of the client, without that of the pool", got, want)
		must(t, s.DeleteRiskConfiguration(ctx(), poolID, "client"))
		got, err = s.RiskConfiguration(ctx(), poolID, "client")
		must(t, err)
		same(t, "deleted", got, nil)
		_, err = s.UpdateRiskConfiguration(ctx(), "r_none", "", func(*risk.Configuration) error { return nil })
		faulty(t, "unknown pool", err, fault.Missing, "", "User pool r_none does not exist.")
	})
	t.Run("LogDeliveriesAreReplaced", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for _, want := range [][]upkeep.LogDelivery{{{Source: "a", Level: "b", LogGroup: "c"}, {Source: "d", Bucket: "e", Stream: "f"}}, nil} {
			must(t, s.SetLogDeliveries(ctx(), poolID, want))
			got, err := s.LogDeliveries(ctx(), poolID)
			must(t, err)
			same(t, "deliveries", got, want)
		}
		faulty(t, "unknown pool", s.SetLogDeliveries(ctx(), "r_none", nil), fault.Missing, "", "User pool r_none does not exist.")
	})
	t.Run("ReplicasComeAndGo", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		replica := func(n int) *upkeep.Replica {
			return &upkeep.Replica{PoolID: poolID, Region: fmt.Sprintf("r-%d", n), Status: "INACTIVE", Tags: map[string]string{"a": "b"}, CreatedAt: now}
		}
		for i := range 2 {
			must(t, s.InsertReplica(ctx(), replica(i), 3))
		}
		faulty(t, "again", s.InsertReplica(ctx(), replica(0), 3), fault.Exists, "", "")
		faulty(t, "too many", s.InsertReplica(ctx(), replica(2), 2), fault.Limited, "", "")
		want := replica(0)
		want.Status = "ACTIVE"
		got, err := s.UpdateReplica(ctx(), poolID, "r-0", func(r *upkeep.Replica) error { r.Status = "ACTIVE"; return nil })
		must(t, err)
		same(t, "updated", got, want)
		list, err := s.Replicas(ctx(), poolID)
		must(t, err)
		same(t, "replicas", list, []*upkeep.Replica{want, replica(1)})
		got, err = s.DeleteReplica(ctx(), poolID, "r-0")
		must(t, err)
		same(t, "deleted", got, want)
		_, update := s.UpdateReplica(ctx(), poolID, "r-0", func(*upkeep.Replica) error { return nil })
		_, remove := s.DeleteReplica(ctx(), poolID, "r-0")
		for what, err := range map[string]error{"update": update, "delete": remove} {
			faulty(t, what, err, fault.Missing, "", "The user pool has no replica in the Region r-0.")
		}
	})
	t.Run("WhatIsSetGoesWithThePool", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		_, err := s.UpdateRiskConfiguration(ctx(), poolID, "", func(*risk.Configuration) error { return nil })
		must(t, err)
		must(t, s.SetLogDeliveries(ctx(), poolID, []upkeep.LogDelivery{{Source: "a"}}))
		must(t, s.InsertReplica(ctx(), &upkeep.Replica{PoolID: poolID, Region: "r-1"}, 1))
		must(t, s.DeletePool(ctx(), poolID))
		must(t, s.InsertPool(ctx(), pool(poolID)))
		c, err := s.RiskConfiguration(ctx(), poolID, "")
		must(t, err)
		same(t, "risk configuration", c, nil)
		logs, err := s.LogDeliveries(ctx(), poolID)
		must(t, err)
		same(t, "log deliveries", logs, nil)
		replicas, err := s.Replicas(ctx(), poolID)
		must(t, err)
		same(t, "replicas", replicas, nil)
	})
	t.Run("LimitsAreKeptAndReset", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		for _, want := range []int{0, 7, 8} {
			if want > 0 {
				must(t, s.Provision(ctx(), "a", want))
			}
			got, err := s.Provisioned(ctx(), "a")
			must(t, err)
			same(t, "limit", got, want)
		}
		must(t, s.Reset(ctx()))
		got, err := s.Provisioned(ctx(), "a")
		must(t, err)
		same(t, "limit after a reset", got, 0)
	})
}
