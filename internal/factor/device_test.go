package factor_test

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password/srp"
)

func deviceWorld(t *testing.T, c *directory.DeviceConfig) *world {
	t.Helper()
	w := newWorld(t, directory.MFAConfig{})
	w.check(w.store.UpdatePool(t.Context(), w.pool.ID, func(p *directory.Pool) error { p.Device = c; return nil }))
	var err error
	w.pool, err = w.store.Pool(t.Context(), w.pool.ID)
	w.check(err)
	return w
}

// newDevice is what a client sends for a new device of alice.
func (w *world) newDevice() factor.NewDevice {
	key, salt := factor.NewDeviceKey(w.pool), srp.NewSalt()
	return factor.NewDevice{
		Key: key, Name: "laptop", Address: "192.0.2.1", Salt: base64.StdEncoding.EncodeToString(salt),
		Verifier: base64.StdEncoding.EncodeToString(srp.Verifier(w.DeviceGroup(w.pool.ID, w.alice.ID), key, "secret", salt)),
	}
}

func TestADeviceIsConfirmed(t *testing.T) {
	t.Parallel()
	for asks, remembered := range map[bool]bool{false: true, true: false} {
		w := deviceWorld(t, &directory.DeviceConfig{OnlyOnPrompt: asks})
		n := w.newDevice()
		if !regexp.MustCompile(`^[\w-]+_[0-9a-f-]+$`).MatchString(n.Key) || len(n.Key) > 55 {
			t.Errorf("device key %s", n.Key)
		}
		got, err := w.ConfirmDevice(t.Context(), w.pool, w.alice.ID, n)
		w.check(err)
		d, err := w.Device(t.Context(), w.pool.ID, w.alice.ID, n.Key)
		w.check(err)
		verifier, _ := base64.StdEncoding.DecodeString(n.Verifier)
		if got != asks || d.Remembered != remembered || d.Name != "laptop" || d.Address != "192.0.2.1" || !d.CreatedAt.Equal(w.clock.Now()) {
			t.Errorf("asks %v, got %v and %+v", asks, got, d)
		}
		if bytes.Contains(d.Verifier, verifier[:16]) {
			t.Error("the verifier lies readable")
		}
		_, err = w.ConfirmDevice(t.Context(), w.pool, w.alice.ID, n)
		refused(t, err, fault.Exists, fault.Device, "Device already exists.")
		w.check(w.RememberDevice(t.Context(), w.pool, w.alice.ID, n.Key, !remembered))
		d, err = w.Device(t.Context(), w.pool.ID, w.alice.ID, n.Key)
		w.check(err)
		if d.Remembered == remembered {
			t.Error("the status did not change")
		}
	}
}

func TestAConfirmationIsRefused(t *testing.T) {
	t.Parallel()
	salt := "DeviceSecretVerifierConfig.Salt must be a number in base64."
	verifier := "DeviceSecretVerifierConfig.PasswordVerifier must be a number of the SRP group in base64."
	for name, c := range map[string]struct {
		change func(*factor.NewDevice)
		text   string
	}{
		"no salt":           {func(n *factor.NewDevice) { n.Salt = "" }, salt},
		"a salt in hex?":    {func(n *factor.NewDevice) { n.Salt = "not base64!" }, salt},
		"a long salt":       {func(n *factor.NewDevice) { n.Salt = strings.Repeat("AAAA", 40) }, salt},
		"no verifier":       {func(n *factor.NewDevice) { n.Verifier = "" }, verifier},
		"a verifier of one": {func(n *factor.NewDevice) { n.Verifier = "AQ==" }, verifier},
		"a huge verifier":   {func(n *factor.NewDevice) { n.Verifier = strings.Repeat("////", 200) }, verifier},
	} {
		w := deviceWorld(t, &directory.DeviceConfig{})
		n := w.newDevice()
		c.change(&n)
		_, err := w.ConfirmDevice(t.Context(), w.pool, w.alice.ID, n)
		t.Run(name, func(t *testing.T) { refused(t, err, fault.Invalid, "", c.text) })
	}
	w := deviceWorld(t, nil)
	_, err := w.ConfirmDevice(t.Context(), w.pool, w.alice.ID, w.newDevice())
	refused(t, err, fault.Misconfigured, "", "Device tracking is not enabled for the user pool.")
	refused(t, w.RememberDevice(t.Context(), w.pool, w.alice.ID, "eu-west-1_0", true), fault.Misconfigured, "",
		"Device tracking is not enabled for the user pool.")
}

func TestADeviceBelongsToItsUser(t *testing.T) {
	t.Parallel()
	w := deviceWorld(t, &directory.DeviceConfig{})
	n := w.newDevice()
	_, err := w.ConfirmDevice(t.Context(), w.pool, w.alice.ID, n)
	w.check(err)
	bob := w.user("bob")
	if w.DeviceGroup(w.pool.ID, bob.ID) == w.DeviceGroup(w.pool.ID, w.alice.ID) {
		t.Error("two users have one device group")
	}
	_, err = w.Device(t.Context(), w.pool.ID, bob.ID, n.Key)
	for _, err := range []error{
		err, w.ForgetDevice(t.Context(), w.pool.ID, bob.ID, n.Key), w.RememberDevice(t.Context(), w.pool, bob.ID, n.Key, false),
		w.Authenticated(t.Context(), w.pool.ID, bob.ID, n.Key, ""), w.Await(t.Context(), w.pool.ID, bob.ID, n.Key, "x"),
	} {
		refused(t, err, fault.Missing, "", "Device does not exist.")
	}
	w.check(w.ForgetDevice(t.Context(), w.pool.ID, w.alice.ID, n.Key))
	_, err = w.Device(t.Context(), w.pool.ID, w.alice.ID, n.Key)
	refused(t, err, fault.Missing, "", "Device does not exist.")
}

func TestDevicesAreListedInPages(t *testing.T) {
	t.Parallel()
	w := deviceWorld(t, &directory.DeviceConfig{})
	var want, got []string
	for range 5 {
		n := w.newDevice()
		_, err := w.ConfirmDevice(t.Context(), w.pool, w.alice.ID, n)
		w.check(err)
		want = append(want, n.Key)
		w.clock.Advance(1e6)
	}
	token, pages := "", 0
	for {
		page, err := w.DevicePage(t.Context(), w.pool.ID, w.alice.ID, 2, token)
		w.check(err)
		for _, d := range page.Items {
			got = append(got, d.Key)
		}
		pages++
		if token = page.Next; token == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
		t.Errorf("%d pages (-want +got):\n%s", pages, diff)
	}
	_, err := w.DevicePage(t.Context(), w.pool.ID, w.alice.ID, 2, "made-up")
	refused(t, err, fault.Invalid, "", "Invalid pagination token")
}
