package directory

import (
	"context"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory/filter"
)

// List pages through the users of a pool that a search selects (package filter has its grammar), ordered by the searched
// attribute; without a search, oldest first.
func (u *Users) List(ctx context.Context, pool *Pool, search string, limit int, token string) (Page[*User], error) {
	f, err := filter.Parse(search)
	if err != nil {
		return Page[*User]{}, err
	}
	f.Value = foldSearch(pool, f.Attribute, f.Value)
	return page(ctx, u.tokens, listing[*User, UserPosition]{
		fetch: func(ctx context.Context, after UserPosition, limit int) ([]*User, error) {
			return u.store.ListUsers(ctx, UserQuery{
				PoolID: pool.ID, Attribute: f.Attribute, Prefix: f.Prefix, Value: f.Value, After: after, Limit: limit,
			})
		},
		place: func(x *User) UserPosition {
			return UserPosition{
				Value: foldSearch(pool, f.Attribute, searched(x, f.Attribute)), CreatedAt: x.CreatedAt.UnixMilli(), ID: x.ID,
			}
		},
		life:  time.Hour,
		scope: []string{"ListUsers", pool.ID, f.String()},
	}, limit, token)
}

// searched is the value of a user that a search by an attribute compares.
func searched(x *User, attribute string) string {
	switch attribute {
	case "username":
		return x.Username
	case "sub":
		return x.ID
	case "cognito:user_status":
		return string(x.Status)
	case "status":
		if x.Enabled {
			return "Enabled"
		}
		return "Disabled"
	}
	return x.Attributes[attribute]
}

// foldSearch brings a value into the form that the store compares: as it is for the account status and for usernames
// of a case-sensitive pool, in lower case for all else.
func foldSearch(pool *Pool, attribute, value string) string {
	switch attribute {
	case "status":
		return value
	case "username":
		return pool.Fold(value)
	}
	return strings.ToLower(value)
}
