package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAnOpenLoopDoesNotWaitForAnswers fails when requests wait for earlier ones: then an overload would slow its own load.
func TestAnOpenLoopDoesNotWaitForAnswers(t *testing.T) {
	t.Parallel()
	const n = 20
	var here atomic.Int64
	everybody := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if here.Add(1) == n {
			close(everybody)
		}
		<-everybody
		w.Header().Set("Content-Length", "0")
	}))
	defer s.Close()
	l := &line{addr: strings.TrimPrefix(s.URL, "http://")}
	defer l.close()
	request := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	list, err := paced(l, func(int) []byte { return request }, n*10, 100*time.Millisecond)
	if err != nil || len(list) != n || good(list) != n {
		t.Fatalf("%d answers, %d good, %v", len(list), good(list), err)
	}
	if slowest := quantile(list, 1); slowest < 90 { // the first one waited for the last
		t.Errorf("the slowest answer took %.1f ms", slowest)
	}
}

// TestAWrongStatusEndsAnOpenLoop fails when a load that gets wrong answers counts as one.
func TestAWrongStatusEndsAnOpenLoop(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer s.Close()
	l := &line{addr: strings.TrimPrefix(s.URL, "http://")}
	defer l.close()
	next := func(int) []byte { return []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n") }
	if list, err := paced(l, next, 100, 50*time.Millisecond, http.StatusTooManyRequests); err != nil || good(list) != 0 || len(list) == 0 {
		t.Errorf("%d answers, %d good, %v", len(list), good(list), err)
	}
	if _, err := paced(l, next, 1000, time.Hour); err == nil {
		t.Error("a wrong status was no error")
	}
}
