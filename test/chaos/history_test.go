package chaos

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"cognate.dev/cognate/test/started"
)

// verb is what a client asks of a single-use thing.
type verb string

const (
	use  verb = "use"  // it up: a code, a session of a challenge, an authorization code, a refresh token
	look verb = "look" // whether what the use brought is there
	end  verb = "end"  // revoke
)

// question and reply are the two ends of an operation, as porcupine sees them.
type (
	question struct {
		verb  verb
		thing string // of a session's refresh tokens: which
		// contended: another use was under way.
		contended bool
	}
	reply struct {
		yes bool
		got string // the next refresh token
		// lost: no answer came, and it may have happened or not.
		lost bool
	}
)

// state of a thing: how often it was used, its session alive, the refresh token that counts.
type state struct {
	used, over bool
	token      string
}

// once is a thing that works once. Looking says whether it was used.
func once() porcupine.Model {
	return model(state{}, func(s state, q question, r reply) (bool, state) {
		if q.verb == look {
			return r.yes == s.used, s
		}
		return r.yes == !s.used, state{used: true}
	})
}

// authCode is an authorization code: used again it takes away what the first use gave (RFC 6749 section 4.1.2), also when
// that was still under way: then nobody gets anything. Looking tries the access token of the first use.
func authCode() porcupine.Model {
	return model(state{}, func(s state, q question, r reply) (bool, state) {
		switch {
		case q.verb == look:
			return r.yes == (s.used && !s.over), s
		case s.used:
			s.over = true
			return !r.yes, s
		}
		return r.yes || q.contended, state{used: true, over: !r.yes}
	})
}

// contend marks the uses that overlap with another one.
func contend(list []porcupine.Operation) {
	for i, a := range list {
		q := a.Input.(question)
		for j, b := range list {
			if i != j && q.verb == use && b.Input.(question).verb == use && a.Call < b.Return && b.Call < a.Return {
				q.contended = true
			}
		}
		list[i].Input = q
	}
}

// rotation is a session whose refresh token is another one after each use. A token that had its turn ends the session.
func rotation(first string) porcupine.Model {
	return model(state{token: first}, func(s state, q question, r reply) (bool, state) {
		switch {
		case q.verb == look:
			return r.yes == !s.over, s
		case q.verb == end:
			s.over = true
			return r.yes, s
		case s.over:
			return !r.yes, s
		case q.thing != s.token:
			s.over = true
			return !r.yes, s
		}
		s.token = r.got
		return r.yes, s
	})
}

// model lets operations without an answer pass: they return at the end of time, where it does not matter any more whether
// they happened.
func model(first state, step func(state, question, reply) (bool, state)) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(s, in, out any) (bool, any) {
			was, q, r := s.(state), in.(question), out.(reply)
			if r.lost {
				_, after := step(was, q, reply{yes: true})
				return true, after
			}
			ok, after := step(was, q, r)
			return ok, after
		},
		DescribeOperation: func(in, out any) string {
			q, r := in.(question), out.(reply)
			return fmt.Sprintf("%s %s → %v %s (lost: %v)", q.verb, short(q.thing), r.yes, short(r.got), r.lost)
		},
	}
}

// short is the end of a token.
func short(token string) string { return token[max(0, len(token)-4):] }

// history is what clients asked of one thing and heard.
type history struct {
	mu    sync.Mutex
	began time.Time
	list  []porcupine.Operation
}

func newHistory() *history { return &history{began: time.Now()} }

// record asks and keeps when the question left and when the answer came.
func (h *history) record(client int, q question, ask func() reply) reply {
	called := time.Since(h.began)
	r := ask()
	returned := time.Since(h.began)
	if r.lost {
		returned = math.MaxInt64
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, porcupine.Operation{ClientId: client, Input: q, Call: int64(called), Output: r, Return: int64(returned)})
	return r
}

