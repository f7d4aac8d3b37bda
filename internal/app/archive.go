package app

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/transfer/archive"
)

// offline builds the rooms of an installation without opening its doors, for a command; a server may run beside it. A
// folder that holds none is refused: a mistyped one would become a new installation. Record is of the command.
func offline(ctx context.Context, cfg Config, record audit.Record, do func(h *house, r *rooms) error) (err error) {
	if err := cfg.installed(); err != nil {
		return err
	}
	h, err := build(ctx, cfg, "http://"+cfg.Listen, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close(context.WithoutCancel(ctx))) }()
	r, err := h.furnish()
	if err != nil {
		return err
	}
	return h.audit.Do(ctx, record, func(context.Context) error { return do(h, r) })
}

// ImportOptions say what ImportUsers does beside reading a file.
type ImportOptions struct {
	File, Pool string
	Firebase   string    // file with the parameters of a Firebase project; empty: none
	Problems   string    // file for what is wrong with lines; empty: the first ones are told, the rest counted
	Out, Err   io.Writer // results; progress and problems
}

// ImportUsers reads a file of users into a pool, on from where an earlier run for the same file ended.
func ImportUsers(ctx context.Context, cfg Config, o ImportOptions) (err error) {
	file, err := os.Open(o.File)
	if err != nil {
		return err
	}
	defer file.Close()
	source, size, err := fingerprint(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", o.File, err)
	}
	firebase, err := readFirebase(o.Firebase)
	if err != nil {
		return err
	}
	told, err := newProblems(o.Problems, o.Err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, told.close()) }()
	record := command("ImportUsers")
	record.Pool, record.Resource = o.Pool, source
	return offline(ctx, cfg, record, func(h *house, r *rooms) error {
		pool, err := r.directory.Pools.Get(ctx, o.Pool)
		if err != nil {
			return err
		}
		shown := newBar(o.Err, "users")
		im := &archive.Importer{Door: h.door(r), Store: h.store, Firebase: firebase, Tell: told.tell, Progress: func(p archive.Progress) {
			shown.show(p.Offset, size, p.Imported+p.Skipped)
		}}
		p, err := im.Run(ctx, pool, source, file)
		shown.end(p.Offset, size, p.Imported+p.Skipped)
		fmt.Fprintf(o.Out, "%d users imported, %d were here already, %d lines brought nobody\n", p.Imported, p.Skipped, p.Failed)
		switch {
		case err != nil:
			return fmt.Errorf("%s is imported up to line %d; the same command goes on from there: %w", o.File, p.Line, err)
		case p.Failed > 0:
			return fmt.Errorf("%d lines of %s brought nobody", p.Failed, o.File)
		}
		return nil
	})
}

// fingerprint names a file by what is in it, so that a run goes on with the same file and no other.
func fingerprint(file *os.File) (source string, size int64, err error) {
	sum := sha256.New()
	size, err = io.Copy(sum, file)
	return "file:" + hex.EncodeToString(sum.Sum(nil)), size, err
}

var firebaseMember = regexp.MustCompile(`(?m)^\s*"?(base64_signer_key|base64_salt_separator|rounds|mem_cost)"?\s*:\s*"?([\w+/=-]*)"?\s*,?\s*$`)

// readFirebase reads what the console of Firebase shows as "password hash parameters"; nil for no file.
func readFirebase(path string) (*password.Firebase, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var p password.Firebase
	for _, m := range firebaseMember.FindAllStringSubmatch(string(raw), -1) {
		number, _ := strconv.Atoi(m[2]) // what is no number is refused below
		switch m[1] {
		case "base64_signer_key":
			p.SignerKey = m[2]
		case "base64_salt_separator":
			p.SaltSeparator = m[2]
		case "rounds":
			p.Rounds = number
		default:
			p.MemCost = number
		}
	}
	if p.SignerKey == "" || p.Rounds < 1 || p.MemCost < 1 {
		return nil, fmt.Errorf("%s does not have the members base64_signer_key, base64_salt_separator, rounds and mem_cost, as Firebase's console shows them", path)
	}
	return &p, nil
}

// problems tells of lines that brought nobody.
type problems struct {
	out   io.Writer
	file  *os.File
	write *bufio.Writer
	count int
}

// maxTold is how many are told where no file takes them all.
const maxTold = 20

func newProblems(path string, out io.Writer) (*problems, error) {
	p := &problems{out: out}
	if path == "" {
		return p, nil
	}
	var err error
	// It may name people.
	if p.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	p.write = bufio.NewWriter(p.file)
	return p, nil
}

func (p *problems) tell(line int64, why string) { p.say(fmt.Sprintf("line %d", line), why) }

func (p *problems) say(what, why string) {
	p.count++
	switch {
	case p.write != nil:
		fmt.Fprintf(p.write, "%s: %s\n", what, why)
	case p.count <= maxTold:
		fmt.Fprintf(p.out, "%s: %s\n", what, why)
	case p.count == maxTold+1:
		fmt.Fprintln(p.out, "and more")
	}
}

func (p *problems) close() error {
	if p.file == nil {
		return nil
	}
	return errors.Join(p.write.Flush(), p.file.Close())
}

// ExportOptions say what ExportUsers writes.
type ExportOptions struct {
	Pool, File string // no file: Out
	SRP, TOTP  bool
	Out, Err   io.Writer
}

// ExportUsers writes the users of a pool, with the hashes of their passwords.
func ExportUsers(ctx context.Context, cfg Config, o ExportOptions) error {
	record := command("ExportUsers")
	record.Pool, record.Detail = o.Pool, map[string]string{"srp": strconv.FormatBool(o.SRP), "totp": strconv.FormatBool(o.TOTP)}
	return offline(ctx, cfg, record, func(h *house, r *rooms) error {
		pool, err := r.directory.Pools.Get(ctx, o.Pool)
		if err != nil {
			return err
		}
		if o.File == "" {
			_, err := h.export(ctx, r, pool, o, o.Out)
			return err
		}
		return whole(o.File, func(out io.Writer) error {
			left, err := h.export(ctx, r, pool, o, out)
			if err == nil {
				fmt.Fprintf(o.Out, "%d users exported to %s\n", left.Users, o.File)
			}
			return err
		})
	})
}

func (h *house) export(ctx context.Context, r *rooms, pool *directory.Pool, o ExportOptions, out io.Writer) (archive.Left, error) {
	all, err := r.directory.Pools.EstimatedUsers(ctx, pool.ID)
	if err != nil {
		return archive.Left{}, err
	}
	shown := newBar(o.Err, "users")
	ex := &archive.Exporter{
		Directory: r.directory, People: h.store, Tokens: r.factors, SRP: o.SRP, TOTP: o.TOTP, Now: h.clock.Now,
		Progress: func(users int64) { shown.show(users, int64(all), users) },
	}
	left, err := ex.Run(ctx, pool, out)
	shown.end(left.Users, int64(all), left.Users)
	if err == nil && left.Apps > 0 {
		fmt.Fprintf(o.Err, "the authenticator apps of %d users were left out; --with-totp takes them along\n", left.Apps)
	}
	return left, err
}

// whole writes a file that is there when all of it is, or not at all. One that exists is not overwritten.
func whole(path string, write func(io.Writer) error) (err error) {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists already", path)
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // it holds password hashes
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, path)
}
