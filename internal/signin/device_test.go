package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/device"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	"cognate.dev/cognate/internal/token"
)

// gadget is a device with its secret, as a client keeps it.
type gadget struct{ key, group, secret string }

// deviceWorld tracks devices, and asks alice for a code by SMS if mode is ON.
func deviceWorld(t *testing.T, mode string, config directory.DeviceConfig) (*world, *mailbox.Box) {
	t.Helper()
	w := newWorld(t, pool(func(p *directory.PoolSpec) { p.Device = &config }))
	box := mailbox.New(50)
	w.build(signin.Hooks{}, otp.SMS(box, w.keys, w.dir.Users), device.Start{}, device.New(w.factors))
	w.setMFA(directory.MFAConfig{Mode: mode, SMS: true})
	w.person("alice")
	return w, box
}

// confirm keeps the device of a first sign-in.
func (w *world) confirm(a *signin.Answer) gadget {
	w.t.Helper()
	g := gadget{a.Device.Key, a.Device.Group, "secret of a device"}
	salt := srp.NewSalt()
	_, err := w.factors.ConfirmDevice(w.t.Context(), w.pool, w.find("alice").ID, factor.NewDevice{
		Key: g.key, Name: "laptop", Salt: base64.StdEncoding.EncodeToString(salt),
		Verifier: base64.StdEncoding.EncodeToString(srp.Verifier(g.group, g.key, g.secret, salt)),
	})
	w.check(err)
	return g
}

// enrolled is a device of alice that has signed in and been confirmed.
func (w *world) enrolled(box *mailbox.Box) gadget {
	w.t.Helper()
	a, err := w.withPassword("alice", right)
	w.check(err)
	if a.Challenge == signin.SMSMFA {
		a, err = w.reply(signin.SMSMFA, a.Session, map[string]string{"USERNAME": "alice", "SMS_MFA_CODE": last(w.t, box).Code})
	}
	signedIn(w.t, a, err)
	if a.Device == nil {
		w.t.Fatal("no device came with the tokens")
	}
	return w.confirm(a)
}

// with signs in with a password from a device, in clear or by SRP, up to the device's own challenge.
func (w *world) with(g gadget, flow string) (*signin.Answer, error) {
	w.t.Helper()
	params := map[string]string{"USERNAME": "alice", "DEVICE_KEY": g.key}
	if flow == "USER_PASSWORD_AUTH" {
		params["PASSWORD"] = right
		return w.start(flow, params)
	}
	c := srp.NewClient()
	params["SRP_A"] = c.PublicA()
	a, err := w.start(flow, params)
	if err != nil {
		return nil, err
	}
	answers := w.sign(c, a, right)
	answers["DEVICE_KEY"] = g.key
	return w.reply(signin.PasswordVerifier, "", answers)
}

// prove answers a device's challenge; without a session it does as Amazon's own clients do.
func (w *world) prove(g gadget, session string) (*signin.Answer, error) {
	w.t.Helper()
	c := srp.NewClient()
	a, err := w.reply(signin.DeviceSRP, session, map[string]string{"USERNAME": "alice", "DEVICE_KEY": g.key, "SRP_A": c.PublicA()})
	if err != nil {
		return nil, err
	}
	if a.Challenge != signin.DeviceVerifier || a.Params["DEVICE_KEY"] != g.key || a.Params["USERNAME"] != "alice" {
		w.t.Errorf("got %+v", a)
	}
	return w.reply(signin.DeviceVerifier, "", w.claimOf(c, g, a))
}

func (w *world) claimOf(c *srp.Client, g gadget, a *signin.Answer) map[string]string {
	w.t.Helper()
	claim, err := c.Sign(srp.Challenge{
		PoolName: g.group, UserID: g.key, Salt: a.Params["SALT"], PublicB: a.Params["SRP_B"], SecretBlock: a.Params["SECRET_BLOCK"],
	}, g.secret, w.clock.Now())
	w.check(err)
	return map[string]string{
		"USERNAME": "alice", "DEVICE_KEY": g.key, "PASSWORD_CLAIM_SECRET_BLOCK": a.Params["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": claim.Signature, "TIMESTAMP": claim.Timestamp,
	}
}

var noDevice = outcome{kind: fault.Missing, text: "Device does not exist."}

// TestDevicesAndSecondFactors is the table of what a device saves its user.
func TestDevicesAndSecondFactors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode   string
		config directory.DeviceConfig
		status string // remembered, not_remembered, or as confirming left it
		want   outcome
	}{
		"no MFA":                             {"OFF", directory.DeviceConfig{}, "", outcome{challenge: signin.DeviceSRP}},
		"no MFA, not remembered":             {"OFF", directory.DeviceConfig{}, "not_remembered", tokens},
		"no MFA, asks first":                 {"OFF", directory.DeviceConfig{OnlyOnPrompt: true}, "", tokens},
		"MFA":                                {"ON", directory.DeviceConfig{}, "", outcome{challenge: signin.SMSMFA}},
		"MFA on new devices":                 {"ON", directory.DeviceConfig{ChallengeOnNew: true}, "", outcome{challenge: signin.DeviceSRP}},
		"MFA on new devices, not remembered": {"ON", directory.DeviceConfig{ChallengeOnNew: true}, "not_remembered", outcome{challenge: signin.SMSMFA}},
		"MFA on new devices, asks first":     {"ON", directory.DeviceConfig{ChallengeOnNew: true, OnlyOnPrompt: true}, "", outcome{challenge: signin.SMSMFA}},
		"MFA on new devices, asked": {"ON", directory.DeviceConfig{ChallengeOnNew: true, OnlyOnPrompt: true}, "remembered",
			outcome{challenge: signin.DeviceSRP}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, box := deviceWorld(t, c.mode, c.config)
			g := w.enrolled(box)
			if c.status != "" {
				w.check(w.factors.RememberDevice(t.Context(), w.pool, w.find("alice").ID, g.key, c.status == "remembered"))
			}
			for _, flow := range []string{"USER_PASSWORD_AUTH", "USER_SRP_AUTH"} {
				a, err := w.with(g, flow)
				c.want.check(t, a, err)
				if err == nil && a.Tokens != nil && a.Device != nil {
					t.Errorf("%s: a known device got new metadata", flow)
				}
			}
		})
	}
}

