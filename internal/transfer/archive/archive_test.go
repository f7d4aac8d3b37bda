package archive_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/transfer/archive"
)

const (
	goodPassword = "Correct-Horse1"
	bcrypted     = "$2b$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m" // of goodPassword
)

// TestWhoLeavesArrivesTheSame fails when anything that an export promises is lost on the way to another installation.
func TestWhoLeavesArrivesTheSame(t *testing.T) {
	t.Parallel()
	spec := directory.PoolSpec{ID: "eu-west-1_Moved0001", AliasAttributes: []string{"email"}}
	from, to := newWorld(t, spec), newWorld(t, spec)
	five := 5
	_, err := from.dir.Groups.Create(t.Context(), directory.GroupSpec{PoolID: from.pool.ID, Name: "admin", Description: "all", RoleARN: "arn:aws:iam::1:role/a", Precedence: &five})
	from.check(err)
	for i, status := range []directory.Status{directory.Confirmed, directory.Unconfirmed, directory.ResetRequired, directory.ForceChangePassword} {
		x, err := from.dir.Users.Create(t.Context(), from.pool, directory.NewUser{
			Username: fmt.Sprintf("user%d", i), Status: status, By: directory.BySystem,
			Attributes: map[string]string{"email": fmt.Sprintf("user%d@example.com", i), "email_verified": "true", "name": `Ünï "x" <b>`},
		}, false)
		from.check(err)
		from.check(from.dir.Passwords.Set(t.Context(), from.pool, x, goodPassword, status == directory.ForceChangePassword))
	}
	from.check(from.dir.Groups.Add(t.Context(), from.pool.ID, "admin", from.user("user0").ID))
	_, err = from.dir.Users.SetEnabled(t.Context(), from.pool, from.user("user1").ID, false)
	from.check(err)
	from.check(from.factors.ImportToken(t.Context(), from.pool.ID, from.user("user0").ID, "JBSWY3DPEHPK3PXPJBSWY3DP", "phone"))
	_, err = from.dir.Users.SetMFA(t.Context(), from.pool, from.user("user0").ID, directory.UserMFA{Methods: []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"}, Preferred: "SOFTWARE_TOKEN_MFA"})
	from.check(err)

	file, left := from.write(func(ex *archive.Exporter) { ex.SRP, ex.TOTP = true, true })
	if left.Users != 4 || left.Apps != 0 {
		t.Errorf("the export left %+v", left)
	}
	if got := to.read(file); got.Imported != 4 || got.Failed+got.Skipped != 0 || !got.Done {
		t.Fatalf("%+v %v", got, to.told)
	}
	for i := range 4 {
		name := fmt.Sprintf("user%d", i)
		if diff := cmp.Diff(from.user(name), to.user(name)); diff != "" {
			t.Errorf("%s (-left +arrived):\n%s", name, diff)
		}
		left, err := from.dir.Passwords.Export(t.Context(), from.pool, from.user(name))
		from.check(err)
		arrived, err := to.dir.Passwords.Export(t.Context(), to.pool, to.user(name))
		to.check(err)
		if diff := cmp.Diff(left, arrived); diff != "" || arrived.Verifier == nil {
			t.Errorf("the password of %s (-left +arrived):\n%s", name, diff)
		}
	}
	groups, err := to.dir.Groups.OfUser(t.Context(), to.pool.ID, to.user("user0@example.com").ID)
	to.check(err)
	if len(groups) != 1 || groups[0].Name != "admin" || *groups[0].Precedence != 5 || groups[0].RoleARN == "" || groups[0].Description != "all" {
		t.Errorf("%+v", groups)
	}
	if secret, name, err := to.factors.ExportToken(t.Context(), to.pool.ID, to.user("user0").ID); secret != "JBSWY3DPEHPK3PXPJBSWY3DP" || name != "phone" || err != nil {
		t.Errorf("the app is %s %s, %v", secret, name, err)
	}
	if !to.knows("user0", goodPassword) || to.knows("user0", "Wrong-Horse1") {
		t.Error("another password is right now")
	}
	if got := to.read(file); got.Skipped != 4 || got.Imported != 0 {
		t.Errorf("the same file once more: %+v", got)
	}
}

// TestAnExportHoldsWhatWasAskedForOnly fails when verifiers or secrets of apps leave unasked.
func TestAnExportHoldsWhatWasAskedForOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.PoolSpec{})
	w.read(`{"username":"alice","password":{"hash":"` + bcrypted + `"}}`)
	w.check(w.factors.ImportToken(t.Context(), w.pool.ID, w.user("alice").ID, "JBSWY3DPEHPK3PXPJBSWY3DP", "phone"))
	_, err := w.dir.Users.SetMFA(t.Context(), w.pool, w.user("alice").ID, directory.UserMFA{Methods: []string{"SOFTWARE_TOKEN_MFA"}, Preferred: "SOFTWARE_TOKEN_MFA"})
	w.check(err)
	if file, left := w.write(); left.Apps != 1 || !strings.Contains(file, `"hash":"`+bcrypted+`"`) || strings.Contains(file, "SOFTWARE_TOKEN") {
		t.Errorf("%+v\n%s", left, file)
	}
	if !w.knows("alice", goodPassword) { // which makes a verifier
		t.Fatal("the password is not right")
	}
	file, _ := w.write()
	for _, secret := range []string{"JBSW", "srp", "totp"} {
		if strings.Contains(file, secret) {
			t.Errorf("the file holds %s:\n%s", secret, file)
		}
	}
	if !strings.Contains(file, `"hash":"$argon2id$`) {
		t.Errorf("the file holds no hash:\n%s", file)
	}
	other := newWorld(t, directory.PoolSpec{})
	file, _ = w.write(func(ex *archive.Exporter) { ex.SRP = true })
	other.read(file)
	if _, _, has, err := other.dir.Passwords.SRPVerifier(t.Context(), other.pool, other.user("alice")); has || err != nil {
		t.Errorf("a verifier counts in a pool that it was not made for: %v", err)
	}
}

