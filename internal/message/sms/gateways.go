package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// form is a request with a form as its body.
func form(ctx context.Context, target string, values url.Values) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(values.Encode()))
	if err == nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request, err
}

// twilio speaks the Messages API. https://www.twilio.com/docs/messaging/api/message-resource
type twilio struct{ Config }

func (g twilio) request(ctx context.Context, t text) (*http.Request, error) {
	values := url.Values{"To": {t.To}, "Body": {t.Text}}
	if strings.HasPrefix(t.From, "MG") {
		values.Set("MessagingServiceSid", t.From)
	} else {
		values.Set("From", t.From)
	}
	request, err := form(ctx, strings.TrimRight(g.URL, "/")+"/2010-04-01/Accounts/"+url.PathEscape(g.Account)+"/Messages.json", values)
	if err == nil {
		request.SetBasicAuth(g.Account, g.Secret)
	}
	return request, err
}

// twilioRefusals are the codes that are about the recipient. https://www.twilio.com/docs/api/errors
func twilioRefusals() []int {
	return []int{21211, 21217, 21265, 21401, 21408, 21421, 21610, 21612, 21614}
}

func (g twilio) read(status int, body []byte) (bool, error) {
	if taken(status) {
		return false, nil
	}
	var said struct{ Code int }
	_ = json.Unmarshal(body, &said) // what is no JSON has no code
	return slices.Contains(twilioRefusals(), said.Code), fmt.Errorf("status %d, code %d", status, said.Code)
}

// vonage speaks the SMS API. https://developer.vonage.com/en/api/sms
type vonage struct{ Config }

func (g vonage) request(ctx context.Context, t text) (*http.Request, error) {
	values := url.Values{
		"api_key": {g.Account}, "api_secret": {g.Secret}, "to": {strings.TrimPrefix(t.To, "+")}, "from": {t.From}, "text": {t.Text},
		"client-ref": {t.ID},
	}
	if strings.ContainsFunc(t.Text, func(r rune) bool { return r > 127 }) {
		values.Set("type", "unicode")
	}
	return form(ctx, strings.TrimRight(g.URL, "/")+"/sms/json", values)
}

// vonageRefusals are the states that are about the recipient or the text.
// https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
func vonageRefusals() []string { return []string{"3", "6", "7", "22", "33"} }

func (g vonage) read(status int, body []byte) (bool, error) {
	var said struct {
		Messages []struct {
			Status string `json:"status"`
		} `json:"messages"`
	}
	if !taken(status) || json.Unmarshal(body, &said) != nil || len(said.Messages) == 0 {
		return false, fmt.Errorf("status %d", status)
	}
	for _, m := range said.Messages { // the parts of a long text
		if m.Status != "0" {
			return slices.Contains(vonageRefusals(), m.Status), fmt.Errorf("message status %s", m.Status)
		}
	}
	return false, nil
}
