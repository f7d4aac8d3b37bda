package permission

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cursor"
)

// RepeatMemory is how long a client token is remembered.
const RepeatMemory = 8 * time.Hour

// once makes something in a transaction, or gives what an earlier request with the same client token made. The request is what
// the token stands for: another one with that token is refused.
func once[T any](ctx context.Context, p *Permissions, operation, token string, request any, create func(ctx context.Context) (*T, error)) (out *T, err error) {
	if token == "" {
		err = p.Stores.InTx(ctx, func(ctx context.Context) (err error) {
			out, err = create(ctx)
			return err
		})
		return out, err
	}
	raw, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(raw)
	err = p.Stores.InTx(ctx, func(ctx context.Context) error {
		now := p.moment()
		mine := Repeat{Token: operation + "/" + token, Digest: hex.EncodeToString(digest[:]), At: now}
		// The token is taken first, so that of two at once one waits for the other's answer.
		before, err := p.Repeats.KeepRepeat(ctx, mine, now.Add(-RepeatMemory))
		if err != nil {
			return err
		}
		if before != nil {
			if before.Digest != mine.Digest {
				return &Error{Fault: fault.Newf(fault.Exists, "", "The client token was used for another request.")}
			}
			out = new(T)
			return json.Unmarshal([]byte(before.Answer), out)
		}
		if out, err = create(ctx); err != nil {
			return err
		}
		answer, err := json.Marshal(out)
		if err != nil {
			return err
		}
		mine.Answer = string(answer)
		_, err = p.Repeats.KeepRepeat(ctx, mine, now.Add(time.Hour)) // newer than any: it is written
		return err
	})
	return out, err
}

// Page is one page of a list. Next asks for the following page; it is empty on the last one.
type Page[T any] struct {
	Items []T
	Next  string
}

// maxPage is the most that a page of any list holds.
const maxPage = 50

// page reads a page of a list; a size of 0 means usual.
func page[T any](ctx context.Context, p *Permissions, l cursor.List[T, Place], size, usual int, token string) (Page[T], error) {
	switch {
	case size == 0:
		size = usual
	case size > maxPage:
		return Page[T]{}, invalid("maxResults", "a page has at most 50 results")
	}
	rows, next, err := l.Page(ctx, p.tokens, size, token)
	if errors.Is(err, cursor.ErrBad) {
		return Page[T]{}, invalid("nextToken", "the token is not valid here")
	}
	return Page[T]{rows, next}, err
}

// The prefixes of names that stand where ids do.
const (
	AliasPrefix = "policy-store-alias/"
	namePrefix  = "name/"
)

// checkName refuses what is no name of a policy or template.
func checkName(name string) error {
	if name != "" && (!strings.HasPrefix(name, namePrefix) || name == namePrefix) {
		return invalid("name", "a name begins with "+namePrefix)
	}
	return nil
}