// TestWhatOthersWriteIsUnderstood fails when people from elsewhere cannot sign in, or a line that is wrong does not say so.
func TestWhatOthersWriteIsUnderstood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.PoolSpec{UsernameAttributes: []string{"email"}})
	im := w.importer(w.store)
	im.Firebase = &password.Firebase{
		SignerKey:     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
		SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
	}
	const sub = "00000000-0000-4000-8000-000000000001"
	lines := []struct{ line, want string }{
		{`{"username":"a@example.com","attributes":{"email_verified":true,"updated_at":7,"name":null},"password":{"hash":"` + bcrypted + `"}}`, ""},
		{`{"username":"` + sub + `","sub":"` + sub + `","attributes":{"email":"b@example.com"},"groups":["new"]}`, ""},
		{`{"username":"c@example.com","password":{"hash":"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==","salt":"42xEC+ixf3L2lw=="}}`, ""},
		{``, ""},
		{`{"username":"d@example.com","pasword":{}}`, `The line cannot be read: unknown field "pasword"`},
		{`{"username":"d@example.com"} {}`, "The line cannot be read: invalid character '{' after top-level value"},
		{`{"username":7}`, "The line cannot be read: the member username is a number"},
		{`{}`, "The line has no username."},
		{`{"username":"no address"}`, "Username must have 1 to 128 characters and no spaces."},
		{`{"username":"d@example.com","sub":"1"}`, "The sub 1 is not a UUID in lower case."},
		{`{"username":"d@example.com","status":"GONE"}`, "There is no user status GONE."},
		{`{"username":"d@example.com","attributes":{"email_verified":[1]}}`, "The attribute email_verified is neither text nor number nor truth value."},
		{`{"username":"d@example.com","attributes":{"custom:none":"1"}}`, "Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema."},
		{`{"username":"d@example.com","password":{"hash":"secret"}}`, "The password hash has no form that is known, or would cost too much to check."},
		{`{"username":"d@example.com","mfa":{"methods":["SOFTWARE_TOKEN_MFA"]}}`, "SOFTWARE_TOKEN_MFA is switched on, but no authenticator app comes with the user."},
		{`{"username":"d@example.com","totp":{"secret":"!"}}`, "The secret of an authenticator app is base32 of 10 to 128 bytes."},
		{`{"username":"d@example.com","groups":["with blank"]}`, "A group name has 1 to 128 characters and no spaces."},
		{`{"format":"cognate-users","version":2,"pool":"x"}`, "The file is cognate-users of version 2; this program reads cognate-users of version 1."},
		{`nonsense`, "The line cannot be read: invalid character 'o' in literal null (expecting 'u')"},
		{strings.Repeat(" ", 2<<20), "The line has more than 1048576 bytes."},
		{`{"username":"d@example.com"}`, ""},
	}
	file, want := "", []string{}
	for i, l := range lines {
		file += l.line + "\n"
		if l.want != "" {
			want = append(want, fmt.Sprintf("%d: %s", i+1, l.want))
		}
	}
	got, err := im.Run(t.Context(), w.pool, "file:x", strings.NewReader(file))
	w.check(err)
	if diff := cmp.Diff(want, w.told); diff != "" || got.Imported != 4 || int(got.Failed) != len(want) {
		t.Errorf("%+v (-want +got):\n%s", got, diff)
	}
	for name, status := range map[string]directory.Status{
		"a@example.com": directory.Confirmed, "b@example.com": directory.ResetRequired, "c@example.com": directory.Confirmed, "d@example.com": directory.ResetRequired,
	} {
		if x := w.user(name); x.Status != status || x.Username != x.ID || x.Attributes["email"] != name {
			t.Errorf("%s is %+v", name, x)
		}
	}
	if x := w.user("b@example.com"); x.ID != sub {
		t.Errorf("the sub became %s", x.ID)
	}
	if x := w.user("a@example.com"); x.Attributes["email_verified"] != "true" || x.Attributes["updated_at"] != "7" {
		t.Errorf("%+v", x.Attributes)
	}
	if !w.knows("a@example.com", goodPassword) || !w.knows("c@example.com", "user1password") || w.knows("c@example.com", goodPassword) {
		t.Error("a password from elsewhere is not right")
	}
	if w.users() != 4 {
		t.Errorf("%d users", w.users())
	}
}

