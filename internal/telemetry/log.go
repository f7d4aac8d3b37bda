package telemetry

import (
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// Log says how the log is written. A zero member takes its default.
type Log struct {
	Format string `yaml:"format" doc:"json or text"`
	Level  string `yaml:"level" doc:"debug, info, warn or error"`
}

// DefaultLog is JSON from level info on.
func DefaultLog() Log { return Log{Format: "json", Level: "info"} }

// Check refuses unknown formats and levels.
func (l Log) Check() error {
	_, err := NewLogger(io.Discard, l)
	return err
}

// NewLogger makes a logger that writes lines of the configured form. Whatever is logged passes a guard: values whose
// key names a secret are replaced, tokens are cut out of texts, and of values that are no plain data only the type is
// written.
func NewLogger(out io.Writer, l Log) (*slog.Logger, error) {
	var level slog.Level
	if l.Level != "" {
		if err := level.UnmarshalText([]byte(l.Level)); err != nil {
			return nil, fmt.Errorf("log level is %q; it must be debug, info, warn or error", l.Level)
		}
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: guard}
	switch l.Format {
	case "", "json":
		return slog.New(slog.NewJSONHandler(out, options)), nil
	case "text":
		return slog.New(slog.NewTextHandler(out, options)), nil
	}
	return nil, fmt.Errorf("log format is %q; it must be json or text", l.Format)
}

// Redacted stands where a secret would have been.
const Redacted = "[redacted]"

// guard is the last look at each attribute before it is written.
func guard(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.LevelKey {
		if level, ok := a.Value.Any().(slog.Level); ok {
			return slog.String(a.Key, level.String()) // a text is written faster than a Marshaler
		}
	}
	if sensitive(a.Key) || slices.ContainsFunc(groups, sensitive) {
		return slog.String(a.Key, Redacted)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		if s := a.Value.String(); strings.Contains(s, "eyJ") {
			return slog.String(a.Key, cutTokens(s))
		}
	case slog.KindAny:
		return slog.Attr{Key: a.Key, Value: plain(a.Value.Any())}
	}
	return a
}

// plain keeps what was made to be read as text. Of anything else, a struct for instance, nobody knows what is inside.
func plain(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(cutTokens(v.Error()))
	case []string:
		return slog.AnyValue(v)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		if err == nil {
			return slog.StringValue(cutTokens(string(text)))
		}
	case fmt.Stringer:
		return slog.StringValue(cutTokens(v.String()))
	}
	return slog.StringValue(fmt.Sprintf("(%T)", v))
}

// token is a JWT or what is left of one: base64url of `{"`, and the rest of the word.
var token = regexp.MustCompile(`eyJ[A-Za-z0-9_.=-]{8,}`)

func cutTokens(text string) string {
	if !strings.Contains(text, "eyJ") {
		return text
	}
	return token.ReplaceAllString(text, Redacted)
}

// sensitive tells by its name whether a value may be a secret: any name that contains one of the words, and those
// that end in "code", "session" and the like, unless they are known to be harmless.
func sensitive(key string) bool {
	switch key { // those of every request need no search
	case slog.TimeKey, slog.MessageKey, "front", "method", "operation", "status", "us", "bytes", "remote", "request_id", "pool_id":
		return false
	}
	key = strings.ToLower(key)
	for _, word := range []string{"password", "secret", "token", "authorization", "cookie", "credential", "signature"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	for _, end := range []string{"code", "session", "otp", "verifier"} {
		if strings.HasSuffix(key, end) {
			return !slices.Contains([]string{"status_code", "error_code", "exit_code"}, key)
		}
	}
	return false
}
