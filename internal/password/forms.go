package password

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// parseForeign reads a hash in any form that Known lists, within bounds.
func parseForeign(text string) (foreign, error) {
	if len(text) > maxForeignBytes {
		return foreign{}, errForeign
	}
	for _, form := range []func(string) (foreign, bool){
		bcryptForm, argon2Form, scryptForm, pbkdf2Form, firebaseForm, djangoForm, cognitoScryptForm,
	} {
		if f, ok := form(text); ok {
			return f, f.bounded()
		}
	}
	return foreign{}, errForeign
}

var bcryptText = regexp.MustCompile(`^\$2[abxy]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)

// bcryptForm takes $2a$, $2b$ and $2y$, which mean the same, and $2x$, which differs for characters beyond ASCII only:
// passwords with such characters will not be found right.
func bcryptForm(text string) (foreign, bool) {
	m := bcryptText.FindStringSubmatch(text)
	if m == nil {
		return foreign{}, false
	}
	return foreign{Scheme: Scheme{Name: BCrypt, Cost: natural(m[1])}, text: text}, true
}

// argon2Form is the PHC form of argon2id and argon2i. https://github.com/P-H-C/phc-string-format
func argon2Form(text string) (foreign, bool) {
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != Argon2ID && fields[1] != Argon2I || fields[2] != fmt.Sprintf("v=%d", argon2Version) {
		return foreign{}, false
	}
	p, ok := parameters(fields[3], "m", "t", "p")
	f := foreign{Scheme: Scheme{Name: fields[1], MemoryKiB: p["m"], Passes: p["t"], Lanes: p["p"]}}
	return f.with(fields[4], fields[5], ok && !strings.ContainsRune(fields[4]+fields[5], '='))
}

// scryptForm is $scrypt$ln=16,r=8,p=1$salt$key.
func scryptForm(text string) (foreign, bool) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 || fields[0] != "" || fields[1] != Scrypt {
		return foreign{}, false
	}
	p, ok := parameters(fields[2], "ln", "r", "p")
	f := foreign{Scheme: Scheme{Name: Scrypt}.withScrypt(1<<min(p["ln"], 30), p["r"], p["p"])}
	return f.with(fields[3], fields[4], ok)
}

// pbkdf2Form is that of Python's passlib, $pbkdf2-sha256$29000$salt$key, and that of PHC with i=29000.
// https://passlib.readthedocs.io/en/stable/lib/passlib.hash.pbkdf2_digest.html
func pbkdf2Form(text string) (foreign, bool) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 || fields[0] != "" {
		return foreign{}, false
	}
	name := fields[1]
	switch name {
	case "pbkdf2":
		name = PBKDF2SHA1
	case PBKDF2SHA1, PBKDF2SHA256, PBKDF2SHA512:
	default:
		return foreign{}, false
	}
	rounds, _, _ := strings.Cut(strings.TrimPrefix(fields[2], "i="), ",")
	f := foreign{Scheme: Scheme{Name: name, Iterations: natural(rounds)}}
	return f.with(fields[3], fields[4], true)
}

// djangoForm takes what Django keeps. https://docs.djangoproject.com/en/stable/topics/auth/passwords/
func djangoForm(text string) (foreign, bool) {
	name, rest, _ := strings.Cut(text, "$")
	fields := strings.Split(rest, "$")
	switch name {
	case "bcrypt", "bcrypt_sha256":
		f, ok := bcryptForm(rest)
		if name == "bcrypt_sha256" {
			f.Name = BCryptSHA256
		}
		return f, ok
	case "argon2":
		return argon2Form("$" + rest)
	case "pbkdf2_sha256", "pbkdf2_sha1":
		if len(fields) != 3 {
			return foreign{}, false
		}
		f := foreign{Scheme: Scheme{Name: strings.Replace(name, "_", "-", 1), Iterations: natural(fields[0])}}
		return f.with(base64.RawStdEncoding.EncodeToString([]byte(fields[1])), fields[2], true)
	case "scrypt":
		if len(fields) != 5 {
			return foreign{}, false
		}
		f := foreign{Scheme: Scheme{Name: Scrypt}.withScrypt(natural(fields[0]), natural(fields[2]), natural(fields[3]))}
		return f.with(base64.RawStdEncoding.EncodeToString([]byte(fields[1])), fields[4], true)
	}
	return foreign{}, false
}

var cognitoScrypt = regexp.MustCompile(`^([0-9]{1,9})\$([0-9]{1,9})\$([0-9]{1,9})\$([0-9a-fA-F]+)\$([0-9a-fA-F]+)$`)

// cognitoScryptForm is N$r$p$hexsalt$hexkey, as the import of user pools wants it.
func cognitoScryptForm(text string) (foreign, bool) {
	m := cognitoScrypt.FindStringSubmatch(text)
	if m == nil {
		return foreign{}, false
	}
	salt, err1 := hex.DecodeString(m[4])
	key, err2 := hex.DecodeString(m[5])
	f := foreign{Scheme: Scheme{Name: Scrypt}.withScrypt(natural(m[1]), natural(m[2]), natural(m[3])), salt: salt, key: key}
	return f, err1 == nil && err2 == nil && len(key) >= 16
}

// Firebase are the parameters that hashes of a Firebase project share, as its console shows them.
type Firebase struct {
	SignerKey     string // base64
	SaltSeparator string // base64; may be empty
	Rounds        int    // r of scrypt
	MemCost       int    // logarithm of N
}

// FirebaseHash is the hash of one user of Firebase as a text that Known and Verify take; hash and salt are in base64, as
// `firebase auth:export` writes passwordHash and salt.
func FirebaseHash(p Firebase, hash, salt string) string {
	return fmt.Sprintf("$%s$ln=%d,r=%d,p=1$%s$%s$%s$%s", FirebaseScrypt, p.MemCost, p.Rounds,
		plain64(p.SignerKey), plain64(p.SaltSeparator), plain64(salt), plain64(hash))
}

func firebaseForm(text string) (foreign, bool) {
	fields := strings.Split(text, "$")
	if len(fields) != 7 || fields[0] != "" || fields[1] != FirebaseScrypt {
		return foreign{}, false
	}
	p, ok := parameters(fields[2], "ln", "r", "p")
	f := foreign{Scheme: Scheme{Name: FirebaseScrypt}.withScrypt(1<<min(p["ln"], 30), p["r"], p["p"])}
	signer, err1 := base64.RawStdEncoding.DecodeString(fields[3])
	separator, err2 := base64.RawStdEncoding.DecodeString(fields[4])
	f, ok = f.with(fields[5], fields[6], ok && err1 == nil && err2 == nil && len(signer) == len(mustRaw(fields[6])))
	f.signer, f.salt = signer, append(f.salt, separator...)
	return f, ok
}

// with adds salt and key. Both may be in base64 with or without padding, with the usual characters, those of URLs or
// those of passlib.
func (f foreign) with(salt, key string, ok bool) (foreign, bool) {
	var err1, err2 error
	f.salt, err1 = base64.RawStdEncoding.DecodeString(plain64(salt))
	f.key, err2 = base64.RawStdEncoding.DecodeString(plain64(key))
	return f, ok && err1 == nil && err2 == nil && len(f.key) >= 16
}

// plain64 turns the usual variants of base64 into that without padding.
func plain64(s string) string {
	return strings.NewReplacer(".", "+", "-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
}

func mustRaw(s string) []byte {
	raw, _ := base64.RawStdEncoding.DecodeString(s) // what is not base64 has no bytes
	return raw
}

// parameters reads name=number pairs: each of the names once, and no others.
func parameters(s string, names ...string) (map[string]int, bool) {
	out := map[string]int{}
	for pair := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(pair, "=")
		if _, twice := out[name]; twice {
			return nil, false
		}
		out[name] = natural(value)
	}
	for _, name := range names {
		if out[name] < 1 {
			return nil, false
		}
	}
	return out, len(out) == len(names)
}

// natural reads a number; 0 for anything that is none.
func natural(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
