package lambda

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"

	"cognate.dev/cognate/internal/trigger/function"
)

// maxError bounds what a function may say of an error, in bytes.
const maxError = 256 << 10

// api is the Runtime API of one process.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (w *worker) api() http.Handler {
	mux := http.NewServeMux()
	base := w.path + "/2018-06-01/runtime"
	mux.HandleFunc("GET "+base+"/invocation/next", w.next)
	mux.HandleFunc("POST "+base+"/invocation/{id}/response", w.response)
	mux.HandleFunc("POST "+base+"/invocation/{id}/error", w.failure)
	mux.HandleFunc("POST "+base+"/init/error", w.initFailure)
	return mux
}

// next gives the process its next event, when there is one.
func (w *worker) next(rw http.ResponseWriter, r *http.Request) {
	w.asks.Do(func() { close(w.ready) })
	w.finish(w.current.Load(), result{err: &function.Failure{
		Name: "Runtime.InvalidResponse", Cause: errors.New("the process asked for the next event before it answered the last"),
	}})
	var inv *invocation
	select {
	case inv = <-w.events:
	case <-r.Context().Done():
		return
	case <-w.done:
		return
	}
	w.current.Store(inv)
	w.last.Store(inv)
	h := rw.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	_, _ = rw.Write(inv.event) // if it cannot be written the process is gone, which reap finds out
}

// finish gives an invocation its result, once.
func (w *worker) finish(inv *invocation, r result) {
	if inv != nil && w.current.CompareAndSwap(inv, nil) {
		inv.result <- r
	}
}

// asked finds the invocation that a process speaks of.
func (w *worker) asked(rw http.ResponseWriter, r *http.Request) *invocation {
	inv := w.current.Load()
	if inv == nil || inv.id != r.PathValue("id") {
		answer(rw, http.StatusBadRequest, `{"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}`)
		return nil
	}
	return inv
}

func (w *worker) response(rw http.ResponseWriter, r *http.Request) {
	inv := w.asked(rw, r)
	if inv == nil {
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, function.MaxPayload+1))
	switch {
	case err != nil:
		return // it died while it spoke
	case len(body) > function.MaxPayload:
		answer(rw, http.StatusRequestEntityTooLarge, `{"errorType":"RequestEntityTooLarge","errorMessage":"Exceeded maximum allowed payload size (6291556 bytes)."}`)
		w.finish(inv, result{err: function.TooLarge()})
		return
	}
	answer(rw, http.StatusAccepted, `{"status":"OK"}`)
	if name := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); name != "" { // of a streamed answer
		w.finish(inv, result{err: streamError(name, r.Trailer.Get("Lambda-Runtime-Function-Error-Body"))})
		return
	}
	w.finish(inv, result{body: body})
}

func streamError(name, body string) error {
	said, err := base64.StdEncoding.DecodeString(body)
	if thrown := function.ReadThrown(said); err == nil && thrown != nil {
		return thrown
	}
	return &function.Thrown{Type: name, Message: name}
}

func (w *worker) failure(rw http.ResponseWriter, r *http.Request) {
	inv := w.asked(rw, r)
	if inv == nil {
		return
	}
	thrown := readError(r)
	answer(rw, http.StatusAccepted, `{"status":"OK"}`)
	w.finish(inv, result{err: thrown})
}

func (w *worker) initFailure(rw http.ResponseWriter, r *http.Request) {
	w.thrown.Store(readError(r))
	answer(rw, http.StatusAccepted, `{"status":"OK"}`)
}

// readError reads what was thrown; a report without words still is one.
func readError(r *http.Request) *function.Thrown {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxError))
	if thrown := function.ReadThrown(body); err == nil && thrown != nil {
		return thrown
	}
	name := r.Header.Get("Lambda-Runtime-Function-Error-Type")
	return &function.Thrown{Type: name, Message: or(name, "Unknown error")}
}

func answer(rw http.ResponseWriter, status int, body string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, body)
}
