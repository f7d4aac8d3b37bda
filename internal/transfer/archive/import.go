package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/transfer"
)

// Progress is how far a file has been read. It is written together with the people it tells of.
type Progress struct {
	Offset   int64  `json:"offset"` // bytes of the file
	Line     int64  `json:"line"`
	Imported int64  `json:"imported"`
	Skipped  int64  `json:"skipped"` // were here already
	Failed   int64  `json:"failed"`
	From     string `json:"from"` // the pool that the file was written from
	Done     bool   `json:"done"`
}

// Store remembers transfers. The unknown one is the zero Progress.
type Store interface {
	directory.Transactor
	Transfer(ctx context.Context, poolID, source string, to any) (found bool, err error)
	// UpdateTransfer changes what is remembered by a function of its old value, which it reads into old first; change
	// returns the new one.
	UpdateTransfer(ctx context.Context, poolID, source string, old any, change func(ctx context.Context) (any, error)) error
}

// maxLine is the longest line, in bytes: every attribute at its greatest length fits.
const maxLine = 1 << 20

// batchSize is how many lines a transaction takes. Whoever else writes waits so long: about a tenth of a second.
const batchSize = 500

// Importer reads files.
type Importer struct {
	Door     *transfer.Door
	Store    Store
	Firebase *password.Firebase // for files that hold Firebase's hashes; nil: none do
	// Tell is told of each line that brought nobody, and of progress after each transaction.
	Tell     func(line int64, why string)
	Progress func(Progress)
}

// ErrElsewhere says that another process reads the same file for the same pool.
var ErrElsewhere = errors.New("another process imports this file into this pool")

// Run reads a file on from where an earlier run left it. Source names the file by what is in it. People who are here
// already are skipped. Nothing that Progress told of is lost or done again, however the process ends.
func (im *Importer) Run(ctx context.Context, pool *directory.Pool, source string, file io.ReadSeeker) (Progress, error) {
	var at Progress
	if _, err := im.Store.Transfer(ctx, pool.ID, source, &at); err != nil {
		return at, err
	}
	if at.Done { // once more, from the start
		fresh := Progress{}
		if err := im.move(ctx, pool.ID, source, at, func(context.Context) (Progress, error) { return fresh, nil }); err != nil {
			return at, err
		}
		at = fresh
	}
	if _, err := file.Seek(at.Offset, io.SeekStart); err != nil {
		return at, fmt.Errorf("go to where the last run ended: %w", err)
	}
	p := &parser{pool: pool, firebase: im.Firebase, from: at.From}
	ctx, cancel := context.WithCancel(ctx)
	batches := im.read(ctx, transfer.NewLines(file, maxLine, at.Offset, at.Line), p)
	defer func() {
		cancel()
		for range batches { // the reader ends before the file is closed
		}
	}()
	for b := range batches {
		if b.err != nil {
			return at, b.err
		}
		next, err := im.commit(ctx, pool, source, at, b)
		if err != nil {
			return at, err
		}
		at = next
		im.Progress(at)
	}
	if !at.Done {
		return at, ctx.Err()
	}
	return at, nil
}

// batch is what one transaction takes in.
type batch struct {
	lines        []line
	offset, line int64 // of the file, behind it
	from         string
	last         bool
	err          error // of reading
}

type line struct {
	number int64
	entry  entry
	err    error // why it says nothing
}

// read reads ahead, one batch, while another is committed.
func (im *Importer) read(ctx context.Context, lines *transfer.Lines, p *parser) <-chan batch {
	out := make(chan batch, 1)
	go func() {
		defer close(out)
		for {
			b := next(lines, p)
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
			if b.last || b.err != nil {
				return
			}
		}
	}()
	return out
}

func next(lines *transfer.Lines, p *parser) (b batch) {
	b.lines = make([]line, 0, batchSize)
	for len(b.lines) < batchSize {
		text, err := lines.Next()
		if errors.Is(err, io.EOF) {
			b.last = true
			break
		}
		if err != nil && !errors.Is(err, transfer.ErrLong) {
			b.err = fmt.Errorf("read the file: %w", err)
			return b
		}
		if err == nil && strings.TrimSpace(text) == "" {
			continue
		}
		l := line{number: lines.Number}
		if err != nil {
			l.err = fault.Invalidf("The line has more than %d bytes.", maxLine)
		} else {
			l.entry, l.err = p.parse(text)
		}
		b.lines = append(b.lines, l)
	}
	b.offset, b.line, b.from = lines.Offset, lines.Number, p.from
	return b
}

// move changes what is remembered of a file, in one transaction with what change does, unless another process has come
// further.
func (im *Importer) move(ctx context.Context, poolID, source string, from Progress, change func(context.Context) (Progress, error)) error {
	var now Progress
	return im.Store.UpdateTransfer(ctx, poolID, source, &now, func(ctx context.Context) (any, error) {
		if now != from {
			return nil, ErrElsewhere
		}
		return change(ctx)
	})
}

// commit takes in the people of a batch and remembers, in the same transaction, how far the file is read.
func (im *Importer) commit(ctx context.Context, pool *directory.Pool, source string, from Progress, b batch) (Progress, error) {
	var to Progress
	type problem struct {
		line int64
		why  string
	}
	var problems []problem
	all := func(ctx context.Context, admit transfer.Admit) error {
		to, problems = from, nil
		for _, l := range b.lines {
			err := l.err
			if err == nil {
				err = im.take(ctx, pool, l.entry, admit)
			}
			var f *fault.Fault
			switch {
			case err == nil:
				if l.entry.person != nil {
					to.Imported++
				}
			case errors.Is(err, transfer.ErrExists):
				to.Skipped++
			case errors.As(err, &f):
				to.Failed++
				problems = append(problems, problem{l.number, f.Text})
			default:
				return fmt.Errorf("line %d: %w", l.number, err)
			}
		}
		to.Offset, to.Line, to.From, to.Done = b.offset, b.line, b.from, b.last
		return nil
	}
	err := im.move(ctx, pool.ID, source, from, func(ctx context.Context) (Progress, error) {
		err := im.Door.Together(ctx, all)
		return to, err
	})
	if err != nil {
		return from, err
	}
	for _, p := range problems {
		im.Tell(p.line, p.why)
	}
	return to, nil
}

// take does what a line says.
func (im *Importer) take(ctx context.Context, pool *directory.Pool, e entry, admit transfer.Admit) error {
	switch {
	case e.person != nil:
		return admit(ctx, pool, *e.person)
	case e.group != nil:
		return im.Door.AdmitGroup(ctx, directory.GroupSpec{
			PoolID: pool.ID, Name: e.group.Name, Description: e.group.Description, RoleARN: e.group.RoleARN, Precedence: e.group.Precedence,
		})
	}
	return nil
}
