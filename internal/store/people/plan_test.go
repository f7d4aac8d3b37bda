package people

import (
	"testing"

	"cognate.dev/cognate/internal/store/database/plantest"
)

func TestSearchesAreRangesOfAnIndex(t *testing.T) {
	t.Parallel()
	plantest.Searches(t, map[string]string{
		"age": usersByAge, "sub": usersBySub, "username": usersByName, "cognito:user_status": usersByStatus,
		"status": usersByEnabled, "attribute": usersByAttribute, "login as username": userByUsername, "id": userByID,
		"login as alias": userByAlias, "code": selectCode, "credential": selectCredential, "lockout": selectLockout,
		"credentials of many": credentialsOf,
	})
}
