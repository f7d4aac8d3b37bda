package login_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// chromium is a browser that a test drives over a pipe, by the Chrome DevTools Protocol.
type chromium struct {
	t       *testing.T
	in      io.WriteCloser
	out     *bufio.Reader
	id      int
	session string
	width   int      // of the window
	errors  []string // what the console complains of
}

// startChromium starts the browser, or skips the test loudly where there is none; where CI says so it has to be there.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not installed, and this is where it has to be")
		}
		t.Skip("SKIPPED: chromium is not installed; tools/test-deps.sh installs it")
	}
	theirIn, ourIn, err := os.Pipe()
	fatal(t, err)
	ourOut, theirOut, err := os.Pipe()
	fatal(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}                  // 3 and 4, where the browser looks for them
	fatal(t, ourOut.SetReadDeadline(time.Now().Add(3*time.Minute))) // a page that never loads is a failure, not a wait
	fatal(t, cmd.Start())
	theirIn.Close()
	theirOut.Close()
	c := &chromium{t: t, in: ourIn, out: bufio.NewReader(ourOut)}
	t.Cleanup(func() {
		_, _ = c.in.Write([]byte(`{"id":0,"method":"Browser.close"}` + "\x00")) // it may be gone
		ourIn.Close()
		_ = cmd.Wait() // it was told to end
		ourOut.Close()
	})
	target := c.call("Target.createTarget", map[string]any{"url": "about:blank"})
	attached := c.call("Target.attachToTarget", map[string]any{"targetId": target["targetId"], "flatten": true})
	c.session, _ = attached["sessionId"].(string)
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		c.call(domain+".enable", nil)
	}
	return c
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// event is what the browser says: the answer to a call, or an event.
type event struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Result map[string]any  `json:"result"`
	Params json.RawMessage `json:"params"`
	Error  *struct{ Message string }
}

func (c *chromium) call(method string, params map[string]any) map[string]any {
	c.t.Helper()
	c.id++
	raw, err := json.Marshal(map[string]any{"id": c.id, "method": method, "params": params, "sessionId": c.session})
	if c.session == "" {
		raw, err = json.Marshal(map[string]any{"id": c.id, "method": method, "params": params})
	}
	fatal(c.t, err)
	_, err = c.in.Write(append(raw, 0))
	fatal(c.t, err)
	for {
		e := c.next()
		if e.ID == c.id {
			if e.Error != nil {
				c.t.Fatalf("%s: %s", method, e.Error.Message)
			}
			return e.Result
		}
	}
}

func (c *chromium) next() event {
	c.t.Helper()
	raw, err := c.out.ReadBytes(0)
	fatal(c.t, err)
	var e event
	fatal(c.t, json.Unmarshal(raw[:len(raw)-1], &e))
	if e.Method == "Log.entryAdded" || e.Method == "Runtime.exceptionThrown" {
		c.errors = append(c.errors, string(e.Params))
	}
	return e
}

// visit opens a page of a width and waits until it has loaded.
func (c *chromium) visit(address string, width int) {
	c.t.Helper()
	c.resize(width, 800)
	c.errors = nil
	c.call("Page.navigate", map[string]any{"url": address})
	for c.next().Method != "Page.loadEventFired" {
	}
}

func (c *chromium) resize(width, height int) {
	c.t.Helper()
	c.width = width
	c.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false})
}

// ask runs a script that gives a value.
func (c *chromium) ask(script string) any {
	c.t.Helper()
	answer := c.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true})
	result, _ := answer["result"].(map[string]any)
	if answer["exceptionDetails"] != nil {
		c.t.Fatalf("script failed: %v", answer["exceptionDetails"])
	}
	return result["value"]
}

// picture takes one of the whole page: the window becomes as high as the page is.
func (c *chromium) picture(file string) {
	c.t.Helper()
	c.resize(c.width, int(c.ask("document.documentElement.scrollHeight").(float64)))
	answer := c.call("Page.captureScreenshot", nil)
	data, _ := answer["data"].(string)
	raw, err := base64.StdEncoding.DecodeString(data)
	fatal(c.t, err)
	if len(raw) < 1000 {
		c.t.Errorf("%s: a picture of %d bytes", file, len(raw))
	}
	if file != "" {
		fatal(c.t, os.WriteFile(file, raw, 0o600))
	}
}

// settle gives scripts of the page the time that they need.
func (c *chromium) settle(script string) {
	c.t.Helper()
	for end := time.Now().Add(3 * time.Minute); c.ask(script) != true; {
		if time.Now().After(end) {
			c.t.Fatalf("never: %s", script)
		}
	}
}
