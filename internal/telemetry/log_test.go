package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/telemetry"
)

const jwt = "eyJraWQiOiJhIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"

type person struct{ Name, Password string }

type named struct{ secret string }

func (named) String() string { return "public-name" }

// TestNoSecretReachesTheLog logs secrets in every way that comes to mind.
func TestNoSecretReachesTheLog(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "text"} {
		var out bytes.Buffer
		log, err := telemetry.NewLogger(&out, telemetry.Log{Format: format, Level: "debug"})
		if err != nil {
			t.Fatal(err)
		}
		const hidden = "hunter2"
		keys := []string{
			"password", "Password", "temporary_password", "PreviousPassword", "secret", "client_secret", "SECRET_HASH",
			"token", "access_token", "RefreshToken", "authorization", "Authorization", "Cookie", "session", "Session",
			"challenge_session", "code", "ConfirmationCode", "confirmation_code", "totp", "otp", "credentials",
			"X-Amz-Signature", "SRP_verifier",
		}
		for _, key := range keys {
			log.Info("m", key, hidden)
			log.Info("m", slog.Group(key, "inner", hidden))
			log.WithGroup(key).Info("m", "inner", hidden)
			log.With(key, hidden).Info("m", "number", 1)
			log.Info("m", key, []byte(hidden), key, 42, key, []string{hidden})
		}
		log.Info("m", "user", person{"alice", hidden}, "users", []person{{"bob", hidden}}, "map", map[string]string{"a": hidden},
			"pointer", &person{"carol", hidden}, "bytes", []byte(hidden), "func", func() {}, "named", named{hidden})
		log.Info("got "+jwt, "header", "Bearer "+jwt, "cause", fmt.Errorf("bad: %w", errors.New(jwt)))
		text := out.String()
		for _, secret := range []string{hidden, "aHVudGVyMg", "c2lnbmF0dXJl", "eyJ"} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s: %q is in the log: …%s…", format, secret, text[max(0, i-80):min(len(text), i+40)])
			}
		}
		if !strings.Contains(text, "public-name") || !strings.Contains(text, "Bearer "+telemetry.Redacted) {
			t.Errorf("%s: harmless text is gone too", format)
		}
	}
}

func TestOrdinaryAttributesAreKept(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, telemetry.Log{})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("request", "status_code", 200, "operation", "AdminGetUser", "pool_id", "us-east-1_EXAMPLE01", "user_id", "a-b",
		"took", time.Second, "ok", true, "cause", errors.New("disk full"), "names", []string{"a", "b"}, "nothing", nil,
		slog.Group("cache", "outcome", "hit"), "at", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"msg": "request", "level": "INFO", "status_code": "200", "operation": "AdminGetUser", "pool_id": "us-east-1_EXAMPLE01",
		"user_id": "a-b", "took": "1e+09", "ok": "true", "cause": "disk full", "names": "[a b]", "nothing": "<nil>",
		"cache": "map[outcome:hit]", "at": "2026-01-02T03:04:05Z",
	} {
		if got := fmt.Sprint(line[key]); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestLevelsAndFormats(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, telemetry.Log{Level: "warn", Format: "text"})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("hidden")
	log.Warn("shown")
	if strings.Contains(out.String(), "hidden") || !strings.Contains(out.String(), "msg=shown") {
		t.Error(out.String())
	}
	for _, l := range []telemetry.Log{{Level: "loud"}, {Format: "xml"}} {
		if l.Check() == nil {
			t.Errorf("%+v is accepted", l)
		}
	}
	for _, l := range []telemetry.Log{{}, telemetry.DefaultLog(), {Level: "DEBUG", Format: "text"}} {
		if err := l.Check(); err != nil {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

func FuzzNoTokenInTheLog(f *testing.F) {
	f.Add("text", "key")
	f.Add("eyJhbGciOiJub25lIn0.", "group")
	f.Fuzz(func(t *testing.T, text, key string) {
		var out bytes.Buffer
		log, err := telemetry.NewLogger(&out, telemetry.Log{})
		if err != nil {
			t.Fatal(err)
		}
		log.Info("m "+text+jwt, key, text+jwt, slog.Group(key, "x", errors.New(jwt+text)))
		if strings.Contains(out.String(), jwt[4:]) {
			t.Errorf("a token in %s", out.String())
		}
	})
}
