package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/store"
)

// NewMasterKey prints a new master key, wrapped where a service is configured.
func NewMasterKey(ctx context.Context, i Installation, out io.Writer) error {
	text, err := i.Keys.Fresh(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// WrapMasterKey has the configured service wrap the plain key file of an installation, in its place.
func WrapMasterKey(ctx context.Context, i Installation, out io.Writer) error {
	if err := i.Keys.WrapPlain(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is wrapped; a copy of the plain lines opens everything: destroy it, or lock it away\n", i.Keys.File())
	return i.recorded(ctx, Record("WrapMasterKey"), out, func() error { return nil })
}

// RotateMasterKey puts a new master key in front of the key file's lines. Servers that run read the file within seconds; the key
// seals once all of them have it.
func RotateMasterKey(ctx context.Context, i Installation, out io.Writer) error {
	if i.Keys.InEnvironment() {
		return errors.New("the master key is not in a file: put a new line (cognate keys new-master, its first) in front of its lines, where they are kept, and restart the servers one after another")
	}
	var id string
	err := i.recorded(ctx, Record("RotateMasterKey"), out, func() (err error) {
		id, err = i.Keys.Rotate(ctx)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "new master key %s in %s; servers take it into use within seconds, once all have it: cognate keys master\n", id, i.Keys.File())
	return nil
}

// ShowMasterKeys says which master key seals, which nodes know which, and what still needs the old ones.
func ShowMasterKeys(ctx context.Context, i Installation, out io.Writer) error {
	return i.open(ctx, func(s *store.Store, keys *secret.Keyring) error {
		state, old, err := masterkey.Inspect(ctx, s, keys)
		if err != nil {
			return err
		}
		front := keys.IDs()[0]
		switch sealing := state.Sealing(); {
		case sealing == "":
			fmt.Fprintf(out, "%s will seal when a server starts\n", front)
		default:
			fmt.Fprintf(out, "%s seals, since %s\n", sealing, state.Uses[len(state.Uses)-1].Since.Format(time.RFC3339))
			if front != sealing {
				fmt.Fprintf(out, "%s is new, and seals once every node knows it\n", front)
			}
		}
		for _, o := range old {
			if why := o.Reason(state.Now); why != "" {
				fmt.Fprintf(out, "%s is needed: %s\n", o.ID, why)
				continue
			}
			fmt.Fprintf(out, "%s may go: cognate keys retire-master %s\n", o.ID, o.ID)
		}
		for _, h := range state.Holders {
			fmt.Fprintf(out, "node %s seals with %s and opens with %s", h.Host, h.Seals, strings.Join(h.Keys, ", "))
			if missing := lacking(h, keys.IDs()); len(missing) > 0 {
				fmt.Fprintf(out, "; it lacks %s", strings.Join(missing, ", "))
			}
			fmt.Fprintln(out)
		}
		return nil
	})
}

func lacking(h masterkey.Holder, ids []string) (missing []string) {
	for _, id := range ids {
		if len(masterkey.Waiting(id, masterkey.State{Holders: []masterkey.Holder{h}})) > 0 {
			missing = append(missing, id)
		}
	}
	return missing
}

// RetireMasterKey takes an old master key out of the key file, unless something still needs it. What it has sealed in the
// database is sealed anew first.
func RetireMasterKey(ctx context.Context, i Installation, id string, out io.Writer) error {
	record := Record("RetireMasterKey")
	record.Resource = "masterkey/" + id
	err := i.recorded(ctx, record, out, func() error {
		if err := i.open(ctx, func(s *store.Store, keys *secret.Keyring) error { return needless(ctx, s, keys, id) }); err != nil {
			return err
		}
		if i.Keys.InEnvironment() {
			return nil
		}
		return i.Keys.Retire(ctx, id)
	})
	if err != nil {
		return err
	}
	if i.Keys.InEnvironment() {
		fmt.Fprintf(out, "nothing needs the master key %s any more: take its line away, where it is kept, and restart the servers one after another\n", id)
		return nil
	}
	fmt.Fprintf(out, "the master key %s is gone from %s; backups that are older than %s need it\n", id, i.Keys.File(), time.Now().UTC().Format(time.RFC3339))
	return nil
}

// needless returns an error that says what needs a key.
func needless(ctx context.Context, s *store.Store, keys *secret.Keyring, id string) error {
	state, err := s.KeyState(ctx)
	if err != nil {
		return err
	}
	if state.Sealing() == "" {
		return errors.New("no server has started with these keys")
	}
	if err := keys.Activate(state.Sealing()); err != nil {
		return err
	}
	if _, err := s.Reseal(ctx, keys, func(int) {}); err != nil {
		return err
	}
	state, old, err := masterkey.Inspect(ctx, s, keys)
	if err != nil {
		return err
	}
	for _, o := range old {
		if o.ID != id {
			continue
		}
		if why := o.Reason(state.Now); why != "" {
			return fmt.Errorf("the master key %s is still needed: %s", id, why)
		}
		return nil
	}
	return fmt.Errorf("%s is no old master key of this installation", id)
}
