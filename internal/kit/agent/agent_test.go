package agent_test

import (
	"testing"

	"cognate.dev/cognate/internal/kit/agent"
)

func TestHeadersBecomeWords(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                        "Firefox on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0":                   "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36":                       "Chrome on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari on iOS",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":                      "Safari on macOS",
		"Mozilla/5.0 (X11; Linux x86_64)":        "Linux",
		"aws-sdk-js/3.600.0 ua/2.0 os/linux#6.8": "aws-sdk-js",
		"curl/8.5.0":                             "curl",
		"":                                       "unknown",
		"/":                                      "unknown",
		"Mozilla/5.0":                            "unknown",
	} {
		if got := agent.Describe(header); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
}
