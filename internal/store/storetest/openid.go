package storetest

import (
	"fmt"
	"testing"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

func pushed(n int) *authorize.Pushed {
	return &authorize.Pushed{
		Hash: fmt.Sprintf("pushed-%d", n), PoolID: poolID, ClientID: "client", Issuer: "https://id.example.com", Query: "scope=openid&state=%C3%A4",
		ExpiresAt: later(1000 + n),
	}
}

func notice(n int) *authorize.Notice {
	return &authorize.Notice{
		ID: fmt.Sprintf("notice-%d", n), PoolID: poolID, ClientID: "client", Issuer: "https://id.example.com", UserID: sub(1),
		Browser: "browser", MadeAt: now, Tries: n, DueAt: later(n),
	}
}

func openIDs(t *testing.T, open Open) {
	t.Run("APushedRequestBeginsOnceAndIsUsedOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertPushed(ctx(), pushed(1)))
		got, err := s.Pushed(ctx(), "pushed-1")
		must(t, err)
		same(t, "pushed request", got, pushed(1))
		must(t, s.BeginPushed(ctx(), "pushed-1", later(5000)))
		must(t, s.BeginPushed(ctx(), "pushed-1", later(9000)))
		got, err = s.Pushed(ctx(), "pushed-1")
		must(t, err)
		want := pushed(1)
		want.Begun, want.ExpiresAt = true, later(5000)
		same(t, "begun request", got, want)
		won := make(chan bool, 20)
		together(t, 20, func(int) error {
			was, err := s.DeletePushed(ctx(), "pushed-1")
			if was {
				won <- true
			}
			return err
		})
		same(t, "winners", len(won), 1)
		got, err = s.Pushed(ctx(), "pushed-1")
		must(t, err)
		same(t, "a request that was used", got, nil)
	})
	t.Run("PushedRequestsEnd", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertPushed(ctx(), pushed(1)))
		must(t, s.InsertPushed(ctx(), pushed(2)))
		must(t, s.Sweep(ctx(), later(1002)))
		for n, there := range map[int]bool{1: false, 2: true} {
			got, err := s.Pushed(ctx(), pushed(n).Hash)
			must(t, err)
			same(t, "there", got != nil, there)
		}
	})
	t.Run("WhatIsForNoPoolIsRefused", func(t *testing.T) {
		t.Parallel()
		s, p, n := seeded(t, open), pushed(1), notice(1)
		p.PoolID, n.PoolID = "none", "none"
		faulty(t, "insert pushed", s.InsertPushed(ctx(), p), fault.Missing, "", "")
		faulty(t, "insert notice", s.InsertNotice(ctx(), n), fault.Missing, "", "")
	})
	t.Run("ANoticeIsTakenByOneNodeAtATime", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for n := range 4 {
			must(t, s.InsertNotice(ctx(), notice(n)))
		}
		taken := make(chan string, 100)
		together(t, 10, func(int) error {
			list, err := s.TakeNotices(ctx(), later(2), later(100), 2)
			for _, n := range list {
				taken <- n.ID
			}
			return err
		})
		close(taken)
		seen := map[string]int{}
		for id := range taken {
			seen[id]++
		}
		same(t, "taken", seen, map[string]int{"notice-0": 1, "notice-1": 1, "notice-2": 1})
		list, err := s.TakeNotices(ctx(), later(100), later(200), 10)
		must(t, err)
		same(t, "due again", len(list), 4)
		want := notice(3)
		want.Tries++
		same(t, "notice", list[0], want)
		must(t, s.DeleteNotice(ctx(), "notice-3"))
		must(t, s.DeleteNotice(ctx(), "notice-3"))
	})
	t.Run("SessionsOfABrowserAreFoundWithWhatTheyAre", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		strict := session(1, sub(1))
		strict.BrowserID, strict.OpenID = "browser", &token.OpenID{Issuer: "https://id.example.com", AMR: []string{"pwd"}, JKT: "key", IDClaims: []string{"name"}}
		other, dead := session(2, sub(1)), session(3, sub(1))
		other.BrowserID, dead.BrowserID, dead.RevokedAt = "", "browser", now
		for _, one := range []*token.Session{strict, other, dead} {
			must(t, s.InsertSession(ctx(), one))
		}
		list, err := s.SessionsThrough(ctx(), poolID, "browser")
		must(t, err)
		same(t, "sessions", list, []*token.Session{strict})
		for browser, pool := range map[string]string{"": poolID, "browser": "other"} {
			list, err := s.SessionsThrough(ctx(), pool, browser)
			must(t, err)
			same(t, "sessions of another", list, nil)
		}
	})
}