func TestADeviceTakesThePlaceOfTheSecondFactor(t *testing.T) {
	t.Parallel()
	w, box := deviceWorld(t, "ON", directory.DeviceConfig{ChallengeOnNew: true})
	g := w.enrolled(box)
	for _, flow := range []string{"USER_PASSWORD_AUTH", "USER_SRP_AUTH"} {
		for _, carries := range []bool{true, false} {
			a, err := w.with(g, flow)
			outcome{challenge: signin.DeviceSRP}.check(t, a, err)
			session := a.Session
			if !carries {
				session = ""
			}
			b, err := w.prove(g, session)
			signedIn(t, b, err)
			if b.Device != nil {
				t.Error("a known device got new metadata")
			}
			if _, err := w.prove(g, session); err == nil {
				t.Error("a device's proof worked twice")
			}
		}
	}
}

func TestADeviceProvesItselfAfterTheCode(t *testing.T) {
	t.Parallel()
	w, box := deviceWorld(t, "ON", directory.DeviceConfig{})
	g := w.enrolled(box)
	a, err := w.with(g, "USER_SRP_AUTH")
	outcome{challenge: signin.SMSMFA}.check(t, a, err)
	a, err = w.reply(signin.SMSMFA, a.Session, map[string]string{"USERNAME": "alice", "SMS_MFA_CODE": last(t, box).Code})
	outcome{challenge: signin.DeviceSRP}.check(t, a, err)
	a, err = w.prove(g, a.Session)
	signedIn(t, a, err)
}

// TestAnUnknownDeviceCostsNothing: clients forget their key and answer the same challenge again.
func TestAnUnknownDeviceCostsNothing(t *testing.T) {
	t.Parallel()
	w, _ := deviceWorld(t, "OFF", directory.DeviceConfig{})
	c := srp.NewClient()
	a, err := w.start("USER_SRP_AUTH", map[string]string{"USERNAME": "alice", "SRP_A": c.PublicA(), "DEVICE_KEY": "eu-west-1_0"})
	w.check(err)
	answers := w.sign(c, a, right)
	answers["DEVICE_KEY"] = "eu-west-1_0"
	b, err := w.reply(signin.PasswordVerifier, "", answers)
	noDevice.check(t, b, err)
	delete(answers, "DEVICE_KEY")
	b, err = w.reply(signin.PasswordVerifier, "", answers)
	signedIn(t, b, err)
	if b.Device == nil || b.Device.Key == "eu-west-1_0" {
		t.Errorf("device %+v", b.Device)
	}
	b, err = w.start("USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": right, "DEVICE_KEY": "eu-west-1_0"})
	noDevice.check(t, b, err)
}

func TestUnknownDevicesDoNotTellWhoExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, hides, pool(func(p *directory.PoolSpec) { p.Device = &directory.DeviceConfig{} }))
	w.user("alice", directory.Confirmed)
	for _, name := range []string{"alice", "nobody"} {
		a, err := w.start("USER_PASSWORD_AUTH", map[string]string{"USERNAME": name, "PASSWORD": right, "DEVICE_KEY": "eu-west-1_0"})
		noDevice.check(t, a, err)
	}
}

func TestADeviceIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*world, *gadget)
		kind   fault.Kind
		text   string
	}{
		"with another secret": {func(_ *world, g *gadget) { g.secret = "guessed" }, fault.Denied, "Incorrect username or password."},
		"under another name":  {func(_ *world, g *gadget) { g.group = "-other" }, fault.Denied, "Incorrect username or password."},
		"as another device":   {func(_ *world, g *gadget) { g.key = "eu-west-1_0" }, fault.Denied, "Invalid session for the user."},
		"after a minute":      {func(w *world, _ *gadget) { w.clock.Advance(time.Minute) }, fault.Denied, "Invalid session for the user, session is expired."},
		"forgotten meanwhile": {func(w *world, g *gadget) {
			w.check(w.factors.ForgetDevice(w.t.Context(), poolID, w.find("alice").ID, g.key))
		}, fault.Missing, "Device does not exist."},
		"with tracking off": {func(w *world, _ *gadget) { w.setDevices(nil) }, fault.Denied, "Invalid session for the user."},
		"by a disabled person": {func(w *world, _ *gadget) {
			_, err := w.dir.Users.SetEnabled(w.t.Context(), w.pool, w.find("alice").ID, false)
			w.check(err)
		}, fault.Denied, "User is disabled."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, box := deviceWorld(t, "ON", directory.DeviceConfig{ChallengeOnNew: true})
			g := w.enrolled(box)
			a, err := w.with(g, "USER_PASSWORD_AUTH")
			w.check(err)
			c.change(w, &g)
			_, err = w.prove(g, a.Session)
			refused(t, err, c.kind, c.text)
		})
	}
}

func (w *world) setDevices(c *directory.DeviceConfig) {
	w.t.Helper()
	w.check(w.store.UpdatePool(w.t.Context(), poolID, func(p *directory.Pool) error { p.Device = c; return nil }))
	var err error
	w.pool, err = w.store.Pool(w.t.Context(), poolID)
	w.check(err)
}

// TestAThiefOfADeviceNeedsThePassword: the device's secret alone opens nothing, with or without a session.
func TestAThiefOfADeviceNeedsThePassword(t *testing.T) {
	t.Parallel()
	w, box := deviceWorld(t, "ON", directory.DeviceConfig{ChallengeOnNew: true})
	g := w.enrolled(box)
	_, err := w.prove(g, "")
	refused(t, err, fault.Invalid, "Missing required parameter Session")
	_, err = w.start("USER_PASSWORD_AUTH", map[string]string{"USERNAME": "alice", "PASSWORD": wrong, "DEVICE_KEY": g.key})
	refused(t, err, fault.Denied, "Incorrect username or password.")
	_, err = w.prove(g, "")
	refused(t, err, fault.Invalid, "Missing required parameter Session")
}

// TestAnotherDeviceCannotBeSlippedIn: the device that proves itself is the one that the question was about.
func TestAnotherDeviceCannotBeSlippedIn(t *testing.T) {
	t.Parallel()
	w, box := deviceWorld(t, "ON", directory.DeviceConfig{ChallengeOnNew: true})
	mine, theirs := w.enrolled(box), w.enrolled(box)
	w.check(w.factors.RememberDevice(t.Context(), w.pool, w.find("alice").ID, theirs.key, false))
	a, err := w.with(mine, "USER_PASSWORD_AUTH")
	w.check(err)
	_, err = w.prove(theirs, a.Session)
	refused(t, err, fault.Denied, "Invalid session for the user.")
	c := srp.NewClient()
	b, err := w.reply(signin.DeviceSRP, a.Session, map[string]string{"USERNAME": "alice", "DEVICE_KEY": mine.key, "SRP_A": c.PublicA()})
	w.check(err)
	w.check(w.factors.RememberDevice(t.Context(), w.pool, w.find("alice").ID, mine.key, false))
	b, err = w.reply(signin.DeviceVerifier, "", w.claimOf(c, mine, b))
	outcome{challenge: signin.SMSMFA}.check(t, b, err) // a device that is no longer remembered saves nothing
}

func TestRefreshNeedsTheDevice(t *testing.T) {
	t.Parallel()
	w, _ := deviceWorld(t, "OFF", directory.DeviceConfig{})
	a, err := w.withPassword("alice", right)
	signedIn(t, a, err)
	refresh := func(key string) error {
		_, err := w.start("REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": a.Tokens.Refresh, "DEVICE_KEY": key})
		return err
	}
	refused(t, refresh(""), fault.Denied, "Invalid Refresh Token")
	refused(t, refresh("eu-west-1_0"), fault.Denied, "Invalid Refresh Token")
	w.check(refresh(a.Device.Key))
	_, err = w.machine.Refresh(t.Context(), signin.Renewal{Client: w.client, RefreshToken: a.Tokens.Refresh})
	refused(t, err, fault.Denied, "Invalid Refresh Token")
	_, err = w.machine.Refresh(t.Context(), signin.Renewal{Client: w.client, RefreshToken: a.Tokens.Refresh, DeviceKey: a.Device.Key})
	w.check(err)
}

// TestTokensOfADeviceTellIt looks at the claim and at what a trigger sees.
func TestTokensOfADeviceTellIt(t *testing.T) {
	t.Parallel()
	w, box := deviceWorld(t, "OFF", directory.DeviceConfig{})
	g := w.enrolled(box)
	a, err := w.with(g, "USER_PASSWORD_AUTH")
	w.check(err)
	a, err = w.prove(g, a.Session)
	signedIn(t, a, err)
	claims := accessClaims(t, a.Tokens)
	if claims["device_key"] != g.key {
		t.Errorf("device_key is %v", claims["device_key"])
	}
}

func accessClaims(t *testing.T, set *token.Set) (claims map[string]any) {
	t.Helper()
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(set.Access, ".")[1])
	if err == nil {
		err = json.Unmarshal(body, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}
