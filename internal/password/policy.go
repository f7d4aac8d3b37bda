package password

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// MaxLength is the longest password in characters.
const MaxLength = 256

// Policy is a pool's rule for new passwords.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
type Policy struct {
	MinimumLength    int  `json:"minimum_length"` // characters, 6 to 99
	RequireUppercase bool `json:"require_uppercase,omitempty"`
	RequireLowercase bool `json:"require_lowercase,omitempty"`
	RequireNumbers   bool `json:"require_numbers,omitempty"`
	RequireSymbols   bool `json:"require_symbols,omitempty"`
	HistorySize      int  `json:"history_size,omitempty"`   // former passwords that may not come back, 0 to 24
	TemporaryDays    int  `json:"temporary_days,omitempty"` // life of a temporary password, 0 to 365
}

// The character classes are basic Latin. A blank counts as a symbol, and Check refuses it at either end.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html
const (
	uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowercase = "abcdefghijklmnopqrstuvwxyz"
	numbers   = "0123456789"
	symbols   = `^$*.[]{}()?"!@#%&/\,><':;|_~` + "`" + `=+- `
)

// Refusal is how Check says no, before the reason. Cognito has other words where people sign up or are invited, which are
// account's to choose.
const Refusal = "Password does not conform to policy: "

// Check refuses a password that breaks the policy: Invalid of Password, with the first reason in Cognito's order.
func (p Policy) Check(password string) error {
	first, _ := utf8.DecodeRuneInString(password)
	last, _ := utf8.DecodeLastRuneInString(password)
	length := utf8.RuneCountInString(password)
	for _, rule := range []struct {
		broken bool
		reason string
	}{
		{length < p.MinimumLength || length == 0, "Password not long enough"},
		{length > MaxLength, "Password too long"},
		{unicode.IsSpace(first) || unicode.IsSpace(last), "Password must not begin or end with a space"},
		{p.RequireUppercase && !strings.ContainsAny(password, uppercase), "Password must have uppercase characters"},
		{p.RequireLowercase && !strings.ContainsAny(password, lowercase), "Password must have lowercase characters"},
		{p.RequireNumbers && !strings.ContainsAny(password, numbers), "Password must have numeric characters"},
		{p.RequireSymbols && !strings.ContainsAny(password, symbols), "Password must have symbol characters"},
	} {
		if rule.broken {
			return fault.New(fault.Invalid, fault.Password, Refusal+rule.reason)
		}
	}
	return nil
}

// CheckHistory refuses a password that is among the newest HistorySize former ones (PHC strings, newest first):
// Invalid of PasswordHistory. Each comparison costs as much as a sign-in.
func (p Policy) CheckHistory(ctx context.Context, h *Hasher, password string, former []string) error {
	for _, phc := range former[:min(max(p.HistorySize, 0), len(former))] {
		same, _, err := h.Verify(ctx, phc, password)
		if err != nil {
			return err
		}
		if same {
			return fault.New(fault.Invalid, fault.PasswordHistory, "Password has been used before and cannot be used again.")
		}
	}
	return nil
}

// Generate makes a temporary password that satisfies the policy, whatever it requires. It has no characters that
// are easily confused when read or that mean something in HTML, and at least 70 bits of surprise.
func Generate(p Policy) string {
	const (
		readableUpper   = "ABCDEFGHJKLMNPQRSTUVWXYZ"
		readableLower   = "abcdefghijkmnopqrstuvwxyz"
		readableNumbers = "23456789"
		readableSymbols = "!#%*+-=?@_"
	)
	out := random.From(readableUpper, 1) + random.From(readableLower, 1) +
		random.From(readableNumbers, 1) + random.From(readableSymbols, 1)
	length := min(max(p.MinimumLength, 14), MaxLength)
	shuffled := []byte(out + random.From(readableUpper+readableLower+readableNumbers, length-len(out)))
	random.Shuffle(shuffled)
	return string(shuffled)
}
