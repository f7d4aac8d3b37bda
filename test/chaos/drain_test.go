package chaos

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// TestANodeThatIsToldToEndDrains fails when a node closes its listeners before load balancers can know, drops a request
// that runs, or takes too long.
func TestANodeThatIsToldToEndDrains(t *testing.T) {
	t.Parallel()
	for drain := 2 * time.Second; !drains(t, drain); drain *= 4 { // the machine was so slow that there was nothing to see
	}
}

// drains ends a node that drains for some time. Not known: that was over before it could be asked anything.
func drains(t *testing.T, drain time.Duration) (known bool) {
	policies, err := filepath.Abs("../../examples/policies")
	must(t, err)
	n, err := start(t.TempDir(), []string{"COGNATE_DRAIN=" + drain.String()}, "--policies", policies)
	must(t, err)
	t.Cleanup(n.Kill)
	status := func() int {
		res, err := http.Get(n.cognito + "/_cognate/health/ready")
		if err != nil {
			return 0
		}
		res.Body.Close()
		return res.StatusCode
	}
	if got := status(); got != http.StatusOK {
		t.Fatalf("ready is %d", got)
	}
	const question = `{"principal":{"id":"somebody","roles":["user"]},"resources":[{"actions":["read"],"resource":{"kind":"contact","id":"c1"}}]}`
	slow, err := net.Dial("tcp", host(n.pdp)) // a request that runs until after the listeners are closed
	must(t, err)
	defer slow.Close()
	must(t, slow.SetDeadline(time.Now().Add(withinReason)))
	_, err = fmt.Fprintf(slow, "POST /api/check/resources HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(question), question[:10])
	must(t, err)
	ended := make(chan error, 1)
	told := time.Now()
	go func() { ended <- n.Stop() }()
	for status() == http.StatusOK {
		if time.Since(told) > withinReason {
			t.Fatal("the node is still ready")
		}
	}
	// Not ready, and working.
	_, late := root(n.cognito, n.key, n.secret).CreateUserPool(patience(t), &idp.CreateUserPoolInput{PoolName: aws.String("late")})
	unready := status()
	if time.Since(told) >= drain {
		return false
	}
	if late != nil {
		t.Errorf("a request while draining: %v", late)
	}
	if unready != http.StatusServiceUnavailable {
		t.Errorf("ready is %d while draining", unready)
	}
	for {
		c, err := net.Dial("tcp", host(n.pdp))
		if err != nil {
			break // nobody listens any more
		}
		c.Close()
		if time.Since(told) > drain+withinReason {
			t.Fatal("the node goes on listening")
		}
	}
	must(t, slow.SetReadDeadline(time.Now().Add(300*time.Millisecond)))
	if _, err := slow.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) { // it waits for the rest
		t.Errorf("a request that ran when the listeners were closed: %v", err)
	}
	must(t, slow.SetReadDeadline(time.Now().Add(withinReason)))
	_, err = io.WriteString(slow, question[10:])
	must(t, err)
	res, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Errorf("a request that ran when the listeners were closed: %v", err)
	} else if res.Body.Close(); res.StatusCode != http.StatusOK {
		t.Errorf("a request that ran when the listeners were closed: %s", res.Status)
	}
	if err := <-ended; err != nil {
		t.Errorf("%v\n%s", err, n.Log)
	}
	if took := time.Since(told); took < drain || took > drain+withinReason {
		t.Errorf("it ended after %v, want %v and a little", took, drain)
	}
	return true
}
