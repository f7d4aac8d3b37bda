package upkeep

import (
	"context"

	"cognate.dev/cognate/internal/fault"
)

// The two kinds of events that can be delivered.
const (
	Notifications = "userNotification" // messages that could not be sent
	AuthEvents    = "userAuthEvents"   // what threat protection saw
)

// Logs sets and gives where a pool's logs go.
type Logs struct{ store Store }

// Get gives what was set; nothing when nothing was.
func (l *Logs) Get(ctx context.Context, poolID string) ([]LogDelivery, error) {
	return l.store.LogDeliveries(ctx, poolID)
}

// Set replaces all deliveries of a pool. Plus says that the pool's tier has threat protection, whose events need it.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetLogDeliveryConfiguration.html
func (l *Logs) Set(ctx context.Context, poolID string, plus bool, list []LogDelivery) error {
	seen := map[string]bool{}
	for _, d := range list {
		if seen[d.Source] {
			return fault.Invalidf("The event source %s is configured more than once.", d.Source)
		}
		seen[d.Source] = true
		if err := d.check(plus); err != nil {
			return err
		}
	}
	return l.store.SetLogDeliveries(ctx, poolID, list)
}

func (d LogDelivery) check(plus bool) error {
	targets := 0
	for _, t := range []string{d.LogGroup, d.Bucket, d.Stream} {
		if t != "" {
			targets++
		}
	}
	switch {
	case targets != 1:
		return fault.Invalidf("The event source %s needs exactly one of CloudWatchLogsConfiguration, S3Configuration and FirehoseConfiguration.", d.Source)
	case d.Source == Notifications && d.Level != "ERROR":
		return fault.Invalidf("The log level of %s must be ERROR.", d.Source)
	case d.Source == Notifications && d.LogGroup == "":
		return fault.Invalidf("The event source %s can only be delivered to CloudWatch Logs.", d.Source)
	case d.Source == AuthEvents && d.Level != "INFO":
		return fault.Invalidf("The log level of %s must be INFO.", d.Source)
	case d.Source == AuthEvents && !plus:
		return fault.New(fault.Unsupported, fault.Tier, "User activity logs are not available in the tier of this user pool.")
	}
	return nil
}
