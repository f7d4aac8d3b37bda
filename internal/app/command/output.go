package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

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
