package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"cognate.dev/cognate/internal/kit/logfile"
	"cognate.dev/cognate/internal/kit/outbound"
)

// Config leads the logs that are to go to some ARNs to a place of ours. It says one of the ways.
type Config struct {
	ARN     string     `yaml:"arn" doc:"ARN of SetLogDeliveryConfiguration: a log group, a bucket or a stream; * is any text. The first entry that matches counts"`
	Stdout  bool       `yaml:"stdout" doc:"standard output, one JSON object a line"`
	Discard bool       `yaml:"discard" doc:"nowhere"`
	File    FileConfig `yaml:"file"`
	HTTP    HTTPConfig `yaml:"http"`
}

// FileConfig is a file that is set aside when it has grown.
type FileConfig struct {
	Path    string `yaml:"path" doc:"file that records are appended to, one JSON object a line; entries may share one"`
	MaxSize int    `yaml:"max_size" doc:"MiB at which the file is set aside and a new one begun; 0 means 100"`
	Keep    int    `yaml:"keep" doc:"how many set aside are kept; 0 means 10"`
}

// HTTPConfig is a collector of logs.
type HTTPConfig struct {
	URL       string `yaml:"url" doc:"where records are posted, up to 256 at once, one JSON object a line (application/x-ndjson); https, or http to this machine"`
	Token     string `yaml:"token" doc:"sent as Authorization: Bearer; empty: none"`
	TokenFile string `yaml:"token_file" doc:"file that holds the token instead"`
	Plain     bool   `yaml:"plain" doc:"allow http to other machines; records carry names and addresses of people"`
}

// Check refuses entries that lead nowhere, to several places, or where it is not safe.
func Check(list []Config) error {
	var errs []error
	files := map[string]FileConfig{}
	for i, c := range list {
		if err := c.check(); err != nil {
			errs = append(errs, fmt.Errorf("log_delivery: %s: %w", cmp.Or(c.ARN, fmt.Sprintf("entry %d", i+1)), err))
		}
		if c.File.Path == "" {
			continue
		}
		if other, twice := files[c.File.Path]; twice && other != c.File {
			errs = append(errs, fmt.Errorf("log_delivery: %s: max_size and keep differ from another entry with this file", c.File.Path))
		}
		files[c.File.Path] = c.File
	}
	return errors.Join(errs...)
}

func (c Config) check() error {
	ways := 0
	for _, there := range []bool{c.Stdout, c.Discard, c.File.Path != "", c.HTTP.URL != ""} {
		if there {
			ways++
		}
	}
	switch {
	case c.ARN == "":
		return errors.New("arn is missing")
	case ways != 1:
		return errors.New("give one of stdout, discard, file and http")
	case c.File.MaxSize < 0 || c.File.Keep < 0:
		return errors.New("max_size and keep must not be negative")
	case c.HTTP.URL != "":
		return outbound.Check(c.HTTP.URL, c.HTTP.Plain)
	}
	return nil
}

// sink takes lines, several at once. It is used by one goroutine.
type sink interface {
	write(ctx context.Context, lines []byte) error
	Close() error
}

// sink opens the place that an entry names.
func (c Config) sink(stdout io.Writer, fail func(error)) (sink, error) {
	switch {
	case c.Stdout:
		return stream{stdout}, nil
	case c.Discard:
		return stream{io.Discard}, nil
	case c.File.Path != "":
		f, err := logfile.Open(c.File.Path, int64(cmp.Or(c.File.MaxSize, 100))<<20, cmp.Or(c.File.Keep, 10), fail)
		if err != nil {
			return nil, err
		}
		return file{f}, nil
	}
	return newCollector(c.HTTP)
}

// stream is a sink that somebody else closes.
type stream struct{ io.Writer }

func (s stream) write(_ context.Context, lines []byte) error {
	_, err := s.Write(lines)
	return err
}

func (stream) Close() error { return nil }

// file is a sink that keeps what it gets.
type file struct{ *logfile.File }

func (f file) write(_ context.Context, lines []byte) error {
	_, err := f.Write(lines)
	return err
}
