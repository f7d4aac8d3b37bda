package delivery

import (
	"encoding/json"
	"strconv"
	"time"

	"cognate.dev/cognate/internal/upkeep"
)

// Record is something that happened in a pool.
type Record struct {
	PoolID  string
	Source  string // upkeep.Notifications, upkeep.AuthEvents
	At      time.Time
	Message any // Notification, Activity
}

// Notification is the message of a record about a message that could not be sent.
type Notification struct {
	Details string `json:"details"`
}

// Activity is the message of a record about what a user did. Everything is text, as at AWS; what is unknown is empty.
type Activity struct {
	Version          string   `json:"version"`
	EventID          string   `json:"eventId"`
	EventType        string   `json:"eventType"`
	UserSub          string   `json:"userSub"`
	UserName         string   `json:"userName"`
	UserPoolID       string   `json:"userPoolId"`
	ClientID         string   `json:"clientId"`
	CreationDate     string   `json:"creationDate"` // see Date
	EventResponse    string   `json:"eventResponse"`
	RiskLevel        string   `json:"riskLevel"`
	RiskDecision     string   `json:"riskDecision"`
	Challenges       []string `json:"challenges"`
	DeviceName       string   `json:"deviceName"`
	IPAddress        string   `json:"ipAddress"`
	RequestID        string   `json:"requestId"`
	IDPName          string   `json:"idpName"`
	Compromised      string   `json:"compromisedCredentialDetected"`
	City             string   `json:"city"`
	Country          string   `json:"country"`
	FeedbackValue    string   `json:"eventFeedbackValue"`
	FeedbackDate     string   `json:"eventFeedbackDate"`
	FeedbackProvider string   `json:"eventFeedbackProvider"`
	HasContextData   string   `json:"hasContextData"`
}

// Date writes a time as the dates of an Activity.
func Date(t time.Time) string { return t.UTC().Format("Mon Jan 02 15:04:05 UTC 2006") }

// line is a record as AWS writes it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html
func (r Record) line() ([]byte, error) {
	type logSource struct {
		UserPoolID string `json:"userPoolId"`
	}
	out := struct {
		Timestamp string    `json:"eventTimestamp"` // unix milliseconds
		Source    string    `json:"eventSource"`
		Level     string    `json:"logLevel"`
		Message   any       `json:"message"`
		LogSource logSource `json:"logSourceId"`
	}{strconv.FormatInt(r.At.UnixMilli(), 10), "USER_ACTIVITY", "INFO", r.Message, logSource{r.PoolID}}
	if r.Source == upkeep.Notifications {
		out.Source, out.Level = "USER_NOTIFICATION", "ERROR"
	}
	raw, err := json.Marshal(out)
	return append(raw, '\n'), err
}
