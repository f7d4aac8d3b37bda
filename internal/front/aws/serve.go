package aws

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/limit"
)

// ServeHTTP answers one request. Whatever is wrong with it, the answer is JSON.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{RequestID: f.RequestID(), Region: f.Region, RemoteAddr: f.RemoteAddr(r), UserAgent: r.UserAgent()}
	w.Header().Set("X-Amzn-Requestid", c.RequestID)
	f.cors.write(w.Header(), r)
	if r.Method == http.MethodOptions {
		f.cors.preflight(w)
		return
	}
	e := Event{Start: f.Now(), RequestID: c.RequestID, RemoteAddr: c.RemoteAddr, Status: http.StatusOK}
	ctx := context.WithValue(r.Context(), callKey{}, c)

	var out bytes.Buffer
	spec, err := f.answer(w, r.WithContext(ctx), c, &out)
	if err == nil {
		awsjson.WriteAnswer(w, spec.ContentType(), http.StatusOK, out.Bytes())
	} else {
		failure := translate(spec, err)
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			failure = &awsjson.Failure{Status: statusGone, Name: "ClientGone"} // nobody reads it, and it is no fault of ours
		}
		e.Status, e.Exception, e.Cause = failure.Status, failure.Name, cause(err)
		noteFailure(ctx, failure.Name, err)
		awsjson.WriteFailure(w, spec.ContentType(), failure)
	}
	e.Service, e.Operation, e.Region, e.AccessKeyID = c.Service, c.Operation, c.Region, c.AccessKeyID
	e.Duration = f.Now().Sub(e.Start)
	f.Observe(ctx, e)
}

// statusGone is what logs use for a client that closed the connection before its answer.
const statusGone = 499

// answer finds and calls the operation; its answer goes to out, which may be sent only when there is no error.
// The spec is never nil: before the operation is known it is one of no service.
func (f *Front) answer(w http.ResponseWriter, r *http.Request, c *Call, out *bytes.Buffer) (spec *awsjson.Spec, err error) {
	spec = &awsjson.Spec{Protocol: "1.1"}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	row, err := f.route(w, r)
	if err != nil {
		return spec, err
	}
	spec = &row.Spec
	c.Service, c.Operation = row.Service, row.Name
	noteOperation(r.Context(), c)
	if f.Admit != nil {
		if err := f.Admit(row.Name); err != nil {
			return spec, err
		}
	}
	body, err := f.body(w, r)
	if err != nil {
		return spec, err
	}
	if err := f.authenticate(r, body, spec, c); err != nil {
		return spec, err
	}
	if !row.Served() {
		return spec, fault.Newf(fault.NotYet, "", "%s is not served by Cognate yet; see docs/standards.md", row.Name)
	}
	return spec, f.call(noteTargets(r.Context(), c), row, c, body, out)
}

// call carries an operation out, unless it is asked for too often. Whoever has no access key may be guessing, wherever
// an operation tests what can be guessed.
func (f *Front) call(ctx context.Context, row *awsjson.Row, c *Call, body []byte, out *bytes.Buffer) error {
	if err := f.Gate.Operation(ctx, row.Service, row.Name); err != nil {
		return err
	}
	if row.Auth == awsjson.SigV4 { // whom an access token is about is known only when it is verified
		if err := f.narrow(ctx, row, body); err != nil {
			return err
		}
	}
	if row.Auth == awsjson.Unsigned && limit.TestsSecrets(row.Name) {
		guarded, try, err := f.Gate.Enter(ctx, c.RemoteAddr)
		if err != nil {
			return err
		}
		err = row.Call(guarded, body, out)
		try.End(ctx, err)
		return err
	}
	return row.Call(ctx, body, out)
}

// narrow asks the gate about the pool or the user that a signed request names.
func (f *Front) narrow(ctx context.Context, row *awsjson.Row, body []byte) error {
	pool, user := limit.Narrow(row.Name)
	if f.Gate == nil || row.Service != "cognito-idp" || !pool && !user {
		return nil
	}
	var named struct{ UserPoolID, ResourceArn, Username string }
	_ = json.Unmarshal(body, &named) // the operation will say what is wrong with it
	if pool {
		return f.Gate.Pool(ctx, row.Name, cmp.Or(named.UserPoolID, named.ResourceArn))
	}
	return f.Gate.User(ctx, row.Name, named.UserPoolID, named.Username)
}

// route finds the operation that a request names. AWS's pages give UnknownOperationException the status 404, its
// services of this protocol answer 400, as they do for every fault of the caller; SDKs look at the name only.
func (f *Front) route(w http.ResponseWriter, r *http.Request) (*awsjson.Row, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		return nil, &awsjson.Failure{Status: http.StatusMethodNotAllowed, Name: unknownOperation, Message: "The method must be POST."}
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-amz-json-1.0" && media != "application/x-amz-json-1.1" {
		return nil, &awsjson.Failure{Status: http.StatusBadRequest, Name: unknownOperation,
			Message: "The content type must be application/x-amz-json-1.1 or application/x-amz-json-1.0."}
	}
	row, ok := f.table.Lookup(target(r))
	if !ok {
		return nil, &awsjson.Failure{Status: http.StatusBadRequest, Name: unknownOperation,
			Message: "X-Amz-Target names no operation of this server."}
	}
	return row, nil
}

// target is the name of the operation. Signers that presign move the header into the query, under the signature.
func target(r *http.Request) string {
	if values := r.Header.Values("X-Amz-Target"); len(values) == 1 {
		return values[0]
	} else if len(values) > 1 {
		return "" // which one would be signed for?
	}
	if !strings.Contains(r.URL.RawQuery, "X-Amz-Target=") {
		return ""
	}
	if values := r.URL.Query()["X-Amz-Target"]; len(values) == 1 {
		return values[0]
	}
	return ""
}

// body reads the whole body within the bound.
func (f *Front) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := &awsjson.Failure{Status: http.StatusRequestEntityTooLarge, Name: entityTooLarge,
		Message: fmt.Sprintf("The request body is larger than %d bytes.", f.MaxBody)}
	if r.ContentLength > f.MaxBody {
		// Clients that send before they listen see the answer only once some of the body is gone; not all is worth it.
		w.Header().Set("Connection", "close")
		_, _ = io.CopyN(io.Discard, r.Body, min(r.ContentLength, 16*f.MaxBody))
		return nil, tooLarge
	}
	b := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), 16<<10)+bytes.MinRead))
	if _, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, f.MaxBody)); err != nil {
		var over *http.MaxBytesError
		if errors.As(err, &over) {
			return nil, tooLarge
		}
		var busy *fault.Fault // there is no room for it
		if errors.As(err, &busy) {
			w.Header().Set("Connection", "close") // the rest of it is not read
			return nil, busy
		}
		return nil, &awsjson.SerializationError{Message: "The request body ended too early."}
	}
	return b.Bytes(), nil
}
