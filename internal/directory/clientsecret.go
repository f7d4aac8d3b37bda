package directory

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// maxSecrets is how many secrets a client can have at a time, so that one can replace the other without a pause.
const maxSecrets = 2

// AddSecret gives a client another secret: the given one, or a generated one when value is empty. A client that was
// made without a secret stays public.
func (c *Clients) AddSecret(ctx context.Context, poolID, id, value string) (ClientSecret, error) {
	if value != "" && !clientSecret.MatchString(value) {
		return ClientSecret{}, badSecret()
	}
	generated := value == ""
	if generated {
		value = random.LowerAlnum(secretLength)
	}
	var made ClientSecret
	err := c.changeSecrets(ctx, poolID, id, func(client *Client) error {
		if len(client.Secrets) >= maxSecrets {
			return fault.Limitedf("Client secrets cannot exceed limit of %d secrets.", maxSecrets)
		}
		made = client.AddSecret(value, generated, moment(c.now))
		return nil
	})
	return made, err
}

// DeleteSecret takes a secret away; the last one stays.
func (c *Clients) DeleteSecret(ctx context.Context, poolID, id, secretID string) error {
	return c.changeSecrets(ctx, poolID, id, func(client *Client) error {
		i := slices.IndexFunc(client.Secrets, func(s ClientSecret) bool { return s.ID == secretID })
		switch {
		case i < 0:
			return fault.Missingf("Client secret %s does not exist.", secretID)
		case len(client.Secrets) == 1:
			return fault.Invalidf("The last secret of an app client cannot be deleted.")
		}
		client.Secrets = slices.Delete(client.Secrets, i, i+1)
		return nil
	})
}

func (c *Clients) changeSecrets(ctx context.Context, poolID, id string, change func(*Client) error) error {
	if _, err := c.pools.Get(ctx, poolID); err != nil {
		return err
	}
	return c.write(ctx, poolID, id, func(ctx context.Context) error {
		return c.store.UpdateClient(ctx, poolID, id, func(client *Client) error {
			if len(client.Secrets) == 0 {
				return fault.Invalidf("The app client was made without a secret.")
			}
			if client.Registered {
				return fault.Invalidf("The secret of a client that was registered dynamically cannot be changed.")
			}
			client.ModifiedAt = moment(c.now)
			return change(client)
		})
	})
}

// secretLength is the length of generated secrets: about 268 bits.
const secretLength = 52

func badSecret() error {
	return fault.Invalidf("A client secret must have 24 to 64 letters, digits, + or _.")
}
