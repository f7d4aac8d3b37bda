package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
)

// tampered means that the audit log is not as it was written.
type tampered struct{ problems, records, chains int }

// Error says how much of it.
func (t tampered) Error() string {
	return fmt.Sprintf("the audit log is not as it was written: %d problems among %d records in %d chains", t.problems, t.records, t.chains)
}

// ExitCode tells it from a log that could not be checked.
func (tampered) ExitCode() int { return 2 }

// VerifyOptions say what VerifyAudit checks: File instead of the database (Part: a part of it, such as a node's copy), or the
// database beside copies.
type VerifyOptions struct {
	File   string
	Part   bool
	Copies []string
}

// VerifyAudit checks the audit log, or a file that ExportAudit wrote.
func VerifyAudit(ctx context.Context, i Installation, o VerifyOptions, out io.Writer) error {
	var report *audit.Report
	err := i.open(ctx, func(s *store.Store, keys *secret.Keyring) (err error) {
		if o.File != "" {
			report, err = audit.VerifyRows(linesOf(o.File), keys, o.Part)
			return err
		}
		copied, err := copiedHeads(o.Copies, keys)
		if err != nil {
			return err
		}
		var anchors []audit.Head
		if path := i.Anchor; path != "" {
			if anchors, err = audit.ReadAnchor(path); err != nil {
				return err
			}
		}
		report, err = audit.Verify(ctx, s, keys, anchors, copied)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range report.Problems {
		fmt.Fprintln(out, p)
	}
	if len(report.Open) > 0 {
		fmt.Fprintf(out, "without an end, because their server runs or was killed: %s\n", strings.Join(report.Open, " "))
	}
	if len(report.Problems) > 0 {
		return tampered{len(report.Problems), report.Records, report.Chains}
	}
	fmt.Fprintf(out, "%d records in %d chains are as they were written\n", report.Records, report.Chains)
	return nil
}

// linesOf reads the rows of a file of such lines.
func linesOf(path string) func() (audit.Row, bool, error) {
	var lines *bufio.Reader
	n := 0
	return func() (audit.Row, bool, error) {
		if lines == nil {
			f, err := os.Open(path)
			if err != nil {
				return audit.Row{}, false, err
			}
			lines = bufio.NewReader(f) // the process ends soon
		}
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return audit.Row{}, false, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return audit.Row{}, false, err
		}
		n++
		row, err := audit.RowOfLine(text)
		if err != nil {
			err = fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		return row, err == nil, err
	}
}

// copiedHeads are the places that copies of records speak of. A copy that is not as it was written is an error: it proves nothing.
func copiedHeads(paths []string, keys *secret.Keyring) (heads []audit.Head, err error) {
	for _, path := range paths {
		next := linesOf(path)
		report, err := audit.VerifyRows(func() (audit.Row, bool, error) {
			row, ok, err := next()
			if ok {
				heads = append(heads, audit.Head{Chain: row.Chain, Seq: row.Seq, Hash: row.Hash})
			}
			return row, ok, err
		}, keys, true)
		if err != nil {
			return nil, err
		}
		if len(report.Problems) > 0 {
			return nil, fmt.Errorf("%s is not as it was written: %s", path, report.Problems[0])
		}
	}
	return heads, nil
}

// ExportAudit writes all records, a JSON object a line, so that VerifyAudit can check the file elsewhere.
func ExportAudit(ctx context.Context, i Installation, file string, out io.Writer) error {
	return i.open(ctx, func(s *store.Store, _ *secret.Keyring) error {
		write := func(to io.Writer) error { return exportAudit(ctx, s, to) }
		if file == "" {
			return write(out)
		}
		return whole(file, write)
	})
}

func exportAudit(ctx context.Context, s *store.Store, out io.Writer) error {
	chains, err := s.AuditChains(ctx)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for _, chain := range chains {
		for after := int64(0); ; {
			rows, err := s.AuditRows(ctx, chain, after, 500)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if _, err := w.WriteString(audit.Line(row)); err != nil {
					return err
				}
				after = row.Seq
			}
			if len(rows) < 500 {
				break
			}
		}
	}
	return w.Flush()
}

// AuditFilter says which records ListAudit shows. Since and Until are RFC 3339, or how long ago.
type AuditFilter struct {
	audit.Query
	SinceText, UntilText string
	Login                string // a name that somebody typed who was not known; needs Pool
	JSON                 bool
}

// ListAudit shows records, newest first.
func ListAudit(ctx context.Context, i Installation, f AuditFilter, out io.Writer) (err error) {
	q := f.Query
	if q.Since, err = ago(f.SinceText); err != nil {
		return err
	}
	if q.Until, err = ago(f.UntilText); err != nil {
		return err
	}
	if f.Login != "" && f.Pool == "" {
		return errors.New("a typed name is found by its digest, which belongs to a pool: name the pool")
	}
	return i.open(ctx, func(s *store.Store, keys *secret.Keyring) error {
		if f.Login != "" {
			q.Login = audit.Digest(keys, f.Pool, f.Login)
		}
		for left := f.Limit; left > 0; {
			q.Limit = min(left, 500)
			rows, err := s.FindAudit(ctx, q)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := showRecord(out, row, f.JSON); err != nil {
					return err
				}
				q.Before = row
			}
			if left -= len(rows); len(rows) < q.Limit {
				return nil
			}
		}
		return nil
	})
}

func showRecord(out io.Writer, row audit.Row, raw bool) error {
	if raw {
		_, err := fmt.Fprintln(out, row.Doc)
		return err
	}
	r, err := row.Parse()
	if err != nil {
		return err
	}
	var about []string
	for _, a := range []struct{ name, value string }{
		{"pool", r.Pool}, {"client", r.Client}, {"user", r.User}, {"group", r.Group}, {"", r.Resource},
	} {
		if a.value != "" {
			about = append(about, strings.TrimPrefix(a.name+"="+a.value, "="))
		}
	}
	_, err = fmt.Fprintf(out, "%s  %-28s %-24s %s from %s  %s\n", r.Time.Format("2006-01-02T15:04:05.000Z"), r.Operation, r.Outcome, r.Actor, orDash(r.Source), strings.Join(about, " "))
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// ago reads a moment: RFC 3339, or how long ago.
func ago(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-d), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%q is neither a duration such as 24h nor a time such as 2026-01-31T12:00:00Z", text)
	}
	return t, nil
}
