package login_test

import (
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
)

// devices lets people choose which devices take the place of their second factor.
func devices(p *directory.PoolSpec, _ *directory.ClientSettings) {
	p.Device = &directory.DeviceConfig{ChallengeOnNew: true, OnlyOnPrompt: true}
}

func (w *world) devicesOf(u *directory.User) []factor.Device {
	w.t.Helper()
	list, err := w.store.Devices(w.t.Context(), poolID, u.ID, factor.DevicePosition{}, 10)
	w.check(err)
	return list
}

// TestARememberedBrowserNeedsNoCode until it is forgotten; another person in the same browser, and another browser, do.
func TestARememberedBrowserNeedsNoCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SMS: true}), devices)
	alice := w.user("alice", directory.Confirmed, "phone_number", phone)
	w.user("bob", directory.Confirmed, "phone_number", "+15555550111")
	b := w.browser()
	enter := func(b *browser, name string) {
		b.open("/oauth2/authorize", ask("prompt", "login"))
		b.submit("username", name, "password", right)
	}
	enter(b, "alice")
	b.submit("code", b.code(phone))
	b.shows("Remember this device?")
	b.submit("yes", "1")
	b.sentHome()
	if list := w.devicesOf(alice); len(list) != 1 || !list[0].Remembered {
		t.Fatalf("the devices of alice: %+v", list)
	}
	enter(b, "alice")
	b.sentHome()
	enter(b, "bob")
	b.shows("Enter your code")
	other := w.browser()
	enter(other, "alice")
	other.shows("Enter your code")

	_, err := w.store.DeleteDevice(t.Context(), poolID, alice.ID, w.devicesOf(alice)[0].Key)
	w.check(err)
	enter(b, "alice")
	b.shows("Enter your code")
}

// TestWhoDoesNotWantToBeRememberedIsAskedOnce and keeps the second factor.
func TestWhoDoesNotWantToBeRememberedIsAskedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SMS: true}), devices)
	alice := w.user("alice", directory.Confirmed, "phone_number", phone)
	b := w.browser()
	for i, last := range []string{"Remember this device?", ""} {
		b.open("/oauth2/authorize", ask("prompt", "login"))
		b.submit("username", "alice", "password", right)
		b.shows("Enter your code")
		b.submit("code", b.code(phone))
		if i == 0 {
			b.shows(last)
			b.submit("no", "1")
		}
		b.sentHome()
	}
	if list := w.devicesOf(alice); len(list) != 0 {
		t.Errorf("devices: %+v", list)
	}
}

// TestAPoolThatAlwaysRemembersAsksNothing and knows the browser from then on.
func TestAPoolThatAlwaysRemembersAsksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mfa(directory.MFAConfig{SMS: true}), func(p *directory.PoolSpec, _ *directory.ClientSettings) {
		p.Device = &directory.DeviceConfig{ChallengeOnNew: true}
	})
	alice := w.user("alice", directory.Confirmed, "phone_number", phone)
	b := w.browser()
	b.signIn("alice", right)
	b.submit("code", b.code(phone))
	b.sentHome()
	b.open("/oauth2/authorize", ask("prompt", "login"))
	b.submit("username", "alice", "password", right)
	b.sentHome()
	if list := w.devicesOf(alice); len(list) != 1 {
		t.Errorf("devices: %+v", list)
	}
}
