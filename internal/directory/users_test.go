package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

var (
	no     = false
	noCase = &no
)

func TestUsernamesFollowTheKindOfPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pools := map[string]*directory.Pool{
		"plain":   w.pool(directory.PoolSpec{}),
		"aliases": w.pool(directory.PoolSpec{AliasAttributes: []string{"email", "phone_number"}}),
		"email":   w.pool(directory.PoolSpec{UsernameAttributes: []string{"email"}}),
		"phone":   w.pool(directory.PoolSpec{UsernameAttributes: []string{"phone_number"}}),
		"either":  w.pool(directory.PoolSpec{UsernameAttributes: []string{"email", "phone_number"}}),
	}
	for _, tc := range []struct{ pool, name, text string }{
		{"plain", "alice", ""}, {"plain", "alice@example.com", ""}, {"plain", "", "Username must have 1 to 128 characters and no spaces."},
		{"plain", "a b", "Username must have 1 to 128 characters and no spaces."},
		{"plain", strings.Repeat("x", 129), "Username must have 1 to 128 characters and no spaces."},
		{"aliases", "bob", ""},
		{"aliases", "bob@example.com", "Username cannot be of email format, since user pool is configured for email alias."},
		{"aliases", "+15555550100", "Username cannot be of phone number format, since user pool is configured for phone number alias."},
		{"email", "alice@example.com", ""}, {"email", "alice", "Username should be an email."},
		{"phone", "+15555550100", ""}, {"phone", "alice@example.com", "Username should be a phone number."},
		{"either", "alice@example.com", ""}, {"either", "+15555550100", ""},
		{"either", "alice", "Username should be either an email or a phone number."},
	} {
		pool := pools[tc.pool]
		x, err := w.Users.Create(t.Context(), pool, directory.NewUser{Username: tc.name, Status: directory.Confirmed, By: directory.ByAdmin}, false)
		if tc.text != "" {
			refused(t, err, fault.Invalid, "", tc.text)
			continue
		}
		ok(t, err)
		if byAttribute := len(pool.UsernameAttributes) > 0; (x.Username == x.ID) != byAttribute {
			t.Errorf("%s %s: username %s, sub %s", tc.pool, tc.name, x.Username, x.ID)
		} else if byAttribute && !slices.Contains([]string{x.Attributes["email"], x.Attributes["phone_number"]}, tc.name) {
			t.Errorf("%s is in no attribute of %v", tc.name, x.Attributes)
		}
		found, err := w.Users.Find(t.Context(), pool, tc.name)
		ok(t, err)
		bySub, err := w.Users.Find(t.Context(), pool, x.ID)
		ok(t, err)
		if found.ID != x.ID || bySub.ID != x.ID {
			t.Errorf("%s finds %s and %s, want %s", tc.name, found.ID, bySub.ID, x.ID)
		}
	}
}

func TestANameBelongsToOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	insensitive := w.pool(directory.PoolSpec{CaseSensitive: noCase, AliasAttributes: []string{"preferred_username"}})
	alice := w.user(insensitive, "Alice", map[string]string{"preferred_username": "Ally"})
	for _, name := range []string{"Alice", "aLICE", alice.ID, "ally"} {
		_, err := w.Users.Create(t.Context(), insensitive, directory.NewUser{Username: name, By: directory.ByAdmin}, false)
		refused(t, err, fault.Exists, fault.Username, "User already exists")
	}
	bob := w.user(insensitive, "bob", nil)
	for _, value := range []string{"ALLY", "alice"} {
		_, _, err := w.Users.UpdateAttributes(t.Context(), insensitive, bob.ID, directory.Update{Values: map[string]string{"preferred_username": value}, By: directory.ByAdmin})
		refused(t, err, fault.Exists, fault.Alias, "An account with the given preferred_username already exists.")
	}
	sensitive := w.pool(directory.PoolSpec{})
	w.user(sensitive, "alice", nil)
	w.user(sensitive, "Alice", nil)
	byEmail := w.pool(directory.PoolSpec{UsernameAttributes: []string{"email"}, CaseSensitive: noCase})
	w.user(byEmail, "alice@example.com", nil)
	_, err := w.Users.Create(t.Context(), byEmail, directory.NewUser{Username: "Alice@Example.com", By: directory.ByAdmin}, false)
	refused(t, err, fault.Exists, fault.Username, "An account with the given email already exists.")
}

func TestAnAliasWorksOnceItIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{AliasAttributes: []string{"email", "preferred_username"}})
	first := w.user(p, "first", map[string]string{"email": "shared@example.com"})
	_, err := w.Users.Find(t.Context(), p, "shared@example.com")
	refused(t, err, fault.Missing, fault.User, "User does not exist.")
	verify := func(x *directory.User) error {
		if !x.Verify("email", "shared@example.com") {
			t.Error("the value is not there")
		}
		return nil
	}
	_, err = w.Users.Change(t.Context(), p, first.ID, verify)
	ok(t, err)
	found, err := w.Users.Find(t.Context(), p, "shared@example.com")
	ok(t, err)
	if found.ID != first.ID {
		t.Errorf("found %s", found.Username)
	}
	second := w.user(p, "second", map[string]string{"email": "shared@example.com"})
	_, err = w.Users.Change(t.Context(), p, second.ID, verify)
	refused(t, err, fault.Exists, fault.Alias, "An account with the given email already exists.")
	_, err = w.Users.ChangeForcing(t.Context(), p, second.ID, verify)
	ok(t, err)
	found, err = w.Users.Find(t.Context(), p, "shared@example.com")
	ok(t, err)
	old, err := w.Users.Get(t.Context(), p.ID, first.ID)
	ok(t, err)
	if found.ID != second.ID || old.Attributes["email_verified"] != "false" {
		t.Errorf("found %s, the old owner is verified: %s", found.Username, old.Attributes["email_verified"])
	}
	if !slices.Contains(w.changes.seen[len(w.changes.seen)-2:], p.ID+"/"+first.ID) {
		t.Error("nobody was told that the old owner changed")
	}
	_, err = w.Users.Create(t.Context(), p, directory.NewUser{
		Username: "third", Attributes: map[string]string{"email": "shared@example.com", "email_verified": "true"}, By: directory.ByAdmin,
	}, false)
	refused(t, err, fault.Exists, fault.Alias, "An account with the given email already exists.")
}

func TestAPreferredUsernameWorksOnceTheUserIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{AliasAttributes: []string{"preferred_username"}})
	x, err := w.Users.Create(t.Context(), p, directory.NewUser{
		Username: "alice", Attributes: map[string]string{"preferred_username": "ally"}, Status: directory.Unconfirmed, By: directory.ByAdmin,
	}, false)
	ok(t, err)
	_, err = w.Users.Find(t.Context(), p, "ally")
	refused(t, err, fault.Missing, fault.User, "")
	_, err = w.Users.SetStatus(t.Context(), p, x.ID, directory.Confirmed)
	ok(t, err)
	_, err = w.Users.Find(t.Context(), p, "ally")
	ok(t, err)
}

func TestEveryWriteIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	x := w.user(p, "alice", nil)
	for name, write := range map[string]func() error{
		"attributes": func() error {
			_, _, err := w.Users.UpdateAttributes(t.Context(), p, x.ID, directory.Update{Values: map[string]string{"name": "A"}, By: directory.ByAdmin})
			return err
		},
		"enabled": func() error { _, err := w.Users.SetEnabled(t.Context(), p, x.ID, false); return err },
		"status":  func() error { _, err := w.Users.SetStatus(t.Context(), p, x.ID, directory.ResetRequired); return err },
		"MFA": func() error {
			_, err := w.Users.SetMFA(t.Context(), p, x.ID, directory.UserMFA{Preferred: "SMS_MFA"})
			return err
		},
		"sign-out": func() error { _, err := w.Users.SignOut(t.Context(), p, x.ID, w.now.Now()); return err },
		"touch":    func() error { _, err := w.Users.Touch(t.Context(), p, x.ID); return err },
	} {
		before := len(w.changes.seen)
		ok(t, write())
		if got := w.changes.seen[before:]; len(got) != 1 || got[0] != p.ID+"/"+x.ID {
			t.Errorf("%s: told %v", name, got)
		}
	}
	ok(t, w.Users.Delete(t.Context(), p.ID, x.ID))
	if last := w.changes.seen[len(w.changes.seen)-1]; last != p.ID+"/"+x.ID {
		t.Errorf("delete: told %s", last)
	}
}

