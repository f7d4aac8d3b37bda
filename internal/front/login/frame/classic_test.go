package frame

import (
	"testing"

	"cognate.dev/cognate/internal/branding/css"
)

// TestClassicClassesMeanSomethingHere fails when a class that owners may style has no place on these pages.
func TestClassicClassesMeanSomethingHere(t *testing.T) {
	t.Parallel()
	for _, class := range css.Classes() {
		if classic[class] == "" {
			t.Errorf("%s styles nothing", class)
		}
	}
	rules, err := css.Parse(".submitButton-customizable:hover,.errorMessage-customizable{color:red;width:1px}")
	if err != nil {
		t.Fatal(err)
	}
	const want = ".go:hover{color:red;width:1px;}\n.trouble,.problem{color:red;width:1px;}\n"
	if got := Classic(rules); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if rules, err = css.Parse(".banner-customizable{background-color:lightgray}"); err != nil {
		t.Fatal(err)
	}
	if got, want := Classic(rules), bannerShape+banner+"{background-color:lightgray;}\n"; got != want {
		t.Errorf("a banner: %q, want %q", got, want)
	}
}
