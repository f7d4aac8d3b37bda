package signin

import (
	"context"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/fault"
)

const (
	usualCodesPerHour = 20
	countCodes        = "sign-in-code"
)

// limitCodes counts a code that a sign-in is about to send and refuses it when there were too many: whoever has a
// password must not be able to flood its owner's phone. Codes for nobody count as well, or the limit would tell.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#resource-quotas
func (m *Machine) limitCodes(ctx context.Context, a *Attempt) error {
	limit := m.CodesPerHour
	if limit == 0 {
		limit = usualCodesPerHour
	}
	n, err := m.Store.CountAttempt(ctx, a.PoolID, a.UserID, countCodes, a.Now, time.Hour)
	if err != nil {
		return fmt.Errorf("count sign-in code: %w", err)
	}
	if limit >= 0 && n > limit {
		return fault.TooManyAttempts()
	}
	return nil
}

// takeStock reads what the user has registered, where a decision can depend on it.
func (m *Machine) takeStock(ctx context.Context, a *Attempt) error {
	if a.User == nil || !asksForMFA(a.Pool) && a.Flow != flowChoice && a.Flow != flowPages {
		return nil
	}
	var err error
	if a.Registered, err = m.Factors.Registered(ctx, a.PoolID, a.UserID); err != nil {
		return fmt.Errorf("read registered factors: %w", err)
	}
	return nil
}
