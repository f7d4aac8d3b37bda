// Package directory is what is true about people: user pools and their settings, app clients, groups, users, their
// attributes and the names they can be found by. It leaves codes and messages to account, tokens to token and
// sign-in to signin. Names are Amazon Cognito's; times are UTC with millisecond resolution.
package directory

import "context"

// Changes is told of each write that a reader's cache must not outlive. The implementation runs what it does after
// the surrounding transaction has committed. An empty UserID means "anyone in this pool".
type Changes interface {
	Changed(ctx context.Context, poolID, userID string)
}
