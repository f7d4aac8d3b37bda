package lambda

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
)

// maxLine bounds one line of a function in the log, in bytes.
const maxLine = 8 << 10

// log makes a pipe whose lines go to the log, with the name of the function and the call under way.
func (w *worker) log(stream string) (*os.File, error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	w.pipes = append(w.pipes, reader)
	w.logs.Go(func() {
		defer reader.Close()
		lines := bufio.NewReaderSize(reader, maxLine)
		for {
			line, err := lines.ReadSlice('\n')
			if text := strings.TrimRight(string(line), "\r\n"); text != "" {
				w.print(stream, strings.ToValidUTF8(text, "\uFFFD"))
			}
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return
			}
		}
	})
	return writer, nil
}

func (w *worker) print(stream, text string) {
	attrs := []slog.Attr{
		slog.String("function", w.function.name), slog.String("stream", stream), slog.String("line", text),
	}
	if inv := w.last.Load(); inv != nil {
		attrs = append(attrs, slog.String("request_id", inv.id))
	}
	w.function.host.Log.LogAttrs(context.Background(), slog.LevelInfo, "a function says", attrs...)
}
