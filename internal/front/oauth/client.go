package oauth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/limit"
)

// client authenticates the client of a request: by HTTP Basic, by client_secret among the parameters, or, for a client
// without a secret, by its id alone. Either of two live secrets is good. RFC 6749 section 2.3.1.
func (h *handler) client(ctx context.Context, site authorize.Site, r *http.Request, params url.Values) (*directory.Client, error) {
	id, secrets, err := credentials(r, params)
	if err != nil {
		return nil, err
	}
	client, err := h.Authorizer.Find(ctx, site, id)
	switch {
	case fault.Is(err, fault.Missing, ""):
		return nil, badClient()
	case err != nil:
		return nil, fmt.Errorf("find client: %w", err)
	}
	for _, secret := range secrets {
		if client.CheckSecret(secret) == nil {
			noteClient(ctx, client)
			if len(client.Secrets) > 0 { // a backend: the people whom it acts for are not at its address
				return client, limit.Vouched(ctx, "")
			}
			return client, nil
		}
	}
	return nil, badClient()
}

// The answers to a client that is not who it says.
func badClient() *authorize.Refusal { return authorize.Refuse(authorize.InvalidClient, "") }
func twoWays() *authorize.Refusal {
	return authorize.Refuse(authorize.InvalidRequest, "the client is named in two ways")
}

// credentials finds the client's id and what its secret may be. Basic credentials are form-encoded inside (RFC 6749
// section 2.3.1), but many clients send them plain, and a plain + means something else in a form: both are tried.
func credentials(r *http.Request, params url.Values) (id string, secrets []string, err error) {
	inForm, secret := params.Get("client_id"), params.Get("client_secret")
	user, password, basic := r.BasicAuth()
	switch {
	case !basic && r.Header.Get("Authorization") != "":
		return "", nil, badClient()
	case !basic && inForm == "":
		return "", nil, authorize.Refuse(authorize.InvalidRequest, "client_id is missing")
	case !basic:
		return inForm, []string{secret}, nil
	case secret != "":
		return "", nil, twoWays()
	}
	id, secrets = user, []string{password}
	if decoded, err := url.QueryUnescape(password); err == nil && decoded != password {
		secrets = append(secrets, decoded)
	}
	if inForm == "" || inForm == user {
		return id, secrets, nil
	}
	if decoded, err := url.QueryUnescape(user); err == nil && decoded == inForm {
		return inForm, secrets, nil
	}
	return "", nil, twoWays()
}
