package password_test

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/password"
)

// firebase are the sample parameters of github.com/firebase/scrypt.
var firebase = password.Firebase{
	SignerKey:     "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
	SaltSeparator: "Bw==", Rounds: 8, MemCost: 14,
}

// The hashes were made by others: crypt(3) of Debian, Python's hashlib, and the documents of the formats.
func foreignHashes() map[string]struct{ hash, password string } {
	const usual = "Correct-Horse1"
	return map[string]struct{ hash, password string }{
		"bcrypt a":          {"$2a$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m", usual},
		"bcrypt b":          {"$2b$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m", usual},
		"bcrypt x":          {"$2x$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m", usual},
		"bcrypt y":          {"$2y$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m", usual},
		"bcrypt, no ASCII":  {"$2b$05$abcdefghijklmnopqrstuu8/r7cPiEmto8Y3Uyj6/bG/p3w5zCyXG", "Pässword-1"},
		"Django bcrypt":     {"bcrypt$$2b$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m", usual},
		"Django bcrypt 256": {"bcrypt_sha256$$2b$05$abcdefghijklmnopqrstuu2ezRB3sv7KiKgu/Y/suau0hNg7Kc.1m", usual},
		"argon2id":          {"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
		"argon2i":           {"$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA", "password"},
		"Django argon2":     {"argon2$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
		"passlib 256":       {"$pbkdf2-sha256$29000$AQIDBAUGBwgJCgsMDQ4PEA$LUYP29NZ1VBh02/epq7ZFB7NUgnNn/1aMWXwWcAfb6s", usual},
		"passlib 512":       {"$pbkdf2-sha512$25000$AQIDBAUGBwgJCgsMDQ4PEA$t08WHnoenw15bRgUdnVRwZrJeHnIvg3syKvlvQXb/Y2MefUmNGlWuxGZq3QoUuz21c98Stbqc4EQ2g7kHrVhJA", usual},
		"passlib 1":         {"$pbkdf2$13000$AQIDBAUGBwgJCgsMDQ4PEA$9DWioV22CxJLmIIzeQt7cUfmo9A", usual},
		"PHC":               {"$pbkdf2-sha256$i=10000$AQIDBAUGBwgJCgsMDQ4PEA$iBLFKaWnq4eTC1cHjOseUJo51B3EvGeHfJT/aOy/Q1w", usual},
		"Django 256":        {"pbkdf2_sha256$20000$seasalt12345$/n1FRAgHHsjJwQsGm9WEmkdFc8bf80nSwC4kOXGTCzQ=", usual},
		"Django 1":          {"pbkdf2_sha1$20000$seasalt12345$Jy9Rgz6V6IiLTdpJUwl9vfU3VM8=", usual},
		"Django scrypt":     {"scrypt$16384$seasalt12345$8$1$o389x/2RMFU7c02X9YvNU7n38A8g2gEAgeHIWngGJFu5nN0XH8vI35ehUQ9Jc1jpsc/y2PvikEzCK7cmOn5vQA==", usual},
		"scrypt":            {"$scrypt$ln=14,r=8,p=1$AQIDBAUGBwgJCgsMDQ4PEA$QPTN38aAENjiR4pKBDu9+le8lRxfJ+KRCyZpcbVD7Dk", usual},
		"Cognito's scrypt":  {"16384$8$1$0102030405060708090a0b0c0d0e0f10$40f4cddfc68010d8e2478a4a043bbdfa57bc951c5f27e2910b266971b543ec39", usual},
		"Firebase": {password.FirebaseHash(firebase,
			"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==", "42xEC+ixf3L2lw=="), "user1password"},
	}
}

// TestHashesOfOtherSystemsLetTheRightPasswordIn fails when people who come with their hashes cannot sign in, or anybody can.
func TestHashesOfOtherSystemsLetTheRightPasswordIn(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap(), 2)
	for name, tc := range foreignHashes() {
		if err := h.CheckImported(tc.hash); err != nil {
			t.Errorf("%s cannot be imported: %v", name, err)
			continue
		}
		ok, rehash, err := h.Verify(t.Context(), tc.hash, tc.password)
		if !ok || !rehash || err != nil {
			t.Errorf("%s, the right password: %v, rehash %v, %v", name, ok, rehash, err)
		}
		for _, wrong := range []string{"", tc.password + "x", strings.ToUpper(tc.password)} {
			if ok, rehash, err := h.Verify(t.Context(), tc.hash, wrong); ok || rehash || err != nil {
				t.Errorf("%s, the password %q: %v, rehash %v, %v", name, wrong, ok, rehash, err)
			}
		}
	}
}

// TestNoHashInAFileCanStopTheServer fails when a hash is accepted whose parameters would take the memory or the
// processor for long: whoever writes a file must not decide that.
func TestNoHashInAFileCanStopTheServer(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap(), 1)
	for _, hash := range []string{
		"$argon2id$v=19$m=16777216,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=1000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=64,t=1,p=200$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2i$v=19$m=65536,t=2147483647,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
		"$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$2b$31$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m",
		"$2b$03$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m",
		"$pbkdf2-sha256$2000000000$AQIDBAUGBwgJCgsMDQ4PEA$LUYP29NZ1VBh02/epq7ZFB7NUgnNn/1aMWXwWcAfb6s",
		"$scrypt$ln=30,r=8,p=1$AQIDBAUGBwgJCgsMDQ4PEA$QPTN38aAENjiR4pKBDu9+le8lRxfJ+KRCyZpcbVD7Dk",
		"$scrypt$ln=14,r=8,p=2000000$AQIDBAUGBwgJCgsMDQ4PEA$QPTN38aAENjiR4pKBDu9+le8lRxfJ+KRCyZpcbVD7Dk",
		"16384$999999999$1$0102$40f4cddfc68010d8e2478a4a043bbdfa57bc951c5f27e2910b266971b543ec39",
		"16383$8$1$0102$40f4cddfc68010d8e2478a4a043bbdfa57bc951c5f27e2910b266971b543ec39",
		"16384$8$1$0102$40f4",
		"$pbkdf2-sha256$1000$AQIDBAUGBwgJCgsMDQ4PEA$" + strings.Repeat("A", 400),
		"5f4dcc3b5aa765d61d8327deb882cf99", "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3", "password", "", strings.Repeat("$", 5000),
	} {
		if err := h.CheckImported(hash); err == nil {
			t.Errorf("%q can be imported", hash)
		}
	}
}

func FuzzKnown(f *testing.F) {
	for _, tc := range foreignHashes() {
		f.Add(tc.hash)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := password.Known(text)
		if err != nil {
			return
		}
		if s.Name == "" || s.MemoryKiB > 128<<10 || s.MemoryKiB*max(s.Passes, s.Lanes) > 1<<20 || s.Cost > 14 || s.Iterations > 2_000_000 {
			t.Errorf("%q is accepted with %+v", text, s)
		}
	})
}
