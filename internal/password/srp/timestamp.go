package srp

import (
	"errors"
	"strings"
	"time"
)

// timestampLayout has a day without padding; parsing accepts a padded one too.
const timestampLayout = "Mon Jan 2 15:04:05 UTC 2006"

// FormatTimestamp writes a TIMESTAMP: "Tue May 7 00:09:40 UTC 2025", English, the day not padded.
func FormatTimestamp(t time.Time) string { return t.UTC().Format(timestampLayout) }

// ParseTimestamp reads a TIMESTAMP. The name of the day may be wrong; it is not compared with the date.
func ParseTimestamp(text string) (time.Time, error) {
	if strings.ContainsAny(text, ".,") { // a fraction of a second, which time.Parse would let pass
		return time.Time{}, errTimestamp
	}
	t, err := time.Parse(timestampLayout, text)
	if err != nil {
		return time.Time{}, errTimestamp
	}
	return t, nil
}

var errTimestamp = errors.New("srp: TIMESTAMP is not of the form Tue May 7 00:09:40 UTC 2025")
