package userpool

import (
	"slices"

	"cognate.dev/cognate/internal/fault"
)

// KeyConfig is the KMS key that would encrypt the pool's data at AWS; kept and returned. Here secrets are sealed under the
// server's master key in either case.
type KeyConfig struct {
	Type string `json:"type"` // AWS_OWNED_KEY, CUSTOMER_MANAGED_KEY
	ARN  string `json:"arn,omitempty"`
}

// The kinds of issuers. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_IssuerConfigurationType.html
const (
	IssuerOriginal = "ORIGINAL"
	IssuerUpdated  = "UPDATED" // one name for the pool in all regions
)

// Levels are the names under which AcrConfiguration calls how strong a sign-in was, weakest first.
var Levels = []string{"Level1", "Level2", "Level3", "Level4"}

// ACR gives the effective names of the levels, by level: the pool's own or the default one.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AcrLevelConfigType.html
func (p *Pool) ACR() []string {
	names := []string{"urn:cognito:loa:1", "urn:cognito:loa:2", "urn:cognito:loa:3", "urn:cognito:loa:4"}
	for i, level := range Levels {
		if own := p.LevelNames[level]; own != "" {
			names[i] = own
		}
	}
	return names
}

// checkIssuance refuses what tokens could not be issued by.
func (p *Pool) checkIssuance() error {
	switch p.Issuer {
	case "", IssuerOriginal, IssuerUpdated:
	default:
		return fault.Invalidf("Invalid IssuerConfiguration: the type must be %s or %s.", IssuerOriginal, IssuerUpdated)
	}
	if k := p.Key; k != nil {
		switch {
		case k.Type == "CUSTOMER_MANAGED_KEY" && k.ARN == "":
			return fault.Invalidf("KmsKeyArn is required for a customer managed key.")
		case k.Type == "AWS_OWNED_KEY" && k.ARN != "":
			return fault.Invalidf("KmsKeyArn cannot be set for a key that AWS owns.")
		case k.Type != "CUSTOMER_MANAGED_KEY" && k.Type != "AWS_OWNED_KEY":
			return fault.Invalidf("Invalid KeyConfiguration: the type must be AWS_OWNED_KEY or CUSTOMER_MANAGED_KEY.")
		}
	}
	if p.SMS != nil && p.SMS.EUMS != nil && p.SMS.EUMS.Region != "" && p.SMS.EUMS.Region != p.Region {
		return fault.Invalidf("The Region of EumsSms must be the user pool's own.")
	}
	return p.checkLevels()
}

func (p *Pool) checkLevels() error {
	if len(p.LevelNames) == 0 {
		return nil
	}
	if p.Tier == TierLite {
		return FeatureMissing("AcrConfiguration", p.Tier)
	}
	for level, name := range p.LevelNames {
		if !slices.Contains(Levels, level) {
			return fault.Invalidf("Invalid AcrConfiguration: there is no level %s.", level)
		}
		if name == "" || len(name) > 256 || slices.ContainsFunc([]byte(name), func(b byte) bool { return b <= ' ' || b > '~' || b == '"' || b == '\\' }) {
			return fault.Invalidf("Invalid AcrConfiguration: the value of %s must have 1 to 256 characters of a URI.", level)
		}
	}
	names := slices.Sorted(slices.Values(p.ACR()))
	if len(slices.Compact(names)) != len(Levels) {
		return fault.Invalidf("Invalid AcrConfiguration: the values must differ from each other and from the defaults.")
	}
	return nil
}
