package story

import (
	"strings"
	"testing"
)

// Who has no access key learns of the console's own calls what mode the server is in and its Region, and nothing of people. Pages of
// other sites learn nothing at all, whatever they know.
func TestAStrangerLearnsNothingFromTheConsole(t *testing.T) {
	t.Parallel()
	const base = "/console/api/"
	s := hasDana(t, "console: {mode: on}\ndecision_log: {database: true}\n")
	asked := func(method, path string, headers ...string) said {
		return s.askedAt(t, method, s.cognito+base+path, mayDana, headers...)
	}
	if got := asked("GET", "door"); got.status != 200 || strings.TrimSpace(got.body) != `{"mode":"serve","region":"us-east-1"}` {
		t.Errorf("the door: %+v", got)
	}
	calls := map[string]string{"about": "GET", "preview?principal=dana": "GET", "records": "GET", "decisions": "GET", "explain": "POST", "token": "POST", "role": "POST"}
	for path, method := range calls {
		for _, headers := range [][]string{
			nil, {"Sign", "cognito-idp"}, {"Authorization", "AWS4-HMAC-SHA256 x"},
			{"Sign", "cognate", "Origin", "https://evil.example.com"}, {"Sign", "cognate", "Sec-Fetch-Site", "cross-site"},
		} {
			foreign := len(headers) == 4
			if foreign && method == "GET" {
				continue // a page of another site cannot sign; what it cannot read changes nothing
			}
			if got := asked(method, path, headers...); got.status != 403 || strings.Contains(got.body, "dana") || got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s with %q: %+v", path, headers, got)
			}
		}
		want := 200
		if path == "role" { // the question names no pool
			want = 404
		}
		if got := asked(method, path, "Sign", "cognate"); got.status != want {
			t.Errorf("%s for an operator: %+v", path, got)
		}
	}
	if got := asked("GET", "records?operation=AdminCreateUser", "Sign", "cognate"); !strings.Contains(got.body, `"user":"dana"`) {
		t.Errorf("records: %+v", got)
	}
	if got := asked("POST", "explain", "Sign", "cognate"); !strings.Contains(got.body, `"EFFECT_ALLOW"`) {
		t.Errorf("why: %+v", got)
	}

	none := serve(t, "serve", "--policies", examples(t, "policies"))
	for _, path := range []string{"/console/", base + "door", base + "about"} {
		if got := none.askedAt(t, "GET", none.cognito+path, "", "Sign", "cognate"); got.status != 404 {
			t.Errorf("%s where nobody wanted a console: %d", path, got.status)
		}
	}
}
