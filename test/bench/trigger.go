package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hooked is a pool and its client, and what the pre-token-generation trigger of the pool is.
type hooked struct{ name, client string }

// hookConfigs are the functions, by name: those of the tests of internal/trigger/lambda, kept warm, and the same started
// anew for each call.
func hookConfigs(b *bench, folder string) (string, error) {
	handlers := filepath.Join(b.root, "internal", "trigger", "lambda", "testdata")
	build := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", filepath.Join(folder, "bootstrap"), "./internal/trigger/lambda/testdata/gohandler")
	build.Dir, build.Stderr = b.root, os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build the Go function: %w", err)
	}
	var out strings.Builder
	fmt.Fprintln(&out, "triggers:")
	for _, l := range []struct{ name, runtime, folder, handler string }{
		{"go", "go", folder, "bootstrap"}, {"node", "nodejs", filepath.Join(handlers, "node"), "index.handler"},
		{"python", "python", filepath.Join(handlers, "python"), "app.handler"},
	} {
		for kind, extra := range map[string]string{"warm": "concurrency: 10", "cold": "warm: -1, idle: 1ms"} {
			fmt.Fprintf(&out, "  - {arn: %q, timeout: 30s, lambda: {runtime: %s, folder: %q, handler: %s, %s}}\n",
				hookARN(kind+"-"+l.name), l.runtime, l.folder, l.handler, extra)
		}
	}
	file := filepath.Join(folder, "cognate.yaml")
	return file, os.WriteFile(file, []byte(out.String()), 0o600)
}

func hookARN(name string) string { return "arn:aws:lambda:us-east-1:000000000000:function:" + name }

