package storetest

import (
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/risk"
)

func authEvents(t *testing.T, open Open) {
	event := func(n int, response string) *risk.Event {
		return &risk.Event{PoolID: poolID, UserID: sub(1), ID: fmt.Sprintf("event%d", n), CreatedAt: later(n), Facts: risk.Facts{
			Type: risk.SignIn, Response: response, Decision: "NoRisk", Stolen: new(false), Address: "192.0.2.1",
			Challenges: []risk.Answered{{Name: "Password", Response: "Success"}}, Place: risk.Place{City: "Berlin", Latitude: 1.5, Located: true},
		}}
	}
	t.Run("AreKeptListedAndJudged", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		faulty(t, "of nobody", s.SaveEvent(ctx(), &risk.Event{PoolID: poolID, UserID: sub(9), ID: "e"}), fault.Missing, fault.User, "")
		for i := range 6 {
			must(t, s.SaveEvent(ctx(), event(i, []string{"Pass", "Fail", "InProgress"}[i%3])))
		}
		list := func(after risk.Mark, limit int) (ids []string) {
			t.Helper()
			got, err := s.ListEvents(ctx(), poolID, sub(1), after, limit)
			must(t, err)
			for _, e := range got {
				ids = append(ids, e.ID)
			}
			return ids
		}
		same(t, "first page", list(risk.Mark{}, 2), []string{"event5", "event4"})
		same(t, "next page", list(risk.Mark{At: later(4).UnixMilli(), ID: "event4"}, 9), []string{"event3", "event2", "event1", "event0"})
		of := func(o risk.Outcome, since time.Time) (ids []string) {
			t.Helper()
			got, err := s.EventsOf(ctx(), poolID, sub(1), o, since, 9)
			must(t, err)
			for _, e := range got {
				ids = append(ids, e.ID)
			}
			return ids
		}
		same(t, "good", of(risk.Good, now), []string{"event3", "event0"})
		same(t, "wrong", of(risk.Wrong, later(2)), []string{"event4"})

		finished := event(5, "Pass")
		finished.CreatedAt = later(999)
		must(t, s.SaveEvent(ctx(), finished))
		same(t, "finished", of(risk.Good, now), []string{"event5", "event3", "event0"})
		got, err := s.ListEvents(ctx(), poolID, sub(1), risk.Mark{}, 1)
		must(t, err)
		finished.CreatedAt = later(5)
		same(t, "finished", got[0], finished)

		say := &risk.Feedback{Value: "Invalid", Provider: "User", At: later(7)}
		must(t, s.UpdateEvent(ctx(), poolID, sub(1), "event3", func(e *risk.Event) error { e.Feedback = say; return nil }))
		same(t, "disowned", of(risk.Good, now), []string{"event5", "event0"})
		must(t, s.SaveEvent(ctx(), event(3, "Pass"))) // what comes late does not undo it
		same(t, "still disowned", of(risk.Good, now), []string{"event5", "event0"})
		got, err = s.ListEvents(ctx(), poolID, sub(1), risk.Mark{At: later(4).UnixMilli(), ID: "event4"}, 1)
		must(t, err)
		same(t, "feedback", got[0].Feedback, say)

		no := func(*risk.Event) error { return nil }
		faulty(t, "unknown", s.UpdateEvent(ctx(), poolID, sub(1), "event9", no), fault.Missing, "", "")
		faulty(t, "of somebody else", s.UpdateEvent(ctx(), poolID, sub(2), "event1", no), fault.Missing, "", "")
	})
	t.Run("EndWithTheirTimeAndTheirUser", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for i := range 3 {
			must(t, s.SaveEvent(ctx(), event(i, "Pass")))
		}
		must(t, s.DropOldEvents(ctx(), later(1)))
		count := func() int {
			got, err := s.ListEvents(ctx(), poolID, sub(1), risk.Mark{}, 9)
			must(t, err)
			return len(got)
		}
		if got := count(); got != 2 {
			t.Errorf("%d events are left, want 2", got)
		}
		must(t, s.DeleteUser(ctx(), poolID, sub(1)))
		if got := count(); got != 0 {
			t.Errorf("%d events outlive their user", got)
		}
	})
}
