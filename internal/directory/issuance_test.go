package directory_test

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func TestSettingsThatTokensCouldNotBeIssuedByAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	levels := func(pairs ...string) directory.Settings {
		s := directory.Settings{LevelNames: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			s.LevelNames[pairs[i]] = pairs[i+1]
		}
		return s
	}
	lite := levels("Level1", "urn:x")
	lite.Tier = "LITE"
	for want, s := range map[string]directory.Settings{
		"there is no level Level5":      levels("Level5", "urn:x"),
		"must have 1 to 256 characters": levels("Level1", "not a uri"),
		"must differ from each other":   levels("Level1", "urn:x", "Level2", "urn:x"),
		"and from the defaults":         levels("Level1", "urn:cognito:loa:3"),
		"LITE pricing tier configured":  lite,
		"the type must be ORIGINAL":     {Issuer: "OTHER"},
		"KmsKeyArn is required":         {Key: &directory.KeyConfig{Type: "CUSTOMER_MANAGED_KEY"}},
		"KmsKeyArn cannot be set":       {Key: &directory.KeyConfig{Type: "AWS_OWNED_KEY", ARN: "arn"}},
		"Invalid KeyConfiguration":      {Key: &directory.KeyConfig{Type: "MINE"}},
		"must be the user pool's own":   {SMS: &directory.SMSConfig{SNSCallerARN: "arn", EUMS: &directory.EUMS{CallerARN: "arn", Region: "mars-1"}}},
	} {
		_, err := w.Pools.Create(t.Context(), directory.PoolSpec{Region: "eu-west-1", Settings: s})
		if err == nil || !strings.Contains(fault.As(err).Text, want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestTheIssuerDoesNotChangeByOmission fails when an update by somebody who does not know the setting takes the tokens
// away from the applications that verify them.
func TestTheIssuerDoesNotChangeByOmission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, err := w.Pools.Create(t.Context(), directory.PoolSpec{Region: "eu-west-1", Settings: directory.Settings{
		Issuer: directory.IssuerUpdated, LevelNames: map[string]string{"Level2": "urn:two"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := pool.ACR(); got[1] != "urn:two" || got[3] != "urn:cognito:loa:4" {
		t.Errorf("levels %v", got)
	}
	if err := w.Pools.Update(t.Context(), pool.ID, directory.Settings{}); err != nil {
		t.Fatal(err)
	}
	got, err := w.Pools.Get(t.Context(), pool.ID)
	if err != nil || got.Issuer != directory.IssuerUpdated || got.LevelNames != nil {
		t.Errorf("%+v, %v", got, err)
	}
}
