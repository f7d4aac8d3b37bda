package route_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/gateway/route"
)

func table(t *testing.T, pathFirst bool, routes ...string) *route.Table[string] {
	t.Helper()
	tb := &route.Table[string]{PathFirst: pathFirst}
	for _, r := range routes {
		method, template, _ := strings.Cut(r, " ")
		if template == "" {
			template = method
		}
		if err := tb.Add(method, template, r); err != nil {
			t.Fatalf("%s: %v", r, err)
		}
	}
	return tb
}

func TestTheMostSpecialRouteTakesARequest(t *testing.T) {
	t.Parallel()
	routes := []string{
		"GET /", "GET /pets", "ANY /pets", "GET /pets/{id}", "POST /pets/top", "GET /pets/{id}/toys", "GET /pets/top/{toy}", "ANY /{proxy+}",
		"GET /pets/{rest+}", "DELETE /a/{x}/c",
	}
	for _, c := range []struct{ ask, http, rest string }{
		{"GET /", "GET /", "GET /"},
		{"GET /pets", "GET /pets", "GET /pets"},
		{"PUT /pets", "ANY /pets", "ANY /pets"},
		{"GET /pets/1", "GET /pets/{id}", "GET /pets/{id}"},
		{"POST /pets/top", "POST /pets/top", "POST /pets/top"},
		{"GET /pets/top", "GET /pets/{id}", ""}, // the resource of a REST API is chosen by its path alone
		{"GET /pets/1/toys", "GET /pets/{id}/toys", "GET /pets/{id}/toys"},
		{"GET /pets/top/toys", "GET /pets/top/{toy}", "GET /pets/top/{toy}"},
		{"GET /pets/1/x", "GET /pets/{rest+}", "GET /pets/{rest+}"},
		{"PUT /pets/1/x", "ANY /{proxy+}", ""}, // a greedy route nearer by does not know the method
		{"PUT /else/where", "ANY /{proxy+}", "ANY /{proxy+}"},
		{"DELETE /a/b/c", "DELETE /a/{x}/c", "DELETE /a/{x}/c"},
		{"DELETE /a/b/d", "ANY /{proxy+}", "ANY /{proxy+}"},
		{"DELETE /", "", ""},
	} {
		method, raw, _ := strings.Cut(c.ask, " ")
		p, err := route.Parse(raw, false)
		if err != nil {
			t.Fatal(err)
		}
		for pathFirst, want := range map[bool]string{false: c.http, true: c.rest} {
			m, ok := table(t, pathFirst, routes...).Find(method, p)
			if m.Route != want || ok != (want != "") {
				t.Errorf("%s, path first %v: %q, want %q", c.ask, pathFirst, m.Route, want)
			}
		}
	}
	p, _ := route.Parse("/x/%C3%A4/z", false)
	m, _ := table(t, false, "$default", "GET /x/{a}/{b+}").Find("GET", p)
	if m.Params["a"] != "ä" || m.Params["b"] != "z" {
		t.Errorf("%v", m.Params)
	}
	if m, ok := table(t, false, "$default", "GET /x").Find("PUT", p); !ok || m.Route != "$default" {
		t.Errorf("%v", m)
	}
}

func TestOddTemplatesAreRefused(t *testing.T) {
	t.Parallel()
	for _, template := range []string{"", "x", "/a//b", "/a/../b", "/{a", "/{a}b", "/{a+}/b", "/{}", "/a/%2e", "/a%2fb"} {
		if err := (&route.Table[int]{}).Add("GET", template, 1); err == nil {
			t.Errorf("%q is a template", template)
		}
	}
	tb := table(t, false, "GET /a/{b}")
	if tb.Add("GET", "/a/{c}", "x") == nil {
		t.Error("two routes take the same requests")
	}
}

func TestAPrefixIsCutInWholeSegments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, prefix, rest string }{
		{"/shop/a%20b", "/shop", "/a%20b"}, {"/shop", "/shop", "/"}, {"/shop/", "/shop", "/"}, {"/shopping", "/shop", ""}, {"/a", "", "/a"},
		{"/sh%6fp/x", "/shop", "/x"}, {"/a/b/c", "/a/b", "/c"}, {"/a", "/a/b", ""}, {"/", "/a", ""},
	} {
		p, err := route.Parse(c.raw, false)
		if err != nil {
			t.Fatal(err)
		}
		rest, ok := p.Cut(c.prefix)
		if rest.Raw != c.rest || ok != (c.rest != "") {
			t.Errorf("%s without %s: %q", c.raw, c.prefix, rest.Raw)
		}
	}
}

// FuzzParse: whoever reads a path that was let through, by whatever rules, stays below the same segments.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"/a/b", "/a/%2e%2e/b", "/a//b", "/a/..;x/b", "/%252e%252e", "/a%2fb", "/a%5c..%5cb", "/x/%c0%ae"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, raw string, slashes bool) {
		p, err := route.Parse(raw, slashes)
		if err != nil {
			return
		}
		once, err := url.PathUnescape(raw)
		if err != nil {
			t.Fatalf("%q cannot be decoded", raw)
		}
		if clean := path.Clean(once); clean != once && clean+"/" != once {
			t.Errorf("%q is %q to who cleans it", raw, clean)
		}
		if joined := "/" + strings.Join(p.Segments, "/"); joined != once {
			t.Errorf("%q has the segments %q", raw, p.Segments)
		}
		if twice, err := url.PathUnescape(once); err == nil && strings.Contains(twice, "/../") {
			t.Errorf("%q leads away when it is decoded twice", raw)
		}
		if !slashes && strings.Count(once, "/") != strings.Count(raw, "/") {
			t.Errorf("%q hides a slash", raw)
		}
	})
}
