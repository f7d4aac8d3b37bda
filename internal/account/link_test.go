package account_test

import (
	"net/url"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/message/mailbox"
)

// TestSignUpsAreConfirmedByLinkWhereThePoolSaysSo fails when the link leads elsewhere or has no good code, or when a
// message that confirms no sign-up has one.
func TestSignUpsAreConfirmedByLinkWhereThePoolSaysSo(t *testing.T) {
	t.Parallel()
	pool := byEmail()
	pool.Verification = directory.VerificationTexts{
		DefaultEmailOption: directory.ConfirmWithLink, EmailSubjectByLink: "Welcome", EmailMessageByLink: "Go {##here & now##}.",
		EmailMessage: "Type {####}.", EmailSubject: "Type",
	}
	w := newWorld(t, pool, directory.ClientSettings{})
	caller := account.Caller{ClientID: w.client.ID, Username: "ann+b"}
	made, err := w.SignUp(t.Context(), account.SignUp{
		Caller: caller, Password: goodPassword, Attributes: map[string]string{"email": "ann@example.com"},
	})
	ok(t, err)
	if made.Delivery == nil || made.Delivery.Attribute != "email" {
		t.Errorf("delivery %v", made.Delivery)
	}
	for _, again := range []bool{false, true} {
		if again {
			_, err := w.ResendConfirmationCode(t.Context(), caller)
			ok(t, err)
			w.outbox.Wait()
		}
		m := w.box.List(mailbox.Query{To: "ann@example.com", Limit: 1})[0]
		link, err := url.Parse(m.Link)
		ok(t, err)
		q := link.Query()
		if got := link.Scheme + "://" + link.Host + link.Path; got != "https://login.example.com/"+w.pool.ID+"/confirmUser" {
			t.Errorf("the link leads to %s", got)
		}
		if q.Get("client_id") != w.client.ID || q.Get("user_name") != "ann+b" || q.Get("confirmation_code") != m.Code || len(m.Code) != 6 {
			t.Errorf("the link says %v", q)
		}
		if m.Subject != "Welcome" || !strings.HasPrefix(m.Body, `Go <a href="https://login.example.com/`) || !strings.HasSuffix(m.Body, ">here & now</a>.") {
			t.Errorf("%s: %s", m.Subject, m.Body)
		}
	}
	m := w.box.List(mailbox.Query{To: "ann@example.com", Limit: 1})[0]
	ok(t, w.ConfirmSignUp(t.Context(), account.Confirmation{Caller: caller, Code: m.Code}))
	_, err = w.ForgotPassword(t.Context(), caller)
	ok(t, err)
	w.outbox.Wait()
	if m := w.box.List(mailbox.Query{To: "ann@example.com", Limit: 1})[0]; m.Link != "" || m.Subject != "Type" || !strings.HasPrefix(m.Body, "Type ") {
		t.Errorf("a forgotten password: %s %s %s", m.Subject, m.Body, m.Link)
	}
}
