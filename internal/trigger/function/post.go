package function

import (
	"context"
	"errors"
	"net/http"

	"cognate.dev/cognate/internal/kit/outbound"
)

// Post makes the HTTP call of a function and reads its answer. When there is none, the error is that of an ended context,
// TooLarge, or a Failure of the given name.
func Post(ctx context.Context, client *http.Client, request *http.Request, away string) (outbound.Answer, error) {
	answer, err := outbound.Do(client, request, MaxPayload)
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return answer, ctx.Err()
	case errors.Is(err, outbound.ErrTooLarge):
		return answer, TooLarge()
	}
	return answer, &Failure{Name: away, Cause: err}
}
