package clients

import (
	"strings"
	"testing"
)

func TestPolicyRunGivesACommandADecisionPoint(t *testing.T) {
	t.Parallel()
	const ask = `curl -s "http://$CERBOS_HTTP/api/check/resources" -d '{"principal":{"id":"alice"},"resources":[{"actions":["delete"],"resource":{"kind":"contact","id":"1"}}]}'; test -n "$CERBOS_GRPC" && test -n "$AWS_ENDPOINT_URL" && exit 7`
	got, code := output(t, binary, "policy", "run", "--policies", "../../examples/policies", "--seeds", "../../examples/dev/seeds.yaml", "--", "sh", "-c", ask)
	if code != 7 || !strings.Contains(strings.ReplaceAll(got, " ", ""), `"delete":"EFFECT_ALLOW"`) {
		t.Errorf("exit code %d: %s", code, got)
	}
}