// makeHooked makes a pool with a user; without a name its tokens are nobody's business.
func makeHooked(s *server, name string) (hooked, error) {
	spec := object{"PoolName": "hook" + name}
	if name != "" {
		spec["LambdaConfig"] = object{"PreTokenGenerationConfig": object{"LambdaVersion": "V2_0", "LambdaArn": hookARN(name)}}
	}
	pool, err := s.call("CreateUserPool", spec)
	if err != nil {
		return hooked{}, err
	}
	id := pool.text("UserPool", "Id")
	client, err := s.call("CreateUserPoolClient", object{"UserPoolId": id, "ClientName": "bench", "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}})
	if err != nil {
		return hooked{}, err
	}
	for _, step := range []struct {
		operation string
		body      object
	}{
		{"AdminCreateUser", object{"UserPoolId": id, "Username": "alice", "MessageAction": "SUPPRESS"}},
		{"AdminSetUserPassword", object{"UserPoolId": id, "Username": "alice", "Password": secretWord, "Permanent": true}},
	} {
		if _, err := s.call(step.operation, step.body); err != nil {
			return hooked{}, err
		}
	}
	return hooked{name, client.text("UserPoolClient", "ClientId")}, nil
}

// signIn signs in once and says how long that took.
func (h hooked) signIn(s *server, c *conn) (time.Duration, error) {
	req, err := s.unsigned("InitiateAuth", object{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": h.client,
		"AuthParameters": object{"USERNAME": "alice", "PASSWORD": secretWord}, "ClientMetadata": object{"do": "claims"}})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	got, err := c.object("InitiateAuth", req)
	took := time.Since(began)
	if err == nil && got.text("AuthenticationResult", "AccessToken") == "" {
		err = errors.New("a sign-in gave no tokens")
	}
	return took, err
}

// hooks measures what a function costs a sign-in: warm and cold in each language, and many at once.
func hooks(b *bench) (all []result, err error) {
	folder, err := os.MkdirTemp(b.dir, "hooks-")
	if err != nil {
		return nil, err
	}
	config, err := hookConfigs(b, folder)
	if err != nil {
		return nil, err
	}
	s, err := launchWith(b.binary, []string{"--config", config}, filepath.Join(folder, "data"), b.policies)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	plain, err := makeHooked(s, "")
	if err != nil {
		return nil, err
	}
	c, err := dial(s.cognito)
	if err != nil {
		return nil, err
	}
	defer c.net.Close()
	var warmGo hooked
	for _, kind := range []string{"warm", "cold"} {
		for _, language := range []string{"go", "node", "python"} {
			h, err := makeHooked(s, kind+"-"+language)
			if err != nil {
				return nil, err
			}
			if kind+language == "warmgo" {
				warmGo = h
				more, err := b.dearer(s, c, plain, h)
				if err != nil {
					return nil, err
				}
				all = append(all, ceiling("sign-in with a warm Go function, beyond one without", more, "ms", 1))
			}
			took, err := b.hookTime(s, c, h, kind == "cold")
			if err != nil {
				return nil, err
			}
			r := result{Name: kind + " function, " + language, Value: took, Unit: "ms"}
			r.judge()
			all = append(all, r)
		}
	}
	took, err := atOnce(s, warmGo, 100)
	if err != nil {
		return nil, err
	}
	r := result{Name: "100 sign-ins at once, 10 processes of the Go function", Value: took.Seconds(), Unit: "s"}
	r.judge()
	return append(all, r), nil
}

// dearer is the median of what a sign-in with a function takes longer than the one before it, in milliseconds.
func (b *bench) dearer(s *server, c *conn, plain, with hooked) (float64, error) {
	var more []float64
	for end := time.Now().Add(b.seconds); time.Now().Before(end) || len(more) < 20; {
		first, err := plain.signIn(s, c)
		if err != nil {
			return 0, err
		}
		second, err := with.signIn(s, c)
		if err != nil {
			return 0, err
		}
		more = append(more, float64(second-first)/1e6)
	}
	return median(more), nil
}

// hookTime is the mean time of a function within sign-ins, in milliseconds, as the server itself measures it.
func (b *bench) hookTime(s *server, c *conn, h hooked, cold bool) (float64, error) {
	n := 30
	if cold {
		n = 10
	} else if _, err := h.signIn(s, c); err != nil { // the process is there
		return 0, err
	}
	sum, count, err := hookMetrics(s)
	if err != nil {
		return 0, err
	}
	for range n {
		if _, err := h.signIn(s, c); err != nil {
			return 0, err
		}
		if cold {
			time.Sleep(50 * time.Millisecond) // nobody needs the process any more, and it ends
		}
	}
	sum2, count2, err := hookMetrics(s)
	if err != nil {
		return 0, err
	}
	if count2-count != float64(n) {
		return 0, fmt.Errorf("%v functions ran in %d sign-ins", count2-count, n)
	}
	return (sum2 - sum) / (count2 - count) * 1e3, nil
}

var hookLine = regexp.MustCompile(`(?m)^cognate_trigger_duration_seconds_(sum|count)\{[^}]*TokenGeneration_Authentication[^}]*\} (\S+)$`)

// hookMetrics reads the time of all functions so far, in seconds, and their number.
func hookMetrics(s *server) (sum, count float64, err error) {
	answer, err := http.Get("http://" + s.cognito + "/_cognate/metrics")
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, 0, err
	}
	for _, found := range hookLine.FindAllSubmatch(body, -1) {
		value, err := strconv.ParseFloat(string(found[2]), 64)
		if err != nil {
			return 0, 0, err
		}
		if bytes.Equal(found[1], []byte("sum")) {
			sum += value
		} else {
			count += value
		}
	}
	return sum, count, nil
}

// atOnce signs in n times at the same time, each over a connection of its own, and says how long all took together.
func atOnce(s *server, h hooked, n int) (time.Duration, error) {
	conns := make([]*conn, n)
	for i := range conns {
		c, err := dial(s.cognito)
		if err != nil {
			return 0, err
		}
		defer c.net.Close()
		conns[i] = c
	}
	errs := make([]error, n)
	var all sync.WaitGroup
	began := time.Now()
	for i, c := range conns {
		all.Go(func() { _, errs[i] = h.signIn(s, c) })
	}
	all.Wait()
	return time.Since(began), errors.Join(errs...)
}
