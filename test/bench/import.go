package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// bcrypted is the hash that everybody comes with: of Correct-Horse1, at a cost of 10. Importing does not verify it.
const bcrypted = "$2b$10$abcdefghijklmnopqrstuuhc/rKrLhTSDF0GcSqjFHOCYjdctpTfi"

// importing reads a file of users with bcrypt hashes through the command line, with a kill -9 in the middle, and counts who
// is there in the end.
func importing(b *bench) ([]result, error) {
	home, err := os.MkdirTemp(b.dir, "import-")
	if err != nil {
		return nil, err
	}
	w := &world{home: home, data: filepath.Join(home, "data")}
	s, err := launchWith(b.binary, b.where(), w.data, b.policies)
	if err != nil {
		return nil, err
	}
	w.key, w.secret = s.key, s.secret
	if err := errors.Join(w.furnish(s), s.stop()); err != nil {
		return nil, err
	}
	file := filepath.Join(home, "users.ndjson")
	b.say("writing a file of %d users", b.people)
	if err := writePeople(file, b.people); err != nil {
		return nil, err
	}
	first, err := b.command(w, nil, func(share int) bool { return share >= 40 }, "import", file, "--pool", w.pool)
	if err != nil {
		return nil, err
	}
	if !first.killed {
		return nil, errors.New("the import was over before it could be killed; raise -people")
	}
	b.say("killed after %s; going on", first.took.Round(time.Second))
	second, err := b.command(w, nil, nil, "import", file, "--pool", w.pool)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	export, err := b.command(w, &out, nil, "export", "--pool", w.pool, "--out", filepath.Join(home, "back.ndjson"))
	if err != nil {
		return nil, err
	}
	wrong, err := miscounted(filepath.Join(home, "back.ndjson"), b.people)
	if err != nil {
		return nil, err
	}
	if wrong > 0 {
		return nil, fmt.Errorf("%d users are lost or doubled after a kill in the middle", wrong)
	}
	note := fmt.Sprintf(", %d users", b.people)
	rate := func(name string, r ran) result {
		return result{Name: name + note, Value: float64(b.people) / r.took.Seconds(), Unit: "/s", Verdict: "-"}
	}
	return []result{
		rate("import with bcrypt hashes and a kill in the middle", ran{took: first.took + second.took}),
		ceiling("memory of the import"+note, max(first.peak, second.peak), "MiB", 200),
		ceiling("lost or doubled"+note, float64(wrong), "", 0),
		rate("export", export),
		ceiling("memory of the export"+note, export.peak, "MiB", 200),
	}, nil
}

// where are the flags that lead to another database than a file in the data folder.
func (b *bench) where() []string {
	if b.database == "" {
		return nil
	}
	return []string{"--database", b.database}
}

func writePeople(path string, n int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	for i := range n {
		fmt.Fprintf(out, `{"username":"user%07d","attributes":{"email":"user%07d@example.com","email_verified":"true","given_name":"Given%d","family_name":"Family%d"},"groups":["user"],"password":{"hash":"%s"}}`+"\n",
			i, i, i%997, i%4999, bcrypted)
	}
	return errors.Join(out.Flush(), f.Close())
}

// ran is a command that has ended.
type ran struct {
	took   time.Duration
	peak   float64 // MiB
	killed bool
}

var shareLine = regexp.MustCompile(`\] +([0-9]+)%`)

// command runs the binary on a world, and kills it when what it says of its progress makes kill true.
func (b *bench) command(w *world, out *bytes.Buffer, kill func(share int) bool, args ...string) (ran, error) {
	cmd := exec.Command(b.binary, append(append(args, "--data", w.data), b.where()...)...)
	if out != nil {
		cmd.Stdout = out
	}
	said, err := cmd.StderrPipe()
	if err != nil {
		return ran{}, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return ran{}, err
	}
	var r ran
	over := make(chan struct{})
	peaks := make(chan float64)
	go func() {
		peak := 0.0
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				peak = max(peak, memoryOf(cmd.Process.Pid, "VmHWM"))
			case <-over:
				peaks <- peak
				return
			}
		}
	}()
	var tail string
	for lines := bufio.NewScanner(said); lines.Scan(); {
		tail = lines.Text()
		b.say("%s", tail)
		if m := shareLine.FindStringSubmatch(tail); m != nil && kill != nil && !r.killed {
			if share, _ := strconv.Atoi(m[1]); kill(share) {
				r.killed = true
				if err := cmd.Process.Kill(); err != nil {
					return r, err
				}
			}
		}
	}
	err = cmd.Wait()
	close(over)
	r.took, r.peak = time.Since(began), <-peaks
	if err != nil && !r.killed {
		return r, fmt.Errorf("%s: %w: %s", args[0], err, tail)
	}
	return r, nil
}

// miscounted is how many of the users 0 to n-1 are not in an export exactly once with hash and group, and how many others are.
func miscounted(path string, n int) (wrong int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	seen := make([]bool, n)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var u struct {
			Username string
			Groups   []string
			Password struct{ Hash string }
		}
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			return 0, err
		}
		if u.Username == "" {
			continue
		}
		i, err := strconv.Atoi(strings.TrimPrefix(u.Username, "user"))
		if err != nil || i >= n || seen[i] || u.Password.Hash != bcrypted || len(u.Groups) != 1 {
			wrong++
			continue
		}
		seen[i] = true
	}
	for _, there := range seen {
		if !there {
			wrong++
		}
	}
	return wrong, lines.Err()
}