func TestAnEmailThatIsAUsernameCannotBeTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{UsernameAttributes: []string{"email"}})
	w.user(p, "alice@example.com", nil)
	bob := w.user(p, "bob@example.com", nil)
	_, _, err := w.Users.UpdateAttributes(t.Context(), p, bob.ID, directory.Update{
		Values: map[string]string{"email": "alice@example.com", "email_verified": "true"}, By: directory.ByAdmin,
	})
	refused(t, err, fault.Exists, fault.Alias, "An account with the given email already exists.")
	_, err = w.Users.DeleteAttributes(t.Context(), p, bob.ID, []string{"email"}, directory.ByAdmin, nil)
	refused(t, err, fault.Invalid, "", "")
	_, _, err = w.Users.UpdateAttributes(t.Context(), p, bob.ID, directory.Update{Values: map[string]string{"email": "robert@example.com"}, By: directory.ByAdmin})
	ok(t, err)
	if x, err := w.Users.Find(t.Context(), p, "robert@example.com"); err != nil || x.ID != bob.ID {
		t.Errorf("the new address does not work: %v", err)
	}
	if _, err := w.Users.Find(t.Context(), p, "bob@example.com"); err == nil {
		t.Error("the old address still works")
	}
}

func TestSignUpAttributesFollowSchemaAndPermission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{
		AliasAttributes: []string{"preferred_username"},
		Schema: []directory.AttributeSpec{
			{Name: "name", Required: true}, {Name: "email", Required: true}, {Name: "x", Type: "String", Mutable: &no},
			{Name: "d", Type: "String", DeveloperOnly: true},
		},
	})
	all := &directory.Client{}
	narrow := &directory.Client{ClientSettings: directory.ClientSettings{WriteAttributes: []string{"name", "email"}}}
	full := func(more ...string) map[string]string {
		out := map[string]string{"name": "A", "email": "a@example.com"}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	for name, tc := range map[string]struct {
		client     *directory.Client
		attributes map[string]string
		kind       fault.Kind
		text       string
	}{
		"required": {all, map[string]string{"name": "A"}, fault.Invalid, "Attributes did not conform to the schema: email: The attribute is required"},
		"two required": {all, nil, fault.Invalid,
			"Attributes did not conform to the schema: name: The attribute is required\nemail: The attribute is required"},
		"unknown":     {all, full("custom:none", "1"), fault.Invalid, "Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema."},
		"empty":       {all, full("name", ""), fault.Invalid, "Attributes did not conform to the schema: name: The attribute is required"},
		"not allowed": {narrow, full("nickname", "n"), fault.Denied, "A client attempted to write unauthorized attribute"},
		"verified":    {all, full("email_verified", "true"), fault.Denied, "A client attempted to write unauthorized attribute"},
		"developer's": {all, full("dev:custom:d", "1"), fault.Denied, "A client attempted to write unauthorized attribute"},
		"sub":         {all, full("sub", "1"), fault.Invalid, "user.sub: Attribute cannot be updated."},
		"early alias": {all, full("preferred_username", "p"), fault.Invalid, ""},
		"bad email":   {all, full("email", "a"), fault.Invalid, "Invalid email address format."},
	} {
		_, err := w.Users.Draft(p, directory.NewUser{Username: "alice", Attributes: tc.attributes, By: directory.ByClient, Client: tc.client})
		if t.Run(name, func(t *testing.T) { refused(t, err, tc.kind, "", tc.text) }); t.Failed() {
			break
		}
	}
	x, err := w.Users.Draft(p, directory.NewUser{Username: "alice", Attributes: full("custom:x", "once"), By: directory.ByClient, Client: all})
	ok(t, err)
	want := map[string]string{"name": "A", "email": "a@example.com", "email_verified": "false", "custom:x": "once"}
	if diff := cmp.Diff(want, x.Attributes); diff != "" {
		t.Error(diff)
	}
	if _, err := w.Users.Draft(p, directory.NewUser{Username: "bob", By: directory.ByAdmin}); err != nil {
		t.Errorf("an administrator must give required attributes: %v", err)
	}
}

