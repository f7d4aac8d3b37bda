package storetest

import (
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
)

func pools(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		want := fullPool()
		must(t, s.InsertPool(ctx(), want))
		got, err := s.Pool(ctx(), want.ID)
		must(t, err)
		same(t, "pool", got, want)
	})
	t.Run("ATakenIDIsRefused", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		faulty(t, "insert", s.InsertPool(ctx(), pool(poolID)), fault.Exists, "", "")
	})
	t.Run("AnUnknownPoolIsMissing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		const text = "User pool eu-west-1_None does not exist."
		_, err := s.Pool(ctx(), "eu-west-1_None")
		faulty(t, "read", err, fault.Missing, "", text)
		err = s.UpdatePool(ctx(), "eu-west-1_None", func(*directory.Pool) error { return nil })
		faulty(t, "update", err, fault.Missing, "", text)
		faulty(t, "delete", s.DeletePool(ctx(), "eu-west-1_None"), fault.Missing, "", text)
	})
	t.Run("NoUpdateIsLost", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		together(t, 20, func(int) error {
			return s.UpdatePool(ctx(), poolID, func(p *directory.Pool) error {
				p.PasswordPolicy.MinimumLength++
				p.ModifiedAt = later(1)
				return nil
			})
		})
		got, err := s.Pool(ctx(), poolID)
		must(t, err)
		same(t, "minimum length", got.PasswordPolicy.MinimumLength, 20)
		same(t, "modified", got.ModifiedAt, later(1))
	})
	t.Run("AFailedChangeChangesNothing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		err := s.UpdatePool(ctx(), poolID, func(p *directory.Pool) error {
			p.Name = "other"
			return fault.Invalidf("no")
		})
		faulty(t, "update", err, fault.Invalid, "", "no")
		got, err := s.Pool(ctx(), poolID)
		must(t, err)
		same(t, "pool", got, pool(poolID))
	})
	t.Run("PagesHoldEachPoolOnceOldestFirst", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		ids := []string{"r_c", "r_a", "r_B", "r_d", "r_e"} // the last three at one time: then the id decides, by bytes
		for i, id := range ids {
			p := pool(id)
			p.CreatedAt = later(min(i, 2))
			must(t, s.InsertPool(ctx(), p))
		}
		var got []string
		for after := (directory.Position{}); ; {
			page, err := s.ListPools(ctx(), after, 2)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, p := range page {
				got = append(got, p.ID)
				after = directory.Position{CreatedAt: p.CreatedAt.UnixMilli(), ID: p.ID}
			}
		}
		same(t, "pools", got, ids)
	})
	t.Run("UsersAreCounted", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for i := range 3 {
			insert(t, s, i)
		}
		n, err := s.CountUsers(ctx(), poolID)
		must(t, err)
		same(t, "users", n, 3)
		n, err = s.CountUsers(ctx(), "eu-west-1_None")
		must(t, err)
		same(t, "users of no pool", n, 0)
	})
	t.Run("DeletingAPoolDeletesWhatIsInIt", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		fill(t, s)
		must(t, s.DeletePool(ctx(), poolID))
		must(t, s.InsertPool(ctx(), pool(poolID)))
		empty(t, s)
	})
}

// fullPool has a value in every field.
func fullPool() *directory.Pool {
	yes, days := true, 3
	return &directory.Pool{
		ID: "us-east-1_Full", Region: "us-east-1",
		Settings: directory.Settings{
			Name:             "full",
			PasswordPolicy:   password.Policy{MinimumLength: 12, RequireUppercase: true, HistorySize: 4, TemporaryDays: 2},
			FirstAuthFactors: []string{"PASSWORD"}, DeletionProtection: true,
			Lambda: directory.LambdaConfig{
				ARNs:      map[string]string{"PreSignUp": "arn:a"},
				Versioned: map[string]directory.VersionedLambda{"CustomSMSSender": {Version: "V1_0", ARN: "arn:b"}}, KMSKeyID: "k",
			},
			AutoVerified: []string{"email"}, Verification: directory.VerificationTexts{SMSMessage: "{####}"},
			SMSAuthMessage: "m", VerifyBeforeUpdate: []string{"email"},
			MFA: directory.MFAConfig{
				Mode: "ON", SMS: true, SoftwareToken: true, Email: &directory.EmailMFA{Message: "m", Subject: "s"},
				WebAuthn: &directory.WebAuthn{RelyingPartyID: "example.com"},
			},
			Device: &directory.DeviceConfig{ChallengeOnNew: true}, Email: directory.EmailConfig{From: "a@example.com"},
			SMS: &directory.SMSConfig{SNSCallerARN: "arn:c"}, Tags: map[string]string{"a": "b"},
			AdminCreate: directory.AdminCreateConfig{AdminOnly: true, UnusedDays: &days},
			AddOns:      &directory.AddOns{AdvancedSecurityMode: "AUDIT"},
			Recovery:    []directory.Recovery{{Priority: 1, Name: "verified_email"}}, Tier: "PLUS",
		},
		Schema:          []directory.Attribute{{Name: "email", Type: "String", Mutable: true, HasString: true, MaxLength: "9"}},
		AliasAttributes: []string{"email"}, UsernameAttributes: []string{"email"}, CaseSensitive: &yes,
		CreatedAt: now, ModifiedAt: later(1),
	}
}
