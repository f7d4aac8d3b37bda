package account

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

// UpdateUserAttributes writes a person's own attributes (an empty value deletes) and sends a code to each new address
// that the pool verifies. A failed delivery is a fault, but the attributes are written.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserAttributes.html
func (a *Accounts) UpdateUserAttributes(ctx context.Context, self Self, values map[string]string) ([]Delivery, error) {
	up := directory.Update{Values: values, By: directory.ByClient, Client: self.Client}
	return a.update(ctx, self.Pool, self.User.ID, up, self.ClientMetadata)
}

// update writes attributes and the codes for new addresses in one transaction, then sends.
func (a *Accounts) update(ctx context.Context, pool *directory.Pool, userID string, up directory.Update, metadata map[string]string) ([]Delivery, error) {
	var kept []message.Kept
	var out []Delivery
	err := a.tx.InTx(ctx, func(ctx context.Context) error {
		kept, out = nil, nil
		x, effect, err := a.dir.Users.UpdateAttributes(ctx, pool, userID, up)
		if err != nil {
			return err
		}
		for _, name := range slices.Concat(effect.Changed, effect.Pending) {
			if !slices.Contains(pool.AutoVerified, name) || x.Attributes[name+"_verified"] == "true" && !slices.Contains(effect.Pending, name) {
				continue
			}
			to := contact{name, newest(x, name)}
			k, err := a.issueIn(ctx, letter{
				pool: pool, client: up.Client, user: x, purpose: message.UpdateAttribute, to: to, life: confirmTTL,
				metadata: metadata,
			}, attributeCode(name))
			if err != nil {
				return err
			}
			kept, out = append(kept, k), append(out, *to.delivery())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, a.sendAll(ctx, kept)
}

// newest is the value of an address that a code is sent to: the one that waits, if any.
func newest(x *directory.User, attribute string) string {
	if pending := x.Pending[attribute]; pending != "" {
		return pending
	}
	return x.Attributes[attribute]
}

// GetUserAttributeVerificationCode sends a code to an address of somebody who is signed in; an earlier one is dead.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAttributeVerificationCode.html
func (a *Accounts) GetUserAttributeVerificationCode(ctx context.Context, self Self, attribute string) (*Delivery, error) {
	if err := verifiable(attribute); err != nil {
		return nil, err
	}
	if err := a.attempt(ctx, self.Pool.ID, self.User.ID, countSend); err != nil {
		return nil, err
	}
	to := contact{attribute, newest(self.User, attribute)}
	if to.value == "" {
		return nil, fault.Invalidf("User does not have the attribute %s.", attribute)
	}
	kept, err := a.issueIn(ctx, letter{
		pool: self.Pool, client: self.Client, user: self.User, purpose: message.VerifyAttribute, to: to, life: confirmTTL,
		metadata: self.ClientMetadata,
	}, attributeCode(attribute))
	if err != nil {
		return nil, err
	}
	return to.delivery(), a.post.Send(ctx, kept)
}

// VerifyUserAttribute verifies the address that a code was sent to, and replaces the old one if it was kept until now.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifyUserAttribute.html
func (a *Accounts) VerifyUserAttribute(ctx context.Context, self Self, attribute, code string) error {
	if err := verifiable(attribute); err != nil {
		return err
	}
	if err := a.attempt(ctx, self.Pool.ID, self.User.ID, countVerify); err != nil {
		return err
	}
	r := redemption{user: self.User, digits: code, what: attributeCode(attribute)}
	return a.redeem(ctx, r, func(ctx context.Context, c Code) error {
		_, err := a.dir.Users.Change(ctx, self.Pool, self.User.ID, func(x *directory.User) error {
			if !x.Verify(c.Attribute, c.Value) {
				return fault.DeadCode() // the address has changed since
			}
			return nil
		})
		return err
	})
}

func verifiable(attribute string) error {
	if attribute != "email" && attribute != "phone_number" {
		return fault.Invalidf("Only email and phone_number can be verified.")
	}
	return nil
}

// GlobalSignOut ends every sign-in of a user: refresh tokens, browsers and codes at once, access tokens wherever they are
// checked here. What the user had is taken away in the transaction that notes it, so that no clock decides.
func (a *Accounts) GlobalSignOut(ctx context.Context, pool *directory.Pool, userID string) error {
	return a.tx.InTx(ctx, func(ctx context.Context) error {
		at := a.moment()
		if _, err := a.dir.Users.SignOut(ctx, pool, userID, at); err != nil {
			return err
		}
		return a.endSessions(ctx, pool.ID, userID, at)
	})
}

// Delete removes a user for good.
func (a *Accounts) Delete(ctx context.Context, pool *directory.Pool, userID string) error {
	return a.dir.Users.Delete(ctx, pool.ID, userID)
}
