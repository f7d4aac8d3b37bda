package door

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/gate"
	"cognate.dev/cognate/internal/password"
)

// crowded runs check while ten callers wait at a gate whose slot is held for a second each.
func crowded(t *testing.T, patience time.Duration, check func(a Admission)) {
	synctest.Test(t, func(t *testing.T) {
		a := Admission{Hasher: password.NewHasher(password.Params{}, 1), Signing: gate.New(1), Patience: patience}
		var group sync.WaitGroup
		hold := func() {
			leave, err := a.Signing.Enter(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Second)
			leave()
		}
		for range 100 {
			hold()
		}
		for range 11 {
			group.Go(hold)
		}
		synctest.Wait()
		check(a)
		group.Wait()
		if err := a.Ask(); err != nil {
			t.Errorf("when the crowd has gone: %v", err)
		}
	})
}

func TestWhoWouldWaitTooLongIsTurnedAwayAtTheDoor(t *testing.T) {
	t.Parallel()
	crowded(t, 4*time.Second, func(a Admission) {
		err := a.Operation("InitiateAuth")
		if !fault.Is(err, fault.Throttled, fault.Load) || fault.As(err).After != 7*time.Second {
			t.Errorf("eleven seconds of waiting, four of Patience: %#v", err)
		}
		if err := a.Operation("GetUser"); err != nil {
			t.Errorf("an operation that costs little was turned away: %v", err)
		}
	})
	crowded(t, 20*time.Second, func(a Admission) {
		if err := a.Operation("InitiateAuth"); err != nil {
			t.Errorf("patience is longer than the wait: %v", err)
		}
	})
}

func TestABusyServerSaysSoInTheWordsOfEachDoor(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	crowded(t, time.Second, func(a Admission) {
		for _, c := range []struct {
			method, path, want, kind string
			busy                     func(http.ResponseWriter)
			status                   int
		}{
			{"POST", "/oauth2/token", `"temporarily_unavailable"`, "application/json", BusyTokens, http.StatusTooManyRequests},
			{"POST", "/oauth2/token", "Nothing was changed", "text/html; charset=utf-8", BusyForm, http.StatusTooManyRequests},
			{"GET", "/oauth2/token", "", "", BusyTokens, http.StatusNoContent},
			{"POST", "/oauth2/userInfo", "", "", BusyTokens, http.StatusNoContent},
		} {
			w := httptest.NewRecorder()
			a.Forms(next, TokenPath, c.busy).ServeHTTP(w, httptest.NewRequest(c.method, c.path, http.NoBody))
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) || w.Header().Get("Content-Type") != c.kind {
				t.Errorf("%s %s: %d %v %s", c.method, c.path, w.Code, w.Header(), w.Body)
			}
			if after := w.Header().Get("Retry-After"); (after == "10") != (c.status == http.StatusTooManyRequests) {
				t.Errorf("%s %s: Retry-After %q", c.method, c.path, after)
			}
		}
	})
}
