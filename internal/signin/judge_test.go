package signin_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/choice"
	"cognate.dev/cognate/internal/signin/challenge/otp"
)

// strict is a judge that refuses at one place and keeps what it was asked.
type strict struct {
	at    string // where it refuses; empty: nowhere
	ask   bool   // for another factor
	mu    sync.Mutex
	asked []string
	seen  []signin.Evidence
}

func (s *strict) say(at, more string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, at+more)
	if at == s.at {
		return fault.Deniedf("refused at %s", at)
	}
	return nil
}

func (s *strict) Admit(context.Context, signin.Case) error            { return s.say("admit", "") }
func (s *strict) Password(context.Context, signin.Case, string) error { return s.say("password", "") }

func (s *strict) Weigh(_ context.Context, _ signin.Case, e signin.Evidence) (signin.Ruling, error) {
	s.seen = append(s.seen, e)
	return signin.Ruling{Factor: s.ask && e.CanProve, Level: "High"}, s.say("weigh", "")
}

func (s *strict) Note(_ context.Context, c signin.Case, n signin.Note) error {
	switch {
	case n.Done:
		return s.say("note", " done "+c.Ruling.Level)
	case n.Failed != "":
		return s.say("note", " failed "+string(n.Failed))
	}
	return s.say("note", " going on")
}

// TestNoFlowGoesAroundTheJudge fails when a way to sign in gives tokens, or lets somebody in on pages, without asking the
// judge each question, or whatever it answers.
func TestNoFlowGoesAroundTheJudge(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"", "admit", "weigh", "note"} {
		t.Run("refuses at "+at, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, customFlow, pool(func(p *directory.PoolSpec) { p.FirstAuthFactors = everyFirst }), client(func(c *directory.ClientSpec) {
				c.ExplicitAuthFlows = append([]string{"ALLOW_USER_AUTH"}, c.ExplicitAuthFlows...)
			}))
			box := mailbox.New(10)
			w.build(signin.Hooks{Custom: riddle{secret: "an egg", wanted: 1}}, choice.Select(), choice.SRP(), otp.Email(box, box, w.keys, w.dir.Users))
			alice := w.user("alice", directory.Confirmed)
			entry := signin.Entry{Pool: w.pool, Client: w.client, Login: "alice", Password: right}
			ways := w.flowsOf()
			ways["USER_AUTH with a password"] = func(name, pw string) (*signin.Answer, error) {
				return w.choose(name, "PREFERRED_CHALLENGE", "PASSWORD", "PASSWORD", pw)
			}
			ways["USER_AUTH with a code"] = func(name, _ string) (*signin.Answer, error) {
				a, err := w.choose(name, "PREFERRED_CHALLENGE", "EMAIL_OTP")
				if err != nil {
					return nil, err
				}
				return w.reply(signin.EmailOTP, a.Session, map[string]string{"USERNAME": name, "EMAIL_OTP_CODE": box.List(mailbox.Query{Limit: 1})[0].Code})
			}
			ways["CUSTOM_AUTH"] = func(name, _ string) (*signin.Answer, error) {
				a, err := w.custom(name)
				if err != nil {
					return nil, err
				}
				return w.solve(a, name, "an egg")
			}
			ways["pages"] = w.enter
			ways["pages, name first"] = func(_, pw string) (*signin.Answer, error) {
				a, err := w.machine.EnterByName(t.Context(), entry)
				if err != nil {
					return nil, err
				}
				r := signin.Reply{Pool: w.pool, Client: w.client, Pages: true, Challenge: string(a.Challenge), Session: a.Session,
					Answers: map[string]string{"USERNAME": "alice", "ANSWER": "PASSWORD", "PASSWORD": pw}}
				return w.machine.Respond(t.Context(), r)
			}
			ways["pages, after a sign-up"] = func(string, string) (*signin.Answer, error) {
				return w.machine.EnterConfirmed(t.Context(), entry, alice.ID)
			}
			for name, way := range ways {
				j := &strict{at: at}
				p := w.parts
				p.Judge = j
				var err error
				w.machine, err = signin.New(p)
				w.check(err)
				a, err := way("alice", right)
				if at != "" {
					refused(t, err, fault.Denied, "refused at "+at)
					continue
				}
				if err != nil || a.Tokens == nil && a.Proven == nil {
					t.Errorf("%s: %+v %v", name, a, err)
				}
				count := func(what string) (n int) {
					for _, q := range j.asked {
						if q == what {
							n++
						}
					}
					return n
				}
				if count("admit") == 0 || count("weigh") != 1 || count("note done High") != 1 {
					t.Errorf("%s: the judge was asked %v", name, j.asked)
				}
			}
		})
	}
}

