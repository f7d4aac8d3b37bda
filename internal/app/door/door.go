// Package door is what every request passes before the house knows who asks: addresses, connections, bodies, crowds, and pages of other
// sites. Who may do what is decided behind it.
package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"

	"cognate.dev/cognate/internal/telemetry"
)

// Off is what a setting says, besides nothing, for no such door.
const Off = "off"

// Listen opens HOST:PORT or unix:PATH. A socket that a dead server left is replaced; one that answers is not.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	path, isSocket := strings.CutPrefix(addr, "unix:")
	if !isSocket {
		return lc.Listen(ctx, "tcp", addr)
	}
	if info, err := os.Stat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s exists and is no socket", path)
		}
		var dialer net.Dialer
		if c, err := dialer.DialContext(ctx, "unix", path); err == nil {
			return nil, errors.Join(fmt.Errorf("%s is in use", path), c.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	// Whoever may connect may ask: the owner and the group.
	if err := os.Chmod(path, 0o660); err != nil { //nolint:gosec // the group is meant
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// CheckAddress refuses what Listen cannot open.
func CheckAddress(name, addr string) error {
	path, isSocket := strings.CutPrefix(addr, "unix:")
	_, _, err := net.SplitHostPort(addr)
	if isSocket && path == "" || !isSocket && err != nil {
		return fmt.Errorf("%s: %q is neither HOST:PORT nor unix:PATH", name, addr)
	}
	return nil
}

// NoForeignPages refuses what pages of other sites make a browser send: it may remember the password of the Admin API and
// send it along.
func NoForeignPages(next http.Handler) http.Handler {
	pages := http.NewCrossOriginProtection()
	pages.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		Say(w, http.StatusForbidden, map[string]string{"message": "Pages of other sites may not ask this."})
	}))
	return pages.Handler(next)
}

// Quietly leaves requests that went well out of the log.
func Quietly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Quiet(r.Context())
		next.ServeHTTP(w, r)
	})
}

// Say answers with a JSON object that nobody keeps.
func Say(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the asker may be gone; there is nobody to tell
}
