package directory

import (
	"context"
	"fmt"
)

// MaxClients is AWS's quota of app clients in a pool. Only registration obeys it here: administrators may make more.
const MaxClients = 1000

// Full says whether a pool has MaxClients clients or more.
func (c *Clients) Full(ctx context.Context, poolID string) (bool, error) {
	list, err := c.store.ListClients(ctx, poolID, Position{}, MaxClients)
	if err != nil {
		return false, fmt.Errorf("count app clients: %w", err)
	}
	return len(list) >= MaxClients, nil
}
