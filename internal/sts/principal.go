package sts

import (
	"strings"
	"time"
)

// Principal is who signed a request.
type Principal struct {
	AccessKeyID string
	Account     string            // AWS account id, 12 digits
	ARN         string            // arn:aws:iam::ACCOUNT:root, or arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
	UserID      string            // the account, or AROA…:SESSION
	Role        string            // ARN of the role of temporary credentials; empty: an access key of the house
	Identity    Identity          // whom an identity pool has vouched for; zero: nobody
	Tags        map[string]string // of the session
	Expires     time.Time         // of temporary credentials; zero: they do not

	session *session // nil: an access key of the house
}

// Identity is what an identity pool says of who has temporary credentials.
type Identity struct {
	ID   string   `json:"id,omitempty"`   // REGION:UUID
	Pool string   `json:"pool,omitempty"` // REGION:UUID
	AMR  []string `json:"amr,omitempty"`  // authenticated, PROVIDER, PROVIDER:…:SUBJECT; or unauthenticated
}

// Authenticated tells whether the identity has signed in anywhere.
func (i Identity) Authenticated() bool { return len(i.AMR) > 0 && i.AMR[0] == Authenticated }

// How an identity is known: the first value of its AMR.
const (
	Authenticated   = "authenticated"
	Unauthenticated = "unauthenticated"
)

// Temporary tells whether the principal has credentials of a role, which may do what the role says and nothing else. The
// zero Principal is nobody, and counts as temporary.
func (p Principal) Temporary() bool { return p.session != nil || p.AccessKeyID == "" }

// house is the principal of an access key of the house.
func house(account, accessKeyID string) Principal {
	return Principal{AccessKeyID: accessKeyID, Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account}
}

// IsRole tells whether an ARN is one of a role, whether there is such a role or not.
func IsRole(arn string) bool {
	_, _, ok := roleName(arn)
	return ok
}

// roleName is the last part of a role's ARN, and the account in it: arn:aws:iam::ACCOUNT:role/PATH/NAME.
func roleName(arn string) (account, name string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" || len(parts[4]) != 12 {
		return "", "", false
	}
	path, ok := strings.CutPrefix(parts[5], "role/")
	name = path[strings.LastIndexByte(path, '/')+1:]
	return parts[4], name, ok && name != ""
}
