package oauth

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"cognate.dev/cognate/internal/authorize"
)

// maxBody bounds a form; tokens and codes with all their company stay far below.
const maxBody = 64 << 10

// params reads the parameters of a request to an endpoint for programs: from the body, from the query string, where the
// clients of some libraries put them, or from both. One that is given twice is refused (RFC 6749 section 3.2).
func params(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	given, err := rawParams(w, r)
	if err != nil {
		return nil, err
	}
	for _, values := range given {
		if len(values) > 1 {
			return nil, authorize.Refuse(authorize.InvalidRequest, "a parameter is given twice")
		}
	}
	return given, nil
}

// rawParams reads query string and body and keeps every value but empty ones: a parameter without a value counts as
// omitted. Go's own reader would hide which of two it took.
func rawParams(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	body, err := form(w, r)
	if err != nil {
		return nil, err
	}
	given := url.Values{}
	for _, text := range []string{r.URL.RawQuery, body} {
		part, err := url.ParseQuery(text)
		if err != nil {
			return nil, authorize.Refuse(authorize.InvalidRequest, "the parameters are not form-encoded")
		}
		for name, values := range part {
			for _, value := range values {
				if value != "" {
					given.Add(name, value)
				}
			}
		}
	}
	return given, nil
}

// form reads the body of a POST.
func form(w http.ResponseWriter, r *http.Request) (string, error) {
	if r.Method != http.MethodPost {
		return "", nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return "", authorize.Refuse(authorize.InvalidRequest, "the request is too large")
	}
	if err != nil {
		return "", authorize.Refuse(authorize.InvalidRequest, "the request ended too early")
	}
	if len(body) == 0 {
		return "", nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return "", authorize.Refuse(authorize.InvalidRequest, "the body must be application/x-www-form-urlencoded")
	}
	return string(body), nil
}
