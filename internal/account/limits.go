package account

import (
	"context"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/fault"
)

// Limits are how often a user may do something in an hour; zero takes Cognito's number, below zero is no limit.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#resource-quotas
type Limits struct {
	Reset      int `yaml:"reset" doc:"ForgotPassword and ConfirmForgotPassword together, per user and hour; 0 means 20, below 0 no limit"`
	Resend     int `yaml:"resend" doc:"ResendConfirmationCode, per user and hour; 0 means 5, below 0 no limit"`
	Confirm    int `yaml:"confirm" doc:"ConfirmSignUp, per user and hour; 0 means 15, below 0 no limit"`
	Change     int `yaml:"change_password" doc:"ChangePassword, per user and hour; 0 means 5, below 0 no limit"`
	SendCode   int `yaml:"send_attribute_code" doc:"GetUserAttributeVerificationCode, per user and hour; 0 means 5, below 0 no limit"`
	VerifyCode int `yaml:"verify_attribute" doc:"VerifyUserAttribute, per user and hour; 0 means 15, below 0 no limit"`
	SignInCode int `yaml:"sign_in_code" doc:"codes that sign-ins send by SMS and email, per user and hour; 0 means 20, below 0 no limit"`
}

func (l Limits) filled() Limits {
	for _, m := range []struct {
		field *int
		usual int
	}{{&l.Reset, 20}, {&l.Resend, 5}, {&l.Confirm, 15}, {&l.Change, 5}, {&l.SendCode, 5}, {&l.VerifyCode, 15}} {
		if *m.field == 0 {
			*m.field = m.usual
		}
	}
	return l
}

// counter names what is counted.
type counter string

const (
	countReset   counter = "reset"
	countResend  counter = "resend"
	countConfirm counter = "confirm"
	countChange  counter = "change-password"
	countSend    counter = "send-attribute-code"
	countVerify  counter = "verify-attribute"
	countNothing counter = "nothing" // never refused; it only costs what a count costs
)

// attempt counts one attempt and refuses it when there were too many. It is a write of its own, so that it stays
// counted whatever comes of the attempt.
func (a *Accounts) attempt(ctx context.Context, poolID, userID string, what counter) error {
	n, err := a.codes.CountAttempt(ctx, poolID, userID, string(what), a.moment(), time.Hour)
	if err != nil {
		return fmt.Errorf("count %s attempt: %w", what, err)
	}
	if limit := a.limit(what); limit >= 0 && n > limit {
		return fault.TooManyAttempts()
	}
	return nil
}

func (a *Accounts) limit(what counter) int {
	switch what {
	case countReset:
		return a.limits.Reset
	case countResend:
		return a.limits.Resend
	case countConfirm:
		return a.limits.Confirm
	case countChange:
		return a.limits.Change
	case countSend:
		return a.limits.SendCode
	case countVerify:
		return a.limits.VerifyCode
	}
	return -1
}
