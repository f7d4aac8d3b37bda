package masterkey_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/masterkey"
)

func holder(node, keys string) masterkey.Holder {
	return masterkey.Holder{Node: node, Host: node, Keys: strings.Fields(keys)}
}

// TestANewKeySealsWhenEveryNodeCanOpenIt goes through the states of a rotation.
func TestANewKeySealsWhenEveryNodeCanOpenIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		me     string
		uses   string
		others []string
		want   string
		lacks  bool
	}{
		"a new installation":                           {me: "k1", want: "k1"},
		"a second node":                                {me: "k1", uses: "k1", others: []string{"k1"}, want: "k1"},
		"new key here, not there":                      {me: "k2 k1", uses: "k1", others: []string{"k1"}, want: "k1"},
		"new key everywhere":                           {me: "k2 k1", uses: "k1", others: []string{"k2 k1"}, want: "k2"},
		"new key second elsewhere":                     {me: "k2 k1", uses: "k1", others: []string{"k1 k2"}, want: "k2"},
		"one of many lags":                             {me: "k2 k1", uses: "k1", others: []string{"k2 k1", "k1"}, want: "k1"},
		"replaced, and somebody has the old one first": {me: "k1 k2", uses: "k1 k2", others: []string{"k2 k1"}, want: "k2"},
		"a node that lacks what seals":                 {me: "k1", uses: "k1 k2", want: "k2", lacks: true},
		"another installation's file":                  {me: "x", uses: "k1", lacks: true, want: "k1"},
		"old keys are gone":                            {me: "k2", uses: "k1 k2", others: []string{"k2 k1"}, want: "k2"},
		"two new keys at once, neither known":          {me: "k3 k1", uses: "k1", others: []string{"k2 k1"}, want: "k1"},
	} {
		me := holder("me", c.me)
		state := masterkey.State{Holders: []masterkey.Holder{me}}
		for _, id := range strings.Fields(c.uses) {
			state.Uses = append(state.Uses, masterkey.Use{ID: id})
		}
		for i, keys := range c.others {
			state.Holders = append(state.Holders, holder(string(rune('a'+i)), keys))
		}
		got, err := masterkey.Decide(me, state)
		var lacks *masterkey.LacksError
		if errors.As(err, &lacks) != c.lacks || got != c.want {
			t.Errorf("%s: %q seals, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestAnOldKeyGoesWhenNothingNeedsIt(t *testing.T) {
	t.Parallel()
	replaced := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	late := replaced.Add(masterkey.Margin)
	for name, c := range map[string]struct {
		old  masterkey.Old
		at   time.Time
		says string
	}{
		"nothing left":              {masterkey.Old{}, late, ""},
		"values":                    {masterkey.Old{Values: 3}, late, "3 values"},
		"refresh tokens":            {masterkey.Old{Sessions: 2, Until: late.Add(time.Hour)}, late, "2 sessions, the last until 2026-01-31T14:00:00Z"},
		"a node that has not moved": {masterkey.Old{Nodes: []string{"id-1"}}, late, "id-1"},
		"replaced a moment ago":     {masterkey.Old{}, late.Add(-time.Second), "sign-ins under way"},
	} {
		c.old.Replaced = replaced
		why := c.old.Reason(c.at)
		if c.old.MayGo(c.at) != (c.says == "") || !strings.Contains(why, c.says) || c.says == "" && why != "" {
			t.Errorf("%s: %q", name, why)
		}
	}
}