func TestUpdatesFollowSchemaPermissionAndVerification(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{
		Settings: directory.Settings{AutoVerified: []string{"email", "phone_number"}, VerifyBeforeUpdate: []string{"email"}},
		Schema: []directory.AttributeSpec{
			{Name: "name", Required: true}, {Name: "x", Type: "String", Mutable: &no}, {Name: "d", Type: "String", DeveloperOnly: true},
		},
	})
	client := &directory.Client{}
	for name, tc := range map[string]struct {
		by     directory.Writer
		values map[string]string
		kind   fault.Kind
		text   string
	}{
		"unknown":            {directory.ByAdmin, map[string]string{"custom:none": "1"}, fault.Invalid, "Invalid user attributes: user.custom:none: Attribute does not exist in the schema."},
		"immutable":          {directory.ByClient, map[string]string{"custom:x": "2"}, fault.Invalid, "user.custom:x: Attribute cannot be updated."},
		"sub":                {directory.ByAdmin, map[string]string{"sub": "2"}, fault.Invalid, "user.sub: Attribute cannot be updated."},
		"client's verified":  {directory.ByClient, map[string]string{"email_verified": "true"}, fault.Denied, "A client attempted to write unauthorized attribute"},
		"developer's":        {directory.ByClient, map[string]string{"dev:custom:d": "2"}, fault.Denied, "A client attempted to write unauthorized attribute"},
		"required away":      {directory.ByClient, map[string]string{"name": ""}, fault.Invalid, "Attributes did not conform to the schema: name: The attribute is required"},
		"verified, no phone": {directory.ByAdmin, map[string]string{"phone_number_verified": "true"}, fault.Invalid, "phone_number is required to set phone_number_verified."},
	} {
		x := w.user(p, strings.ReplaceAll(name, " ", "-"), map[string]string{"name": "A", "custom:x": "1"})
		_, _, err := w.Users.UpdateAttributes(t.Context(), p, x.ID, directory.Update{Values: tc.values, By: tc.by, Client: client})
		t.Run(name, func(t *testing.T) { refused(t, err, tc.kind, "", tc.text) })
	}
	old := map[string]string{
		"name": "A", "email": "a@example.com", "email_verified": "true", "phone_number": "+15555550100", "phone_number_verified": "true", "nickname": "n",
	}
	for name, tc := range map[string]struct {
		by            directory.Writer
		values        map[string]string
		want, pending map[string]string // what differs from old; "-" is gone
		effect        directory.Effect
	}{
		"phone": {directory.ByClient, map[string]string{"phone_number": "+15555550101"},
			map[string]string{"phone_number": "+15555550101", "phone_number_verified": "false"}, nil, directory.Effect{Changed: []string{"phone_number"}}},
		"same phone": {directory.ByClient, map[string]string{"phone_number": "+15555550100"}, nil, nil, directory.Effect{}},
		"email waits": {directory.ByClient, map[string]string{"email": "b@example.com"}, nil,
			map[string]string{"email": "b@example.com"}, directory.Effect{Pending: []string{"email"}}},
		"admin's email waits": {directory.ByAdmin, map[string]string{"email": "b@example.com"}, nil,
			map[string]string{"email": "b@example.com"}, directory.Effect{Pending: []string{"email"}}},
		"admin vouches": {directory.ByAdmin, map[string]string{"email": "b@example.com", "email_verified": "True"},
			map[string]string{"email": "b@example.com", "email_verified": "true"}, nil, directory.Effect{Changed: []string{"email"}}},
		"admin doubts": {directory.ByAdmin, map[string]string{"email_verified": "false"}, map[string]string{"email_verified": "false"}, nil, directory.Effect{}},
		"away": {directory.ByClient, map[string]string{"phone_number": "", "nickname": ""},
			map[string]string{"phone_number": "-", "phone_number_verified": "-", "nickname": "-"}, nil, directory.Effect{}},
	} {
		x := w.user(p, strings.ReplaceAll(name, " ", "-")+"!", old)
		w.now.Advance(time.Second)
		got, effect, err := w.Users.UpdateAttributes(t.Context(), p, x.ID, directory.Update{Values: tc.values, By: tc.by, Client: client})
		ok(t, err)
		want := map[string]string{}
		for k, v := range old {
			want[k] = v
		}
		for k, v := range tc.want {
			if want[k] = v; v == "-" {
				delete(want, k)
			}
		}
		if diff := cmp.Diff(want, got.Attributes); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(tc.pending, got.Pending); diff != "" {
			t.Errorf("%s, pending: %s", name, diff)
		}
		if diff := cmp.Diff(tc.effect, effect); diff != "" {
			t.Errorf("%s, effect: %s", name, diff)
		}
		if !got.ModifiedAt.Equal(w.now.Now()) {
			t.Errorf("%s: modified %v", name, got.ModifiedAt)
		}
	}
}

func TestUsersAreListedOnceEachInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	for i := range 9 {
		w.user(p, fmt.Sprintf("User%d", i), map[string]string{"given_name": []string{"Ann", "ANNA", "bob"}[i%3], "email": fmt.Sprintf("u%d@example.com", i)})
		w.now.Advance(time.Millisecond)
	}
	x, err := w.Users.Find(t.Context(), p, "User4")
	ok(t, err)
	_, err = w.Users.SetEnabled(t.Context(), p, x.ID, false)
	ok(t, err)
	for filter, want := range map[string]int{
		"": 9, `given_name = "ann"`: 3, `given_name ^= "AN"`: 6, `username = "User3"`: 1, `username = "user3"`: 0, `username ^= "User"`: 9,
		`email = "U5@EXAMPLE.COM"`: 1, `email ^= "%"`: 0, `status = "Disabled"`: 1, `status = "Enabled"`: 8,
		`cognito:user_status = "confirmed"`: 9, `cognito:user_status ^= "CONF"`: 9, `sub = "` + x.ID + `"`: 1, `name = ""`: 0,
	} {
		seen := map[string]bool{}
		for token := ""; ; {
			page, err := w.Users.List(t.Context(), p, filter, 2, token)
			ok(t, err)
			for _, x := range page.Items {
				if seen[x.ID] {
					t.Errorf("%s: %s came twice", filter, x.Username)
				}
				seen[x.ID] = true
			}
			if token = page.Next; token == "" {
				break
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d users, want %d", filter, len(seen), want)
		}
	}
	_, err = w.Users.List(t.Context(), p, "", 61, "")
	refused(t, err, fault.Invalid, "", "1 validation error detected: Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60")
}

func TestAListTokenBelongsToItsQueryForAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, other := w.pool(directory.PoolSpec{}), w.pool(directory.PoolSpec{})
	for i := range 3 {
		w.user(p, fmt.Sprintf("user%d", i), nil)
	}
	page, err := w.Users.List(t.Context(), p, `username ^= "user"`, 1, "")
	ok(t, err)
	for name, list := range map[string]func() (directory.Page[*directory.User], error){
		"another filter": func() (directory.Page[*directory.User], error) {
			return w.Users.List(t.Context(), p, `username ^= "use"`, 1, page.Next)
		},
		"no filter": func() (directory.Page[*directory.User], error) { return w.Users.List(t.Context(), p, "", 1, page.Next) },
		"another pool": func() (directory.Page[*directory.User], error) {
			return w.Users.List(t.Context(), other, `username ^= "user"`, 1, page.Next)
		},
	} {
		_, err := list()
		t.Run(name, func(t *testing.T) { refused(t, err, fault.Invalid, "", "Invalid pagination token") })
	}
	if _, err = w.Users.List(t.Context(), p, ` username^="user" `, 2, page.Next); err != nil {
		t.Errorf("the same filter, spelled otherwise: %v", err)
	}
	w.now.Advance(time.Hour)
	_, err = w.Users.List(t.Context(), p, `username ^= "user"`, 1, page.Next)
	refused(t, err, fault.Invalid, "", "Invalid pagination token")
}

func TestSelectedAttributesMustExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Schema: []directory.AttributeSpec{{Name: "x", Type: "String"}}})
	a := w.user(p, "alice", map[string]string{"email": "a@example.com", "custom:x": "1"})
	b := w.user(p, "bob", nil)
	got, err := directory.Selected(p, []*directory.User{a, b}, []string{"email", "sub"})
	ok(t, err)
	want := [][]directory.Value{{{Name: "email", Value: "a@example.com"}, {Name: "sub", Value: a.ID}}, {{Name: "sub", Value: b.ID}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"custom:x", "custom:none"} {
		_, err = directory.Selected(p, []*directory.User{a, b}, []string{name})
		refused(t, err, fault.Invalid, "", "One or more requested attributes do not exist.")
	}
	all, err := directory.Selected(p, []*directory.User{a}, nil)
	ok(t, err)
	if len(all[0]) != 3 {
		t.Error(all)
	}
}

// Whatever is written, in whatever order, an email finds at most the one user who has it verified.
func TestAliasesNeverFindTheWrongUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{AliasAttributes: []string{"email"}, CaseSensitive: noCase})
	emails := []string{"a@example.com", "A@example.com", "b@example.com"}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		var ids []string
		for i := range 3 {
			ids = append(ids, w.user(p, fmt.Sprintf("r%d-u%d", round, i), nil).ID)
		}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			id := rapid.SampledFrom(ids).Draw(rt, "who")
			values := map[string]string{"email": rapid.SampledFrom(append(emails, "")).Draw(rt, "email")}
			if v := rapid.SampledFrom([]string{"", "true", "false"}).Draw(rt, "verified"); v != "" {
				values["email_verified"] = v
			}
			if _, _, err := w.Users.UpdateAttributes(t.Context(), p, id, directory.Update{Values: values, By: directory.ByAdmin}); err != nil && fault.As(err).Kind != fault.Invalid {
				rt.Fatalf("%v: %v", values, err)
			}
		}
		for _, email := range emails {
			x, err := w.Users.Find(t.Context(), p, email)
			if err == nil && (!strings.EqualFold(x.Attributes["email"], email) || x.Attributes["email_verified"] != "true") {
				rt.Fatalf("%s finds %v", email, x.Attributes)
			}
		}
		for _, id := range ids {
			x, err := w.Users.Get(t.Context(), p.ID, id)
			if err != nil {
				rt.Fatal(err)
			}
			if x.Attributes["email_verified"] == "true" && x.Attributes["email"] != "" {
				if found, err := w.Users.Find(t.Context(), p, x.Attributes["email"]); err != nil || found.ID != id {
					rt.Fatalf("%s is verified for %s but finds somebody else: %v", x.Attributes["email"], id, err)
				}
			}
			if err := w.Users.Delete(t.Context(), p.ID, id); err != nil {
				rt.Fatal(err)
			}
		}
	})
}