// linear fails the test unless the operations could have happened one after another, each at some moment between its
// question and its answer.
func linear(t *testing.T, what string, m porcupine.Model, list []porcupine.Operation) bool {
	t.Helper()
	if porcupine.CheckOperationsTimeout(m, list, started.Patience) == porcupine.Ok {
		return true
	}
	slices.SortFunc(list, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	t.Errorf("%s: what clients saw cannot have happened in any order:", what)
	for _, o := range list {
		t.Logf("  client %d, %v to %v: %s", o.ClientId, time.Duration(o.Call), time.Duration(o.Return), m.DescribeOperation(o.Input, o.Output))
	}
	return false
}

// doctored are copies of a history, in each of which one answer is another one. A checker that takes one of them would take
// a server that is wrong; unless what was changed overlapped with so much that both can be true.
func doctored(list []porcupine.Operation) (copies [][]porcupine.Operation) {
	for i, o := range list {
		r := o.Output.(reply)
		if r.lost || o.Input.(question).verb != use {
			continue
		}
		other := slices.Clone(list)
		r.yes = !r.yes
		other[i].Output = r
		copies = append(copies, other)
	}
	return copies
}

// TestTheCheckerRejectsADoctoredHistory fails when the checks below would let a server through that takes a thing twice.
func TestTheCheckerRejectsADoctoredHistory(t *testing.T) {
	t.Parallel()
	at := func(from, to int64, v verb, thing string, r reply) porcupine.Operation {
		return porcupine.Operation{Input: question{verb: v, thing: thing}, Output: r, Call: from, Return: to}
	}
	yes, no, lost := reply{yes: true}, reply{}, reply{lost: true}
	gives := func(token string) reply { return reply{yes: true, got: token} }
	for name, c := range map[string]struct {
		model porcupine.Model
		list  []porcupine.Operation
		right bool
	}{
		"a code works once":                        {once(), []porcupine.Operation{at(0, 9, use, "", yes), at(1, 8, use, "", no)}, true},
		"a code works twice":                       {once(), []porcupine.Operation{at(0, 9, use, "", yes), at(1, 8, use, "", yes)}, false},
		"a code never works":                       {once(), []porcupine.Operation{at(0, 9, use, "", no), at(1, 8, use, "", no)}, false},
		"refused before it is used":                {once(), []porcupine.Operation{at(0, 1, use, "", no), at(2, 3, use, "", yes)}, false},
		"an answer was lost":                       {once(), []porcupine.Operation{at(0, math.MaxInt64, use, "", lost), at(1, 2, use, "", no)}, true},
		"an answer was lost, and nothing happened": {once(), []porcupine.Operation{at(0, math.MaxInt64, use, "", lost), at(1, 2, use, "", yes)}, true},
		"a node has not heard of it":               {once(), []porcupine.Operation{at(0, 1, use, "", yes), at(2, 3, look, "", no)}, false},
		"it is seen, and then it is not":           {once(), []porcupine.Operation{at(0, 9, use, "", yes), at(1, 2, look, "", yes), at(3, 4, look, "", no)}, false},
		"a second use takes the tokens back":       {authCode(), []porcupine.Operation{at(0, 1, use, "", yes), at(2, 3, use, "", no), at(4, 5, look, "", no)}, true},
		"a second use leaves the tokens":           {authCode(), []porcupine.Operation{at(0, 1, use, "", yes), at(2, 3, use, "", no), at(4, 5, look, "", yes)}, false},
		"a code is refused for no reason":          {authCode(), []porcupine.Operation{at(0, 1, use, "", no), at(2, 3, use, "", no)}, false},
		"two uses at once, and none works":         {authCode(), []porcupine.Operation{at(0, 5, use, "", no), at(1, 4, use, "", no)}, true},
		"two uses at once, and both work":          {authCode(), []porcupine.Operation{at(0, 5, use, "", yes), at(1, 4, use, "", yes)}, false},
		"a token is rotated":                       {rotation("a"), []porcupine.Operation{at(0, 1, use, "a", gives("b")), at(2, 3, use, "b", gives("c")), at(4, 5, look, "", yes)}, true},
		"two successors":                           {rotation("a"), []porcupine.Operation{at(0, 5, use, "a", gives("b")), at(1, 4, use, "a", gives("c"))}, false},
		"a thief's use goes unnoticed":             {rotation("a"), []porcupine.Operation{at(0, 1, use, "a", gives("b")), at(2, 3, use, "a", no), at(4, 5, use, "b", gives("c"))}, false},
		"a revoked session goes on":                {rotation("a"), []porcupine.Operation{at(0, 1, end, "", yes), at(2, 3, use, "a", gives("b"))}, false},
	} {
		contend(c.list)
		if got := porcupine.CheckOperations(c.model, c.list); got != c.right {
			t.Errorf("%s: the checker says %v", name, got)
		}
	}
}
