package sealing

import (
	"fmt"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/message/outbox"
	provider "cognate.dev/cognate/internal/store/federation"
	"cognate.dev/cognate/internal/store/pool"
	"cognate.dev/cognate/internal/store/workspace"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/workspace/journey"
)

// sealedPlace is a column that holds sealed values, and what identifies its rows.
type sealedPlace struct {
	table, column string
	row           []string
	kind          secret.Kind
	page, update  string // statements
}

// sealedValue is one of them.
type sealedValue struct {
	row    []string
	stored []byte
}

// sealedPlaces are all columns that hold values sealed under the master key. One that is missing here keeps an old master key
// from ever going: a test compares with what the migrations say is sealed.
var sealedPlaces = []sealedPlace{
	at("signing_keys", "private", key.Sealed(), "pool_id", "kid"),
	at("issuer_keys", "private", key.Sealed(), "pool_id", "kid"),
	at("access_keys", "sealed", sts.Sealed(), "id"),
	at("clients", "secrets", pool.SealedSecrets(), "id"),
	at("providers", "secrets", provider.SealedSecrets(), "pool_id", "name"),
	at("workspace_connections", "credentials", workspace.SealedCredentials(), "id"),
	at("workspace_contexts", "doc", journey.SealedContext(), "id"),
	at("workspace_traces", "doc", journey.SealedTrace(), "id"),
	at("workspace_extensions", "value", extension.SealedSecret(), "workspace_id", "kind", "id"),
	at("provider_stays", "doc", federation.SealedStay(), "pool_id", "browser_id"),
	at("credentials", "srp", directory.SealedVerifier(), "pool_id", "user_id"),
	at("credentials", "hash", directory.SealedHash(), "pool_id", "user_id"),
	at("software_tokens", "secret", factor.SealedToken(), "pool_id", "user_id"),
	at("software_tokens", "pending", factor.SealedToken(), "pool_id", "user_id"),
	at("devices", "verifier", factor.SealedDevice(), "pool_id", "user_id", "device_key"),
	at("outbox", "sealed", outbox.Sealed(), "id"),
}

func at(table, column string, kind secret.Kind, row ...string) sealedPlace {
	p := sealedPlace{table: table, column: column, row: row, kind: kind}
	list := strings.Join(row, ", ")
	var marks, same []string
	for i, r := range row {
		marks = append(marks, fmt.Sprintf("$%d", i+1))
		same = append(same, fmt.Sprintf("%s = $%d", r, i+3))
	}
	begins := ""
	if kind.Prefix != "" {
		begins = fmt.Sprintf(" AND substr(%s, 1, %d) = '%s'", column, len(kind.Prefix), kind.Prefix)
	}
	p.page = fmt.Sprintf("SELECT %s, %s FROM %s WHERE (%s) > (%s) AND %s IS NOT NULL%s ORDER BY %s LIMIT $%d + 0",
		list, column, table, list, strings.Join(marks, ", "), column, begins, list, len(row)+1)
	p.update = fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s = $2 AND %s", table, column, column, strings.Join(same, " AND "))
	return p
}

// value is a stored value as its column takes it.
func (p sealedPlace) value(stored []byte) any {
	if p.kind.Prefix != "" {
		return string(stored)
	}
	return stored
}
