package command

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/transfer/archive"
)

// ImportOptions say what ImportUsers does beside reading a file.
type ImportOptions struct {
	File, Pool string
	Firebase   string    // file with the parameters of a Firebase project; empty: none
	Problems   string    // file for what is wrong with lines; empty: the first ones are told, the rest counted
	Out, Err   io.Writer // results; progress and problems
}

// ImportUsers reads a file of users into a pool, on from where an earlier run for the same file ended.
func ImportUsers(ctx context.Context, i Installation, o ImportOptions) (err error) {
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
	record := Record("ImportUsers")
	record.Pool, record.Resource = o.Pool, source
	return i.Offline(ctx, record, func(r Rooms) error {
		pool, err := r.Directory.Pools.Get(ctx, o.Pool)
		if err != nil {
			return err
		}
		shown := newBar(o.Err, "users")
		im := &archive.Importer{Door: r.Door, Store: r.Store, Firebase: firebase, Tell: told.tell, Progress: func(p archive.Progress) {
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

// ExportOptions say what ExportUsers writes.
type ExportOptions struct {
	Pool, File string // no file: Out
	SRP, TOTP  bool
	Out, Err   io.Writer
}

// ExportUsers writes the users of a pool, with the hashes of their passwords.
func ExportUsers(ctx context.Context, i Installation, o ExportOptions) error {
	record := Record("ExportUsers")
	record.Pool, record.Detail = o.Pool, map[string]string{"srp": strconv.FormatBool(o.SRP), "totp": strconv.FormatBool(o.TOTP)}
	return i.Offline(ctx, record, func(r Rooms) error {
		pool, err := r.Directory.Pools.Get(ctx, o.Pool)
		if err != nil {
			return err
		}
		if o.File == "" {
			_, err := r.export(ctx, pool, o, o.Out)
			return err
		}
		return whole(o.File, func(out io.Writer) error {
			left, err := r.export(ctx, pool, o, out)
			if err == nil {
				fmt.Fprintf(o.Out, "%d users exported to %s\n", left.Users, o.File)
			}
			return err
		})
	})
}

func (r Rooms) export(ctx context.Context, pool *directory.Pool, o ExportOptions, out io.Writer) (archive.Left, error) {
	all, err := r.Directory.Pools.EstimatedUsers(ctx, pool.ID)
	if err != nil {
		return archive.Left{}, err
	}
	shown := newBar(o.Err, "users")
	ex := &archive.Exporter{
		Directory: r.Directory, People: r.Store, Tokens: r.Factors, SRP: o.SRP, TOTP: o.TOTP, Now: r.Now,
		Progress: func(users int64) { shown.show(users, int64(all), users) },
	}
	left, err := ex.Run(ctx, pool, out)
	shown.end(left.Users, int64(all), left.Users)
	if err == nil && left.Apps > 0 {
		fmt.Fprintf(o.Err, "the authenticator apps of %d users were left out; --with-totp takes them along\n", left.Apps)
	}
	return left, err
}
