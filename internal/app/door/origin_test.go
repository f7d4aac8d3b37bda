package door

import (
	"net/http/httptest"
	"testing"
)

// TestAForeignPageCannotDriveADevelopmentServer fails when a website that a developer visits could sign in, create or
// reset on the developer's machine.
func TestAForeignPageCannotDriveADevelopmentServer(t *testing.T) {
	t.Parallel()
	for origin, ok := range map[string]bool{
		"":                              true, // no browser
		"http://localhost:3000":         true,
		"http://127.0.0.1:5173":         true,
		"http://[::1]:8080":             true,
		"http://shop.auth.localhost":    true,
		"https://example.com":           false,
		"http://localhost.example.com":  false,
		"http://127.0.0.1.example.com":  false,
		"http://evillocalhost":          false,
		"null":                          false,
		"file://":                       false,
		"http://user@example.com:80":    false,
		"http://localhost@example.com/": false,
	} {
		r := httptest.NewRequest("POST", "/", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if FromThisMachine(r) != ok {
			t.Errorf("Origin %q: want %v", origin, ok)
		}
	}
}
