package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
)

func TestAMinimalPoolHasCognitosDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	want := directory.Settings{
		Name: "people",
		PasswordPolicy: password.Policy{
			MinimumLength: 8, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true,
		},
		FirstAuthFactors: []string{"PASSWORD"},
		Verification:     directory.VerificationTexts{DefaultEmailOption: "CONFIRM_WITH_CODE"},
		MFA:              directory.MFAConfig{Mode: "OFF"},
		Email:            directory.EmailConfig{SendingAccount: "COGNITO_DEFAULT"},
		Tier:             "ESSENTIALS",
	}
	if diff := cmp.Diff(want, p.Settings); diff != "" {
		t.Error(diff)
	}
	if p.TemporaryDays() != 7 || p.IgnoresCase() || !strings.HasPrefix(p.ID, "eu-west-1_") || len(p.ID) != len("eu-west-1_")+9 {
		t.Errorf("temporary %d days, ignores case %v, id %s", p.TemporaryDays(), p.IgnoresCase(), p.ID)
	}
	if p.SRPName() != p.ID[len("eu-west-1_"):] {
		t.Errorf("SRP name %s of %s", p.SRPName(), p.ID)
	}
	if len(p.Schema) != 21 || p.Schema[0].Name != "sub" || p.Schema[20].Name != "identities" {
		t.Errorf("%d attributes", len(p.Schema))
	}
	if got := directory.ARN("000000000000", p); got != "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/"+p.ID {
		t.Error(got)
	}
	stored, err := w.node().Pools.Get(t.Context(), p.ID)
	ok(t, err)
	if diff := cmp.Diff(p, stored); diff != "" {
		t.Errorf("what was stored differs from what was answered: %s", diff)
	}
}

func TestContradictorySettingsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seven := 7
	settings := func(change func(*directory.Settings)) directory.PoolSpec {
		s := directory.PoolSpec{}
		change(&s.Settings)
		return s
	}
	for name, tc := range map[string]struct {
		spec    directory.PoolSpec
		kind    fault.Kind
		subject fault.Subject
		text    string
	}{
		"aliases and username attributes": {
			directory.PoolSpec{AliasAttributes: []string{"email"}, UsernameAttributes: []string{"email"}}, fault.Invalid, "",
			"Only one of the aliasAttributes or usernameAttributes can be set in a user pool."},
		"MFA without SMS": {settings(func(s *directory.Settings) { s.MFA.Mode = "ON" }), fault.Invalid, "",
			"SMS configuration and Auto verification for phone_number are required when MFA is required/optional"},
		"two lives of temporary passwords": {settings(func(s *directory.Settings) {
			s.PasswordPolicy.TemporaryDays, s.AdminCreate.UnusedDays = 3, &seven
		}), fault.Invalid, "", "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"},
		"admin_only beside another": {settings(func(s *directory.Settings) {
			s.Recovery = []directory.Recovery{{Priority: 1, Name: "admin_only"}, {Priority: 2, Name: "verified_email"}}
		}), fault.Invalid, "", ""},
		"keeping an attribute that is not verified": {settings(func(s *directory.Settings) {
			s.VerifyBeforeUpdate = []string{"email"}
		}), fault.Invalid, "", ""},
		"no password factor": {settings(func(s *directory.Settings) { s.FirstAuthFactors = []string{"EMAIL_OTP"} }), fault.Invalid, "", ""},
		"codes first and second": {settings(func(s *directory.Settings) {
			s.FirstAuthFactors, s.MFA.Mode, s.MFA.SoftwareToken = []string{"PASSWORD", "EMAIL_OTP"}, "ON", true
		}), fault.Invalid, "", ""},
		"history in LITE": {settings(func(s *directory.Settings) { s.Tier, s.PasswordPolicy.HistorySize = "LITE", 2 }),
			fault.Unsupported, fault.Tier, ""},
		"codes first in LITE": {settings(func(s *directory.Settings) {
			s.Tier, s.FirstAuthFactors = "LITE", []string{"PASSWORD", "SMS_OTP"}
		}), fault.Unsupported, fault.Tier, ""},
		"threat protection in ESSENTIALS": {settings(func(s *directory.Settings) {
			s.Tier, s.AddOns = "ESSENTIALS", &directory.AddOns{AdvancedSecurityMode: "ENFORCED"}
		}), fault.Unsupported, fault.Tier, ""},
		"reserved tag":  {settings(func(s *directory.Settings) { s.Tags = map[string]string{"AWS:x": "y"} }), fault.Invalid, fault.Tags, ""},
		"short minimum": {settings(func(s *directory.Settings) { s.PasswordPolicy.MinimumLength = 5 }), fault.Invalid, "", ""},
		"bad pinned id": {directory.PoolSpec{ID: "no underscore"}, fault.Invalid, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.spec.Region = "eu-west-1"
			_, err := w.Pools.Create(t.Context(), tc.spec)
			refused(t, err, tc.kind, tc.subject, tc.text)
		})
	}
}