// dying is a store whose n-th commit fails when everything in it is done.
type dying struct {
	*store.Store
	left int
	how  func()
}

var errDead = errors.New("killed")

func (d *dying) UpdateTransfer(ctx context.Context, poolID, source string, old any, change func(context.Context) (any, error)) error {
	return d.Store.UpdateTransfer(ctx, poolID, source, old, func(ctx context.Context) (any, error) {
		v, err := change(ctx)
		if d.left--; d.left == 0 {
			d.how()
			err = errors.Join(err, errDead)
		}
		return v, err
	})
}

func crowd(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"username":"p%d","attributes":{"email":"p%d@example.com"},"password":{"hash":"%s"}}`+"\n", i, i, bcrypted)
	}
	return b.String()
}

// TestARunGoesOnWhereTheLastOneEnded fails when a run that is cut short loses people or brings them twice.
func TestARunGoesOnWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	const n = 2375
	w := newWorld(t, directory.PoolSpec{})
	file := crowd(n)
	_, err := w.importer(&dying{Store: w.store, left: 3, how: func() {}}).Run(t.Context(), w.pool, "file:x", strings.NewReader(file))
	if !errors.Is(err, errDead) || w.users() != 1000 {
		t.Fatalf("%d users, %v", w.users(), err)
	}
	// Somebody of the rest has come by another way meanwhile.
	_, err = w.dir.Users.Create(t.Context(), w.pool, directory.NewUser{Username: "p1700", Status: directory.Confirmed, By: directory.ByAdmin}, false)
	w.check(err)
	if got := w.read(file); got.Imported != n-1 || got.Skipped != 1 || got.Failed != 0 || got.Line != n || w.users() != n {
		t.Errorf("%d users, %+v", w.users(), got)
	}
}

// TestOneWhoFailsHalfwayTakesNobodyAlong fails when somebody of whom a part was stored stays, when others of the same
// transaction go with them or come twice, or when what comes first is not undone with what fails last.
func TestOneWhoFailsHalfwayTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.PoolSpec{})
	lines := []string{
		`{"username":"before","groups":["old"],"password":{"hash":"` + bcrypted + `"}}`,
		`{"username":"half","groups":["new"],"password":{"hash":"` + bcrypted + `"},"totp":{"secret":"no base32"}}`,
		`{"username":"before"}`,
		`{"username":"bad hash","password":{"hash":"x"}}`,
		`{"username":"bad","groups":["a group"]}`,
		`{"username":"after","groups":["old","old"],"attributes":{"email":"half@example.com"}}`,
	}
	if got := w.read(strings.Join(lines, "\n")); got.Imported != 2 || got.Skipped != 1 || got.Failed != 3 || w.users() != 2 {
		t.Errorf("%d users, %+v", w.users(), got)
	}
	for name, groups := range map[string]int{"before": 1, "after": 1} {
		in, err := w.dir.Groups.OfUser(t.Context(), w.pool.ID, w.user(name).ID)
		if w.check(err); len(in) != groups {
			t.Errorf("%s is in %d groups", name, len(in))
		}
	}
	if _, err := w.dir.Groups.Get(t.Context(), w.pool.ID, "new"); !fault.Is(err, fault.Missing, "") {
		t.Errorf("the group of somebody who did not come: %v", err)
	}
	if got := w.read(strings.Join(lines[:1], "\n")); got.Skipped != 1 {
		t.Errorf("%+v", got)
	}
}

// TestTwoRunsOfOneFileDoNotMeet fails when a second process that reads the same file at once does harm.
func TestTwoRunsOfOneFileDoNotMeet(t *testing.T) {
	t.Parallel()
	const n = 2250
	w := newWorld(t, directory.PoolSpec{})
	ctx, cancel := context.WithCancel(t.Context())
	slow := &dying{Store: w.store, left: 2, how: cancel}
	_, err := w.importer(slow).Run(ctx, w.pool, "file:x", strings.NewReader(crowd(n)))
	if err == nil {
		t.Fatal("a run that was told to end says that it is done")
	}
	first, second := w.importer(w.store), w.importer(w.store)
	begun := false
	first.Progress = func(archive.Progress) {
		if !begun {
			begun = true
			if got, err := second.Run(t.Context(), w.pool, "file:x", strings.NewReader(crowd(n))); err != nil || got.Imported != n {
				t.Errorf("%+v, %v", got, err)
			}
		}
	}
	if _, err := first.Run(t.Context(), w.pool, "file:x", strings.NewReader(crowd(n))); !errors.Is(err, archive.ErrElsewhere) {
		t.Errorf("the first run ended with %v", err)
	}
	if w.users() != n {
		t.Errorf("%d users", w.users())
	}
}

func FuzzImport(f *testing.F) {
	f.Add(`{"username":"a","password":{"hash":"x","salt":"y","srp_salt":"00","srp_verifier":"00"}}`)
	f.Add(`{"format":"cognate-users","version":1,"pool":"p"}`)
	f.Add(`{"group":"g","precedence":-1}`)
	w := newWorld(f, directory.PoolSpec{})
	f.Fuzz(func(t *testing.T, line string) {
		im := w.importer(w.store)
		im.Tell = func(int64, string) {}
		if _, err := im.Run(t.Context(), w.pool, "file:x", strings.NewReader(line)); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	})
}

// TestAnExportReadsManyUsersAtOnce fails when it asks the database anew for each.
func TestAnExportReadsManyUsersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.PoolSpec{ID: "eu-west-1_Many00001"})
	var file strings.Builder
	for i := range 150 {
		fmt.Fprintf(&file, `{"username":"u%d","groups":["a"],"password":{"hash":"%s"}}`+"\n", i, bcrypted)
	}
	if got := w.read(file.String()); got.Imported != 150 {
		t.Fatalf("%+v %v", got, w.told)
	}
	before := w.statements.Load()
	text, left := w.write()
	if left.Users != 150 || strings.Count(text, `"groups":["a"]`) != 150 || strings.Count(text, bcrypted) != 150 {
		t.Errorf("%+v of 150 users, %d groups, %d passwords", left, strings.Count(text, `"groups":["a"]`), strings.Count(text, bcrypted))
	}
	if n := w.statements.Load() - before; n > 10 {
		t.Errorf("%d statements for 150 users", n)
	}
}
