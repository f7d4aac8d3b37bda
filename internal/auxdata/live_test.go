package auxdata_test

import (
	"net/http"
	"testing"

	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"

	"cognate.dev/cognate/internal/auxdata"
)

// telling makes a reader that tells policies whether tokens are alive.
func (w *world) telling(sets ...auxdata.KeySet) *auxdata.Reader {
	w.t.Helper()
	r, err := auxdata.New(auxdata.Config{TellLive: true, KeySets: sets}, w.pools, http.DefaultClient, w.clock.Now)
	w.check(err)
	return r
}

// live is what policies are told; told is false when the claim is not there.
func live(t *testing.T, r *auxdata.Reader, aux *requestv1.AuxData) (alive, told bool) {
	t.Helper()
	got, err := r.Read(t.Context(), aux)
	if err != nil {
		t.Fatal(err)
	}
	claim, told := got.GetJwt()[auxdata.LiveClaim]
	return claim.GetStructValue().GetFields()["live"].GetBoolValue(), told
}

func TestPoliciesAreToldWhetherATokenIsAlive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	set := w.signIn()
	r := w.telling()
	for _, raw := range []string{set.ID, set.Access} {
		if alive, told := live(t, r, one(raw, "")); !alive || !told {
			t.Errorf("signed in: %v, %v", alive, told)
		}
	}
	w.check(w.sessions.Revoke(t.Context(), w.client, set.Refresh))
	for _, raw := range []string{set.ID, set.Access} {
		if alive, told := live(t, r, one(raw, "")); alive || !told {
			t.Errorf("revoked: %v, %v", alive, told)
		}
	}
	if _, told := live(t, w.reader(false), one(set.Access, "")); told {
		t.Error("the claim is there, and nobody asked for it")
	}
}

// A foreign issuer, or a function that adds claims to our own tokens, could otherwise say that anything is alive.
func TestATokenCannotSayOfItselfThatItIsAlive(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t, true), newSigner(t, "k1")
	theirs := auxdata.KeySet{ID: "a", Data: setOf(t, s.jwk("EdDSA", "k1"))}
	raw := s.sign(t, map[string]any{auxdata.LiveClaim: map[string]any{"live": true}})
	if alive, told := live(t, w.telling(theirs), one(raw, "a")); alive || !told {
		t.Errorf("telling: %v, %v", alive, told)
	}
	if _, told := live(t, w.reader(false, theirs), one(raw, "a")); told {
		t.Error("not telling: the token's own claim came through")
	}
}

func TestARequestCanRequireThatItsTokenIsAlive(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t, true), newSigner(t, "k1")
	theirs := auxdata.KeySet{ID: "a", Data: setOf(t, s.jwk("EdDSA", "k1"))}
	set := w.signIn()
	for name, r := range map[string]*auxdata.Reader{"as it comes": w.reader(false, theirs), "telling": w.telling(theirs)} {
		if _, err := r.Read(t.Context(), one(set.Access, auxdata.LiveKeySet)); err != nil {
			t.Errorf("%s: alive: %v", name, err)
		}
		if got, err := r.Read(t.Context(), one(s.sign(t, map[string]any{}), auxdata.LiveKeySet)); err == nil {
			t.Errorf("%s: another issuer's token: %v", name, got)
		}
	}
	w.check(w.sessions.Revoke(t.Context(), w.client, set.Refresh))
	for name, r := range map[string]*auxdata.Reader{"as it comes": w.reader(false, theirs), "telling": w.telling(theirs)} {
		if got, err := r.Read(t.Context(), one(set.Access, auxdata.LiveKeySet)); err == nil {
			t.Errorf("%s: revoked: %v", name, got)
		}
	}
	for _, id := range []string{auxdata.LiveKeySet, auxdata.PoolKeySet, ""} {
		if _, err := auxdata.New(auxdata.Config{KeySets: []auxdata.KeySet{{ID: id, Data: theirs.Data}}}, nil, nil, w.clock.Now); err == nil {
			t.Errorf("a key set may call itself %q", id)
		}
	}
}
