package mailbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
)

func send(t *testing.T, b *mailbox.Box, to ...string) {
	t.Helper()
	for _, to := range to {
		if err := b.Send(t.Context(), message.Message{To: to, Username: "user-of-" + to}); err != nil {
			t.Fatal(err)
		}
	}
}

func ids(entries []mailbox.Entry) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, e.ID+" "+e.To)
	}
	return out
}

func TestTheNewestMessageComesFirstAndTheOldestGoes(t *testing.T) {
	t.Parallel()
	b := mailbox.New(3)
	send(t, b, "a", "b", "c", "d")
	if diff := cmp.Diff([]string{"4 d", "3 c", "2 b"}, ids(b.List(mailbox.Query{}))); diff != "" {
		t.Error(diff)
	}
}

func TestMessagesAreSelected(t *testing.T) {
	t.Parallel()
	b := mailbox.New(4)
	send(t, b, "gone@example.com", "Alice@example.com", "bob@example.com", "alice@example.com", "carol@example.com")
	for _, c := range []struct {
		q    mailbox.Query
		want []string
	}{
		{mailbox.Query{To: "ALICE@example.com"}, []string{"4 alice@example.com", "2 Alice@example.com"}},
		{mailbox.Query{To: "alice"}, []string{}},
		{mailbox.Query{Search: "ALICE"}, []string{"4 alice@example.com", "2 Alice@example.com"}},
		{mailbox.Query{Search: "of-bob"}, []string{"3 bob@example.com"}},
		{mailbox.Query{Limit: 1}, []string{"5 carol@example.com"}},
		{mailbox.Query{After: "3"}, []string{"5 carol@example.com", "4 alice@example.com"}},
		{mailbox.Query{After: "5"}, []string{}},
		{mailbox.Query{After: "99"}, []string{}},
		{mailbox.Query{After: "1", To: "bob@example.com"}, []string{"3 bob@example.com"}},
		{mailbox.Query{After: "?", Limit: 4}, []string{"5 carol@example.com", "4 alice@example.com", "3 bob@example.com", "2 Alice@example.com"}},
	} {
		if diff := cmp.Diff(c.want, ids(b.List(c.q))); diff != "" {
			t.Errorf("%+v:\n%s", c.q, diff)
		}
	}
}

func TestClearForgetsMessagesAndKeepsCounting(t *testing.T) {
	t.Parallel()
	b := mailbox.New(0)
	send(t, b, "a", "b")
	b.Clear()
	if got := b.List(mailbox.Query{}); len(got) != 0 {
		t.Errorf("left: %v", ids(got))
	}
	send(t, b, "c")
	if diff := cmp.Diff([]string{"3 c"}, ids(b.List(mailbox.Query{After: "2"}))); diff != "" {
		t.Error(diff)
	}
}

func TestWaitingEndsWithTheMessageOneWaitsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := mailbox.New(0)
		send(t, b, "alice@example.com")
		got := make(chan []mailbox.Entry, 1)
		go func() { got <- b.Wait(t.Context(), mailbox.Query{To: "alice@example.com", After: "1"}) }()
		synctest.Wait()
		send(t, b, "bob@example.com")
		synctest.Wait()
		select {
		case early := <-got:
			t.Fatalf("woken by another's message: %v", ids(early))
		default:
		}
		send(t, b, "alice@example.com")
		if diff := cmp.Diff([]string{"3 alice@example.com"}, ids(<-got)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		if got := mailbox.New(0).Wait(ctx, mailbox.Query{}); len(got) != 0 {
			t.Errorf("got %v", ids(got))
		}
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestClosingTheBoxEndsAllWaiting(t *testing.T) {
	t.Parallel()
	b := mailbox.New(0)
	got := make(chan []mailbox.Entry, 1)
	go func() { got <- b.Wait(context.Background(), mailbox.Query{}) }()
	b.Close()
	b.Close()
	if late := <-got; len(late) != 0 {
		t.Errorf("got %v", ids(late))
	}
	send(t, b, "a")
	if len(b.Wait(t.Context(), mailbox.Query{})) != 1 {
		t.Error("a closed box lists nothing")
	}
}

func TestManySendersLoseNoMessage(t *testing.T) {
	t.Parallel()
	b := mailbox.New(0)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				_ = b.Send(context.Background(), message.Message{To: fmt.Sprint(i, j)})
				b.List(mailbox.Query{Limit: 1})
			}
		})
	}
	group.Wait()
	seen := map[string]bool{}
	for _, e := range b.List(mailbox.Query{}) {
		seen[e.ID] = true
	}
	if len(seen) != 400 {
		t.Errorf("%d different ids, want 400", len(seen))
	}
}
