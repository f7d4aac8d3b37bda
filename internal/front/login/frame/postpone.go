package frame

import (
	"net/http"
	"time"
)

// Postpone remembers in this browser that somebody does not want to be asked something for a while. Nothing depends on
// it but the question.
func (v *Visit) Postpone(question string, d time.Duration) {
	http.SetCookie(v.w, &http.Cookie{ // #nosec G124 -- Secure where the site is; development speaks plain HTTP on loopback
		Name: postponed + question, Value: "1", Path: v.Site.Prefix + "/", MaxAge: int(d / time.Second), HttpOnly: true,
		Secure: v.Site.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

// Postponed reports whether somebody said so.
func (v *Visit) Postponed(question string) bool {
	_, err := v.r.Cookie(postponed + question)
	return err == nil
}

const postponed = "later-"

// Later is how long "not now" holds.
const Later = 30 * 24 * time.Hour