func TestThreatProtectionMakesAPoolPlus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{AddOns: &directory.AddOns{AdvancedSecurityMode: "AUDIT"}}})
	if p.Tier != "PLUS" {
		t.Error(p.Tier)
	}
}

func TestUpdateBringsOmittedSettingsBackToTheirDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{
		Name: "before", Tier: "LITE", AutoVerified: []string{"email"}, DeletionProtection: true,
		PasswordPolicy: password.Policy{MinimumLength: 12}, Tags: map[string]string{"a": "b"},
	}, AliasAttributes: []string{"email"}})
	_, err := w.Pools.SetMFA(t.Context(), p.ID, directory.MFASettings{MFAConfig: directory.MFAConfig{Mode: "OPTIONAL", SoftwareToken: true}})
	ok(t, err)
	w.now.Advance(time.Minute)
	ok(t, w.Pools.Update(t.Context(), p.ID, directory.Settings{}))
	got, err := w.Pools.Get(t.Context(), p.ID)
	ok(t, err)
	if got.Name != "before" || got.Tier != "LITE" || len(got.AliasAttributes) != 1 || !got.MFA.SoftwareToken || got.Tags["a"] != "b" {
		t.Errorf("lost what an update does not touch: %+v", got)
	}
	if got.DeletionProtection || got.AutoVerified != nil || got.MFA.Mode != "OFF" ||
		got.PasswordPolicy.MinimumLength != 8 || !got.PasswordPolicy.RequireSymbols {
		t.Errorf("kept what an update resets: %+v", got.Settings)
	}
	if !got.ModifiedAt.Equal(w.now.Now()) || !got.CreatedAt.Equal(p.CreatedAt) {
		t.Errorf("created %v, modified %v", got.CreatedAt, got.ModifiedAt)
	}
}

func TestAWriteIsSeenAtOnceHereAndWithinASecondElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.node()
	p := w.pool(directory.PoolSpec{})
	for _, d := range []*directory.Directory{w.Directory, other} {
		_, err := d.Pools.Get(t.Context(), p.ID)
		ok(t, err)
	}
	ok(t, w.Pools.Update(t.Context(), p.ID, directory.Settings{Name: "after"}))
	name := func(d *directory.Directory) string {
		got, err := d.Pools.Get(t.Context(), p.ID)
		ok(t, err)
		return got.Name
	}
	if name(w.Directory) != "after" {
		t.Error("the writer reads its own old value")
	}
	w.now.Advance(time.Second)
	if name(other) != "after" {
		t.Error("another node keeps the old value for more than a second")
	}
}

func TestAProtectedPoolIsNotDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{DeletionProtection: true}})
	refused(t, w.Pools.Delete(t.Context(), p.ID), fault.Invalid, "",
		"The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
	ok(t, w.Pools.Update(t.Context(), p.ID, directory.Settings{}))
	ok(t, w.Pools.Delete(t.Context(), p.ID))
	_, err := w.Pools.Get(t.Context(), p.ID)
	refused(t, err, fault.Missing, "", "User pool "+p.ID+" does not exist.")
	refused(t, w.Pools.Delete(t.Context(), p.ID), fault.Missing, "", "")
}

func TestPoolsAreListedOnceEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for range 7 {
		want = append(want, w.pool(directory.PoolSpec{}).ID)
		w.now.Advance(time.Millisecond)
	}
	var got []string
	token := ""
	for {
		page, err := w.Pools.List(t.Context(), 3, token)
		ok(t, err)
		for _, p := range page.Items {
			got = append(got, p.ID)
		}
		if token = page.Next; token == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err := w.Pools.List(t.Context(), 3, "nonsense")
	refused(t, err, fault.Invalid, "", "Invalid pagination token")
}

func TestTagsMergeAndHaveLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Settings: directory.Settings{Tags: map[string]string{"a": "1", "b": "2"}}})
	id, err := directory.PoolOfARN(directory.ARN("000000000000", p))
	ok(t, err)
	ok(t, w.Pools.Tag(t.Context(), id, map[string]string{"b": "3", "c": "4"}))
	ok(t, w.Pools.Untag(t.Context(), id, []string{"a", "unknown"}))
	got, err := w.Pools.Tags(t.Context(), id)
	ok(t, err)
	if diff := cmp.Diff(map[string]string{"b": "3", "c": "4"}, got); diff != "" {
		t.Error(diff)
	}
	many := map[string]string{}
	for i := range 49 {
		many[strings.Repeat("x", i+1)] = ""
	}
	refused(t, w.Pools.Tag(t.Context(), id, many), fault.Invalid, fault.Tags, "")
	_, err = directory.PoolOfARN("arn:aws:s3:::bucket")
	refused(t, err, fault.Invalid, "", "")
}
