package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const root = "../.."

func text(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var files = []string{"deploy/Dockerfile", "deploy/compose.yaml", "deploy/cognate.service"}

// TestEverySettingExists fails when a file sets a variable that no setting reads: the server would not say so.
func TestEverySettingExists(t *testing.T) {
	t.Parallel()
	reference := text(t, "docs/configuration.md")
	for _, file := range files {
		found := regexp.MustCompile(`\bCOGNATE_[A-Z_]+`).FindAllString(text(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s sets nothing", file)
		}
		for _, name := range found {
			if !strings.Contains(reference, "`"+name+"`") {
				t.Errorf("%s sets %s, which docs/configuration.md does not have", file, name)
			}
		}
	}
}

// TestEveryMetricExists fails when a rule or a panel asks for a metric that the server does not have: it would stay
// silent for ever.
func TestEveryMetricExists(t *testing.T) {
	t.Parallel()
	source := text(t, "internal/telemetry/metrics.go") + text(t, "internal/telemetry/keeping.go")
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:(counters|gauge)\(|Name: |namespace\+)"_?([a-z_]+)"`).FindAllStringSubmatch(source, -1) {
		known["cognate_"+m[2]] = true
	}
	for _, m := range regexp.MustCompile(`histograms\("([a-z_]+)"|NewHistogram\(prometheus\.HistogramOpts\{Namespace: namespace, Name: "([a-z_]+)"`).FindAllStringSubmatch(source, -1) {
		name := "cognate_" + m[1] + m[2]
		delete(known, name)
		for _, end := range []string{"_bucket", "_sum", "_count"} {
			known[name+end] = true
		}
	}
	for _, file := range []string{"deploy/monitoring/alerts.yaml", "deploy/monitoring/dashboard.json"} {
		found := regexp.MustCompile(`\bcognate_[a-z_]+`).FindAllString(text(t, file), -1)
		if len(found) < 5 {
			t.Errorf("%s asks for %d metrics only", file, len(found))
		}
		for _, name := range found {
			if !known[name] {
				t.Errorf("%s asks for %s, which internal/telemetry does not have", file, name)
			}
		}
		for _, m := range regexp.MustCompile(`\bcognate_([a-z_]+)\{([^}$]*)\}`).FindAllStringSubmatch(text(t, file), -1) {
			_, declared, _ := strings.Cut(source, `"`+strings.TrimSuffix(m[1], "_bucket")+`"`)
			declared, _, _ = strings.Cut(declared, "\n")
			for _, label := range regexp.MustCompile(`([a-z_]+)(?:=|!)`).FindAllStringSubmatch(m[2], -1) {
				if !strings.Contains(declared, `"`+label[1]+`"`) {
					t.Errorf("%s asks cognate_%s for the label %s, which it does not have", file, m[1], label[1])
				}
			}
		}
	}
}

// TestFilesParse fails when a file is broken as YAML or JSON, or a rule or panel asks nothing.
func TestFilesParse(t *testing.T) {
	t.Parallel()
	var alerts struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(text(t, "deploy/monitoring/alerts.yaml")), &alerts); err != nil || len(alerts.Groups) != 1 {
		t.Fatalf("alerts: %v, %d groups", err, len(alerts.Groups))
	}
	for _, r := range alerts.Groups[0].Rules {
		if r.Alert == "" || r.Expr == "" {
			t.Errorf("a rule without name or expression: %+v", r)
		}
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(text(t, "deploy/monitoring/dashboard.json")), &board); err != nil || len(board.Panels) == 0 {
		t.Fatalf("dashboard: %v, %d panels", err, len(board.Panels))
	}
	for _, p := range board.Panels {
		asks := len(p.Targets) > 0
		for _, q := range p.Targets {
			asks = asks && q.Expr != ""
		}
		if !asks {
			t.Errorf("panel %q asks nothing", p.Title)
		}
	}
}

// TestPortsAgree fails when the image listens where compose does not lead, or compose opens a port to other machines.
func TestPortsAgree(t *testing.T) {
	t.Parallel()
	image := text(t, "deploy/Dockerfile")
	var compose struct {
		Services map[string]struct {
			Ports    []string
			ReadOnly bool `yaml:"read_only"`
		}
	}
	if err := yaml.Unmarshal([]byte(text(t, "deploy/compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	server := compose.Services["cognate"]
	if !server.ReadOnly || len(server.Ports) != 3 {
		t.Errorf("read only %v, ports %v", server.ReadOnly, server.Ports)
	}
	for _, p := range server.Ports {
		port, ok := strings.CutPrefix(p, "127.0.0.1:")
		_, inside, _ := strings.Cut(port, ":")
		if !ok || !strings.Contains(image, "0.0.0.0:"+inside) || !regexp.MustCompile(`EXPOSE .*\b`+inside+`\b`).MatchString(image) {
			t.Errorf("compose leads %s to a port that the image does not have, or opens it to others", p)
		}
	}
}

// TestTheImageBringsTheLicencesAlong fails when what is linked into the binary is given away without its licence texts.
func TestTheImageBringsTheLicencesAlong(t *testing.T) {
	t.Parallel()
	image := text(t, "deploy/Dockerfile")
	if !strings.Contains(image, "licences -texts /out/cognate > /out/LICENCES") || !strings.Contains(image, "COPY --from=build /out/LICENCES /src/NOTICE ") {
		t.Error("the image has no licence texts")
	}
}

// TestAMachineWithoutTheVulnerabilityDatabaseSaysSo fails when CI would pass in silence, or not at all, without network.
func TestAMachineWithoutTheVulnerabilityDatabaseSaysSo(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs(filepath.Join(root, "tools/vulncheck.sh"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), script)
	cmd.Env = append(os.Environ(), "GOVULNDB=http://127.0.0.1:1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "NOT CHECKED") {
		t.Errorf("%v: %s", err, out)
	}
}
