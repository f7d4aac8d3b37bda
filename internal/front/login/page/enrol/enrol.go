// Package enrol is the page on which somebody sets up the second factor that the pool requires: an authenticator app, or
// an email address.
package enrol

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rsc.io/qr"

	"cognate.dev/cognate/internal/front/login/frame"
	"cognate.dev/cognate/internal/signin"
)

//go:embed enrol.html enrol.css
var files embed.FS

// Page is /mfa/setup.
func Page() *frame.Page {
	return &frame.Page{
		Name: "enrol", Path: "/mfa/setup", Files: files, Life: frame.FactorLife, Title: frame.Fixed("enrol.title"), Graphic: frame.Pictured("app"),
		Enter: enter, Take: take, View: view, Stories: stories(),
	}
}

// offered reads the machine's own list, so it always decodes.
func offered(v *frame.Visit, k signin.Kind) bool {
	var kinds []signin.Kind
	_ = json.Unmarshal([]byte(v.State.Params["MFAS_CAN_SETUP"]), &kinds) // an empty list offers nothing
	return slices.Contains(kinds, k)
}

// enter asks for the secret of an app, where apps can be set up.
func enter(v *frame.Visit) (frame.Next, error) {
	if !offered(v, signin.SoftwareTokenMFA) {
		if offered(v, signin.EmailOTP) {
			return frame.Stay()
		}
		v.Trouble("problem.nofactor")
		return frame.Show("signin")
	}
	var err error
	v.State.Secret, v.State.Session, err = v.SignIn.AssociateSoftwareToken(v.Context(), v.State.Session)
	return frame.Next{}, err
}

func take(v *frame.Visit) (frame.Next, error) {
	if email := v.Form.Get("email"); offered(v, signin.EmailOTP) && (email != "" || v.State.Secret == "") {
		address, ok := v.Attribute("", "email")
		if !ok {
			return frame.Stay()
		}
		return v.Reply(map[string]string{"email": address})
	}
	code, there := v.Code()
	if !there {
		return frame.Stay()
	}
	next, err := v.SignIn.VerifySoftwareToken(v.Context(), v.State.Session, code, "")
	if err != nil {
		return frame.Next{}, err
	}
	v.State.Session, v.State.Secret = next, ""
	return v.Reply(map[string]string{})
}

type shown struct {
	App, Email bool
	Secret     string // in groups of four, for typing
	URI        template.URL
	Size       int
	Path       string // of the picture
	Code       frame.Field
	Address    frame.Field
}

func view(v *frame.Visit) any {
	s := shown{App: v.State.Secret != "", Email: offered(v, signin.EmailOTP)}
	if s.App {
		s.Code, s.Secret, s.URI = v.CodeInput(), grouped(v.State.Secret), template.URL(uri(v)) // #nosec G203 -- begins with a scheme of ours, and the rest is escaped
		s.Size, s.Path = picture(string(s.URI))
	}
	if s.Email {
		s.Address = v.AttributeInput("", "email")
	}
	return s
}

// uri is what the picture says to an app. https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func uri(v *frame.Visit) string {
	issuer := v.Site.Pool.Name
	query := url.Values{"secret": {v.State.Secret}, "issuer": {issuer}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+v.State.Login) + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// picture draws a QR code as an SVG path: a line for each run of dark squares. Its size includes the quiet zone that
// ISO/IEC 18004 asks for. Size 0: the text is too long for a code, and the secret has to be typed.
func picture(text string) (size int, path string) {
	const quiet = 4
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return 0, ""
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				b.WriteString("M" + strconv.Itoa(from+quiet) + " " + strconv.Itoa(y+quiet) + "h" + strconv.Itoa(n) + "v1h-" + strconv.Itoa(n) + "z")
			}
		}
	}
	return code.Size + 2*quiet, b.String()
}

func grouped(secret string) string {
	var groups []string
	for part := range slices.Chunk([]byte(secret), 4) {
		groups = append(groups, string(part))
	}
	return strings.Join(groups, " ")
}

func stories() []frame.Story {
	app := func(v *frame.Visit) {
		v.State.Login, v.State.Secret = "alice@example.com", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW"
	}
	return []frame.Story{
		{Name: "app", Set: app},
		{Name: "app-wrong", Set: func(v *frame.Visit) {
			app(v)
			v.Form.Set("code", "123456")
			v.Problem("code", v.Words.Say("problem.code"))
		}},
		{Name: "either", Set: func(v *frame.Visit) {
			app(v)
			v.State.Params = map[string]string{"MFAS_CAN_SETUP": `["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]`}
		}},
		{Name: "email", Set: func(v *frame.Visit) { v.State.Params = map[string]string{"MFAS_CAN_SETUP": `["EMAIL_OTP"]`} }},
	}
}
