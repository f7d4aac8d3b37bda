package chaos

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"cognate.dev/cognate/internal/store/sqlite"
	"cognate.dev/cognate/test/started"
)

var (
	killRounds = flag.Int("rounds", 3, "how often the kill tests kill; from 50 on they also wait for the mail of all sign-ups")
	killSeed   = flag.Uint64("seed", uint64(time.Now().UnixNano()), "what the kill tests draw their chances from")
)

const (
	writers  = 6
	longRuns = 50
)

// TestKilledAtAnyPointSQLiteKeepsWhatItAnswered fails when a server that is killed while it writes has lost something that
// it answered, or left something half done.
func TestKilledAtAnyPointSQLiteKeepsWhatItAnswered(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	k := newKiller(t, data, "")
	k.run(map[string]func(){"the server": k.killServer})
	must(t, k.node.Stop())
	k.node = nil
	must(t, sqlite.Backup(t.Context(), filepath.Join(data, "cognate.db"), filepath.Join(data, "checked.db"))) // it looks whether all is whole
}

// TestKilledAtAnyPointPostgreSQLKeepsWhatItAnswered is the same where either of server and database is killed, or both.
func TestKilledAtAnyPointPostgreSQLKeepsWhatItAnswered(t *testing.T) {
	t.Parallel()
	p := newPostgres(t)
	k := newKiller(t, t.TempDir(), p.url("cognate"))
	k.run(map[string]func(){
		"the server": k.killServer,
		"the database": func() {
			p.kill()
			k.wait()
			p.start()
		},
		"both": func() {
			p.kill()
			k.killServer()
			k.wait()
			p.start()
		},
	})
}

// killer lets people change, kills, and looks whether promises were kept.
type killer struct {
	t      *testing.T
	random *rand.Rand
	post   *post
	start  func() (*node, error)
	spoil  func() // starts a server and kills it before it is ready, or about then

	node    *node // nil: killed
	key     string
	secret  string
	writers []*writer
	working sync.WaitGroup
	acks    atomic.Int64
}

func newKiller(t *testing.T, data, database string) *killer {
	t.Helper()
	t.Logf("-seed %d", *killSeed)
	k := &killer{t: t, random: rand.New(rand.NewPCG(*killSeed, 1)), post: newPost(t)}
	settings := append(k.post.settings(), "COGNATE_RATES_MODE=off", "COGNATE_LIMITS_CHANGE_PASSWORD=-1")
	args := []string{"--public-url", "http://cognate.example.com"}
	if database != "" {
		args = append(args, "--database", database)
	}
	k.start = func() (*node, error) { return start(data, settings, args...) }
	k.spoil = func() {
		n := command(data, settings, args...)
		must(t, n.Start())
		time.Sleep(time.Duration(k.random.Int64N(int64(200 * time.Millisecond)))) // any moment of a start
		_ = n.Process.Kill()
		_ = n.Wait()
	}
	var err error
	k.node, err = k.start()
	must(t, err)
	t.Cleanup(func() {
		if k.node != nil {
			k.node.Kill()
		}
	})
	k.key, k.secret = k.node.key, k.node.secret
	home, err := furnish(t.Context(), k.api())
	must(t, err)
	for i := range writers {
		k.writers = append(k.writers, &writer{household: home, prefix: fmt.Sprint("writer", i), acks: map[act]int{},
			random: rand.New(rand.NewPCG(*killSeed, uint64(i)+2))})
	}
	return k
}

func (k *killer) api() *idp.Client { return root(k.node.cognito, k.key, k.secret) }

func (k *killer) killServer() {
	k.node.Kill()
	k.node = nil
	if k.random.IntN(4) == 0 {
		k.wait()
		k.spoil()
	}
}

// wait returns when no writer waits for an answer.
func (k *killer) wait() { k.working.Wait() }

// run kills in one of several ways, again and again.
func (k *killer) run(ways map[string]func()) {
	t := k.t
	t.Helper()
	names := slices.Sorted(maps.Keys(ways))
	killed := map[string]int{}
	for round := range *killRounds {
		name := names[k.random.IntN(len(names))]
		if round < len(names) {
			name = names[round] // each of them
		}
		killed[name]++
		k.round(ways[name])
		if t.Failed() {
			t.Fatalf("round %d, killed: %s\n%s", round, name, k.node.Log)
		}
		if round%10 == 9 {
			t.Logf("%d rounds, %d changes answered", round+1, k.acks.Load())
		}
	}
	k.everybody()
	total := map[act]int{}
	for _, w := range k.writers {
		for what, n := range w.acks {
			total[what] += n
		}
	}
	t.Logf("killed: %v; answered and found: %d changes: %v", killed, k.acks.Load(), total)
}

// round kills after some answers, at any moment, brings everything back and looks.
func (k *killer) round(kill func()) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*started.Patience) // a busy machine is slow; one that hangs is not
	defer cancel()
	spread := int64(300)
	if *killRounds < longRuns {
		spread = 60
	}
	due, after := make(chan struct{}), k.acks.Load()+20+k.random.Int64N(spread)
	var once sync.Once
	for _, w := range k.writers {
		w.api = k.api()
		k.working.Go(func() {
			err := w.work(ctx, func(act) {
				if k.acks.Add(1) >= after {
					once.Do(func() { close(due) })
				}
			})
			if err != nil {
				k.t.Error(err)
				once.Do(func() { close(due) })
			}
		})
	}
	select {
	case <-due:
	case <-ctx.Done():
		k.t.Error("too few answers in all that time")
	}
	time.Sleep(time.Duration(k.random.Int64N(int64(20 * time.Millisecond)))) // not just after an answer: at any moment
	kill()
	k.wait()
	if k.node == nil {
		n, err := k.start()
		must(k.t, err)
		k.node = n
	}
	k.look(func(w *writer) []*person { // at those who were being changed
		var touched []*person
		for p := range w.touched {
			touched = append(touched, p)
		}
		return touched
	})
}

// everybody looks at all people of all rounds.
func (k *killer) everybody() {
	k.look(func(w *writer) []*person { return w.people })
	if *killRounds < longRuns {
		return
	}
	// A message was stored with each code; what a server died over is sent when its lease has ended.
	deadline := time.After(4 * started.Patience)
	for _, w := range k.writers {
		for _, p := range w.people {
			if p.gone {
				continue
			}
			select {
			case <-k.post.box(p.email()):
			case <-deadline:
				k.t.Fatalf("%s never got a code", p.name)
			}
		}
	}
}

func (k *killer) look(who func(*writer) []*person) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*started.Patience)
	defer cancel()
	for _, w := range k.writers {
		w.api = k.api()
		k.working.Go(func() {
			if err := k.open(ctx); err != nil {
				k.t.Error(err)
				return
			}
			for _, p := range who(w) {
				if err := w.keeps(ctx, p); err != nil {
					k.t.Error(err)
					return
				}
			}
		})
	}
	k.wait()
}

// open returns when the server has got through to its database again: a database that starts on a busy machine may refuse
// connections for a while, and is asked again then, as by every SDK.
func (k *killer) open(ctx context.Context) error {
	patient := retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.RateLimiter = 20, ratelimit.None })
	_, err := k.api().ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)}, func(o *idp.Options) { o.Retryer = patient })
	return err
}
