package aws

import (
	"net/http"
	"slices"
	"strings"
)

// cors answers browsers as AWS does. Credentials are never allowed: a browser has no cookie that this front reads.
type cors struct{ origins []string }

func newCORS(origins []string) cors { return cors{origins} }

// exposed are the answer's headers that a page may read.
const exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

// allowed are the request headers that the AWS SDKs for browsers send.
func allowed() string {
	return strings.Join([]string{
		"authorization", "content-type", "cache-control", "date", "x-amz-content-sha256", "x-amz-date",
		"x-amz-security-token", "x-amz-target", "x-amz-user-agent", "x-amzn-trace-id", "x-api-key",
		"amz-sdk-invocation-id", "amz-sdk-request",
	}, ",")
}

// AllowOrigins lets pages of some origins (none: of any) read an answer, as Front does for its own.
func AllowOrigins(h http.Header, r *http.Request, origins []string) { newCORS(origins).write(h, r) }

// write sets what every answer carries, errors included: a page that may not read an error cannot act on it.
func (c cors) write(h http.Header, r *http.Request) {
	h.Set("Access-Control-Expose-Headers", exposed)
	if len(c.origins) == 0 {
		h.Set("Access-Control-Allow-Origin", "*")
		return
	}
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); slices.Contains(c.origins, origin) {
		h.Set("Access-Control-Allow-Origin", origin)
	}
}

// preflight answers OPTIONS.
func (c cors) preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", allowed())
	h.Set("Access-Control-Max-Age", "172800")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}
