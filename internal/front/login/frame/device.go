package frame

import (
	"encoding/json"
	"net/http"
	"time"
)

const (
	devicePurpose = "login-device"
	deviceLife    = 400 * 24 * time.Hour // browsers keep no cookie longer
	maxAgent      = 200
)

// browserDevice is what a browser keeps to be known again as somebody's device.
type browserDevice struct {
	UserID string `json:"u"`
	Key    string `json:"k"`
}

// deviceCookie is one for each person that uses a browser.
func deviceCookie(userID string) string { return "device-" + userID[:min(8, len(userID))] }

// Device is the key of the device that this browser is of somebody, as its cookie proves; empty: none.
func (v *Visit) Device(userID string) string {
	c, err := v.r.Cookie(deviceCookie(userID))
	if err != nil {
		return ""
	}
	plain, err := v.desk.Sealer.OpenString(devicePurpose, c.Value, []byte(v.Site.Pool.ID))
	var d browserDevice
	if err != nil || json.Unmarshal(plain, &d) != nil || d.UserID != userID {
		return ""
	}
	return d.Key
}

// Remember makes this browser a device of somebody.
func (v *Visit) Remember(userID string) error {
	key, err := v.Factors.TrustBrowser(v.Context(), v.Site.Pool, userID, cut(v.r.UserAgent(), maxAgent), v.Address())
	if err != nil {
		return err
	}
	plain, err := json.Marshal(browserDevice{userID, key})
	if err != nil {
		panic(err) // two strings always encode
	}
	http.SetCookie(v.w, &http.Cookie{ // #nosec G124 -- Secure where the site is; development speaks plain HTTP on loopback
		Name: deviceCookie(userID), Value: v.desk.Sealer.SealString(devicePurpose, plain, []byte(v.Site.Pool.ID)),
		Path: v.Site.Prefix + "/", MaxAge: int(deviceLife / time.Second), HttpOnly: true, Secure: v.Site.Secure(),
		SameSite: http.SameSiteLaxMode,
	})
	return nil
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most]
}
