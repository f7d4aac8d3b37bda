package transfer

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// ErrLong is a line of more bytes than a reader takes; it has gone past it.
var ErrLong = errors.New("the line is too long")

// Lines reads a file line by line and knows where it is. It never holds more than one line.
type Lines struct {
	from   *bufio.Reader
	Offset int64 // bytes read: where the next line begins
	Number int64 // of the line that was read last; the first is 1
}

// NewLines reads lines of up to max bytes, on from a place: an offset and the number of the line that ends there.
func NewLines(r io.Reader, max int, offset, number int64) *Lines {
	return &Lines{from: bufio.NewReaderSize(r, max+2), Offset: offset, Number: number}
}

// Next reads a line, without its end; io.EOF after the last. A line that is too long is ErrLong.
func (l *Lines) Next() (string, error) {
	raw, err := l.from.ReadSlice('\n')
	l.Offset += int64(len(raw))
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		raw, err = l.from.ReadSlice('\n')
		l.Offset += int64(len(raw))
	}
	switch {
	case errors.Is(err, io.EOF) && len(raw) == 0 && !long:
		return "", io.EOF
	case err != nil && !errors.Is(err, io.EOF):
		return "", err
	}
	l.Number++
	if long {
		return "", ErrLong
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r"), nil
}