// TestTheJudgeSeesWhatIsProven fails when a password that was typed is hidden from the judge, one that was not is made
// up, or a wrong answer is not told.
func TestTheJudgeSeesWhatIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	w.user("bob", directory.ForceChangePassword)
	j := &strict{}
	w.parts.Judge = j
	var err error
	w.machine, err = signin.New(w.parts)
	w.check(err)
	for _, way := range []func(string, string) (*signin.Answer, error){w.withPassword, w.withSRP} {
		_, err := way("alice", right)
		w.check(err)
		_, err = way("alice", wrong)
		refused(t, err, fault.Denied, "Incorrect username or password.")
	}
	if want := []signin.Evidence{{Password: right}, {}}; !slices.Equal(j.seen, want) {
		t.Errorf("saw %+v, want %+v", j.seen, want)
	}
	a, err := w.withPassword("bob", right)
	w.check(err)
	_, err = w.reply(signin.NewPassword, a.Session, map[string]string{"USERNAME": "bob", "NEW_PASSWORD": "Another-Horse2"})
	w.check(err)
	got := fmt.Sprint(j.asked)
	const want = "[admit weigh note done High admit note failed PASSWORD admit admit weigh note done High admit admit note failed PASSWORD_VERIFIER" +
		" admit weigh note going on admit password note done High]"
	if got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

// TestAFactorThatIsAskedForCannotBeLost fails when a sign-in that needs another factor ends without it because the pool
// switched factors off meanwhile, or asks for the factor that came first.
func TestAFactorThatIsAskedForCannotBeLost(t *testing.T) {
	t.Parallel()
	w, box := choiceWorld(t, everyFirst)
	w.setMFA(directory.MFAConfig{Mode: "OPTIONAL", SMS: true, Email: &directory.EmailMFA{}})
	w.person("alice")
	j := &strict{ask: true}
	w.parts.Judge = j
	var err error
	w.machine, err = signin.New(w.parts)
	w.check(err)
	byCode := func() *signin.Answer {
		a, err := w.choose("alice", "PREFERRED_CHALLENGE", "EMAIL_OTP")
		w.check(err)
		a, err = w.reply(signin.EmailOTP, a.Session, map[string]string{"USERNAME": "alice", "EMAIL_OTP_CODE": box.List(mailbox.Query{Limit: 1})[0].Code})
		w.check(err)
		return a
	}
	a := byCode()
	if a.Challenge != signin.SMSMFA {
		t.Fatalf("after a code by email comes %+v, want one by SMS", a)
	}
	w.user("bob", directory.ForceChangePassword, func(u *directory.User) {
		u.Attributes["phone_number"], u.Attributes["phone_number_verified"] = phone, "true"
	})
	b, err := w.withPassword("bob", right)
	w.check(err)
	if b.Challenge != signin.NewPassword {
		t.Fatalf("after a temporary password comes %+v", b)
	}
	w.setMFA(directory.MFAConfig{Mode: "OFF"})
	_, err = w.reply(signin.NewPassword, b.Session, map[string]string{"USERNAME": "bob", "NEW_PASSWORD": "Another-Horse2"})
	refused(t, err, fault.Denied, "Unable to login because of security reasons.")
}
