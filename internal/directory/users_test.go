package directory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
		"required": {all, map[string]string{"name": "A"}, fault.Invalid, "Attributes did not conform to the schema: emails: The attribute emails is required"},
		"two required": {all, nil, fault.Invalid,
			"Attributes did not conform to the schema: name.formatted: The attribute name.formatted is required, emails: The attribute emails is required"},
		"unknown":     {all, full("custom:none", "1"), fault.Invalid, "Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema."},
		"empty":       {all, full("name", ""), fault.Invalid, "Attributes did not conform to the schema: name.formatted: The attribute name.formatted is required"},
		"not allowed": {narrow, full("nickname", "n"), fault.Denied, "A client attempted to write unauthorized attribute"},
		"verified":    {all, full("email_verified", "true"), fault.Invalid, "Cannot modify the non-mutable attribute email_verified"},
		"developer's": {all, full("dev:custom:d", "1"), fault.Denied, "A client attempted to write unauthorized attribute"},
		"sub":         {all, full("sub", "1"), fault.Invalid, "Cannot modify the non-mutable attribute sub"},
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
		"unknown":            {directory.ByAdmin, map[string]string{"custom:none": "1"}, fault.Invalid, "user.custom:none: Attribute does not exist in the schema.\n"},
		"immutable":          {directory.ByClient, map[string]string{"custom:x": "2"}, fault.Invalid, "user.custom:x: Attribute cannot be updated.\n"},
		"too long":           {directory.ByAdmin, map[string]string{"birthdate": "also-not-a-date"}, fault.Invalid, "user.birthdate: String must be no longer than 10 characters\n"},
		"two":                {directory.ByAdmin, map[string]string{"custom:x": "2", "custom:none": "1"}, fault.Invalid, "user.custom:none: Attribute does not exist in the schema.\nuser.custom:x: Attribute cannot be updated.\n"},
		"sub":                {directory.ByAdmin, map[string]string{"sub": "2"}, fault.Invalid, "Cannot modify the non-mutable attribute sub"},
		"client's verified":  {directory.ByClient, map[string]string{"email_verified": "true"}, fault.Invalid, "Cannot modify the non-mutable attribute email_verified"},
		"developer's":        {directory.ByClient, map[string]string{"dev:custom:d": "2"}, fault.Denied, "A client attempted to write unauthorized attribute"},
		"required away":      {directory.ByClient, map[string]string{"name": ""}, fault.Invalid, "Attributes did not conform to the schema: name.formatted: The attribute name.formatted is required"},
		"verified, no phone": {directory.ByAdmin, map[string]string{"phone_number_verified": "true"}, fault.Invalid, "phone_number is required to set phone_number_verified."},
	} {
		x := w.user(p, strings.ReplaceAll(name, " ", "-"), map[string]string{"name": "A", "custom:x": "1"})
		_, _, err := w.Users.UpdateAttributes(t.Context(), p, x.ID, directory.Update{Values: tc.values, By: tc.by, Client: client})
		t.Run(name, func(t *testing.T) { refused(t, err, tc.kind, "", tc.text) })
	}
	named := w.user(p, "named", map[string]string{"name": "A", "custom:x": "1"})
	for name, text := range map[string]string{
		"name":           "Invalid user attributes: name.formatted: The attribute name.formatted is required",
		"custom:x":       "Invalid user attributes: Custom.User.x: This attribute does not satisfy the mutability validation defined in the schema.",
		"custom:none":    "Invalid user attributes: Type for attribute {custom:none} could not be determined",
		"email_verified": "Cannot modify the non-mutable attribute email_verified",
	} {
		_, err := w.Users.DeleteAttributes(t.Context(), p, named.ID, []string{name}, directory.ByClient, client)
		refused(t, err, fault.Invalid, "", text)
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
