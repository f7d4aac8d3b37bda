package auxdata

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
)

// read checks the times of a verified token and gives its claims as Cerbos' policies see them: aud is always a list,
// exp, nbf and iat are timestamps (RFC 3339), everything else is as it stands in the token.
func read(payload []byte, now time.Time, skew time.Duration) (map[string]*structpb.Value, error) {
	var claims map[string]any
	d := json.NewDecoder(bytes.NewReader(payload))
	if err := d.Decode(&claims); err != nil {
		return nil, fmt.Errorf("the payload is no JSON object: %w", err)
	}
	if claims == nil {
		return nil, errors.New("the payload is no JSON object")
	}
	now = now.Truncate(time.Second)
	for name, good := range map[string]func(time.Time) bool{
		"exp": func(t time.Time) bool { return now.Before(t.Add(skew)) },
		"nbf": func(t time.Time) bool { return !now.Before(t.Add(-skew)) },
		"iat": func(t time.Time) bool { return !now.Before(t.Add(-skew)) },
	} {
		v, ok := claims[name]
		if !ok {
			continue
		}
		at, err := moment(v)
		switch {
		case err != nil:
			return nil, fmt.Errorf("claim %s: %w", name, err)
		case !good(at):
			return nil, fmt.Errorf("the token has expired or is not valid yet: %s is %s", name, at.Format(time.RFC3339))
		}
		claims[name] = at.Format(time.RFC3339)
	}
	if one, ok := claims["aud"].(string); ok {
		claims["aud"] = []any{one}
	}
	out := make(map[string]*structpb.Value, len(claims))
	for name, v := range claims {
		value, err := structpb.NewValue(v)
		if err != nil {
			return nil, fmt.Errorf("claim %s: %w", name, err)
		}
		out[name] = value
	}
	return out, nil
}

// moment reads a NumericDate (RFC 7519 section 2), to the second.
func moment(v any) (time.Time, error) {
	n, ok := v.(float64)
	if text, is := v.(string); is {
		parsed, err := strconv.ParseFloat(text, 64)
		n, ok = parsed, err == nil
	}
	const most = 1 << 37 // the year 6325: beyond it, a sum with the skew could overflow
	if !ok || math.IsNaN(n) || math.Abs(n) > most {
		return time.Time{}, errors.New("it is no point in time")
	}
	return time.Unix(int64(n), 0).UTC(), nil
}
