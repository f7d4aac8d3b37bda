package federation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/federation"
)

// TestLevelsAreTranslated fails when a provider is asked in other words than its own, or what it answers becomes another level.
func TestLevelsAreTranslated(t *testing.T) {
	t.Parallel()
	p := &federation.Provider{ACR: map[string]string{"Level1": "urn:one", "Level3": "urn:three"}}
	if diff := cmp.Diff([]string{"urn:three", "urn:one"}, p.Wishes([]int{4, 3, 9, 0, 1, 3})); diff != "" {
		t.Errorf("wishes (-want +got):\n%s", diff)
	}
	for acr, want := range map[string]int{"urn:one": 1, "urn:three": 3, "urn:other": 1, "": 1} {
		if got := p.Level(&federation.Told{ACR: acr}); got != want {
			t.Errorf("%q is level %d, want %d", acr, got, want)
		}
	}
	said := &federation.Told{ACR: "urn:three", AMR: []string{"pwd", "face", "otp", "pwd"}}
	for _, c := range []struct {
		of   *federation.Provider
		told *federation.Told
		want []string
	}{
		{p, said, []string{"pwd", "otp"}}, {p, &federation.Told{AMR: []string{"face"}}, []string{"fed"}}, {&federation.Provider{}, said, []string{"fed"}},
	} {
		if diff := cmp.Diff(c.want, c.of.Methods(c.told)); diff != "" {
			t.Errorf("methods (-want +got):\n%s", diff)
		}
	}
	if got := (&federation.Provider{}).Level(said); got != 0 {
		t.Errorf("without a mapping: level %d", got)
	}
}
