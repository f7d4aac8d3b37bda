// Package helm renders deploy/helm/cognate with Helm's own engine and looks at what comes out: that it is valid, that it
// locks the process in, and that what it names exists. It starts no cluster.
package helm

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

const root = "../.."

type object = map[string]any

// render gives the objects of a chart by kind and name.
func render(t *testing.T, values string) (map[string]object, error) {
	t.Helper()
	chart, err := loader.Load(root + "/deploy/helm/cognate")
	if err != nil {
		t.Fatal(err)
	}
	given, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(chart, given, chartutil.ReleaseOptions{Name: "id", Namespace: "people", IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(chart, all)
	if err != nil {
		return nil, err
	}
	objects := map[string]object{}
	for name, text := range files {
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		for _, doc := range regexp.MustCompile(`(?m)^---\s*$`).Split(text, -1) {
			if strings.TrimSpace(doc) == "" {
				continue
			}
			var o object
			if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, doc)
			}
			kind, _ := o["kind"].(string)
			title, _ := at(o, "metadata", "name").(string)
			if kind == "" || title == "" || o["apiVersion"] == nil || at(o, "metadata", "labels", "app.kubernetes.io/name") != "cognate" {
				t.Errorf("%s: an object without kind, name, version or labels:\n%s", name, doc)
			}
			if objects[kind+"/"+title] != nil {
				t.Errorf("%s/%s is there twice", kind, title)
			}
			objects[kind+"/"+title] = o
		}
	}
	return objects, nil
}

// at follows names and numbers into what YAML has given.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(object)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

const least = "publicUrl: https://id.example.com\ndatabase: {secret: {name: db}}\nmasterKey: {secret: {name: master}}\n"

func TestWhatMustBeSetIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"publicUrl", "database", "masterKey"} {
		values := regexp.MustCompile("(?m)^"+missing+":.*\n").ReplaceAllString(least, "")
		if _, err := render(t, values); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestThePodIsLockedIn(t *testing.T) {
	t.Parallel()
	objects, err := render(t, least)
	if err != nil {
		t.Fatal(err)
	}
	pod := at(objects["Deployment/id-cognate"], "spec", "template", "spec")
	container := at(pod, "containers", 0)
	for name, c := range map[string]struct{ got, want any }{
		"root":       {at(pod, "securityContext", "runAsNonRoot"), true},
		"seccomp":    {at(pod, "securityContext", "seccompProfile", "type"), "RuntimeDefault"},
		"token":      {at(pod, "automountServiceAccountToken"), false},
		"filesystem": {at(container, "securityContext", "readOnlyRootFilesystem"), true},
		"privilege":  {at(container, "securityContext", "allowPrivilegeEscalation"), false},
		"drop":       {at(container, "securityContext", "capabilities", "drop", 0), "ALL"},
		"memory":     {at(container, "resources", "limits", "memory"), "1Gi"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
	if objects["Ingress/id-cognate"] != nil || objects["HorizontalPodAutoscaler/id-cognate"] != nil || objects["ServiceMonitor/id-cognate"] != nil {
		t.Error("what nobody asked for is there")
	}
	if objects["PodDisruptionBudget/id-cognate"] == nil {
		t.Error("a drained node may take all pods along")
	}
}

// TestWhatTheChartNamesExists compares with the configuration reference and the server's own paths and ports.
func TestWhatTheChartNamesExists(t *testing.T) {
	t.Parallel()
	objects, err := render(t, least+`
policies: {configMap: policies}
ingress: {enabled: true, host: id.example.com, className: nginx, tlsSecret: tls}
autoscaling: {enabled: true}
serviceMonitor: {enabled: true, labels: {release: prometheus}}
config: {audit: {retention: 720h}}
env: [{name: COGNATE_REGION, value: eu-west-1}]
volumes: [{name: extra, emptyDir: {}}]
volumeMounts: [{name: extra, mountPath: /extra}]
serviceAccount: {annotations: {eks.amazonaws.com/role-arn: arn:aws:iam::000000000000:role/id}}
`)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := os.ReadFile(root + "/docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	deployment := objects["Deployment/id-cognate"]
	container := at(deployment, "spec", "template", "spec", "containers", 0)
	env, _ := at(container, "env").([]any)
	for _, e := range env {
		if name, _ := at(e, "name").(string); strings.HasPrefix(name, "COGNATE_") && !strings.Contains(string(reference), "`"+name+"`") {
			t.Errorf("no setting reads %s", name)
		}
	}
	if len(env) < 8 {
		t.Errorf("the pod has %d variables", len(env))
	}
	ops, err := os.ReadFile(root + "/internal/app/ops.go")
	if err != nil {
		t.Fatal(err)
	}
	paths := []any{at(objects["ServiceMonitor/id-cognate"], "spec", "endpoints", 0, "path")}
	for _, probe := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
		paths = append(paths, at(container, probe, "httpGet", "path"))
	}
	for _, p := range paths {
		if text, _ := p.(string); text == "" || !strings.Contains(string(ops), `"GET `+text+`"`) {
			t.Errorf("the server does not answer %v", p)
		}
	}
	ports := map[any]any{}
	list, _ := at(container, "ports").([]any)
	for _, p := range list {
		ports[at(p, "name")] = at(p, "containerPort")
	}
	for _, service := range []string{"Service/id-cognate", "Service/id-cognate-decisions"} {
		for i := 0; at(objects[service], "spec", "ports", i) != nil; i++ {
			if target := at(objects[service], "spec", "ports", i, "targetPort"); ports[target] == nil {
				t.Errorf("%s leads to the port %v, which the pod does not have", service, target)
			}
		}
	}
	for name, label := range map[string]any{
		"Deployment": at(deployment, "spec", "selector", "matchLabels"), "Service": at(objects["Service/id-cognate"], "spec", "selector"),
		"PodDisruptionBudget": at(objects["PodDisruptionBudget/id-cognate"], "spec", "selector", "matchLabels"),
	} {
		selector, _ := label.(object)
		for key, value := range selector {
			if at(deployment, "spec", "template", "metadata", "labels", key) != value {
				t.Errorf("%s selects %s=%v, which no pod has", name, key, value)
			}
		}
		if len(selector) != 2 {
			t.Errorf("%s selects by %v", name, selector)
		}
	}
	mounts, _ := at(container, "volumeMounts").([]any)
	volumes, _ := at(deployment, "spec", "template", "spec", "volumes").([]any)
	known := map[any]bool{}
	for _, v := range volumes {
		known[at(v, "name")] = true
	}
	for _, m := range mounts {
		if !known[at(m, "name")] {
			t.Errorf("there is no volume %v", at(m, "name"))
		}
	}
	if at(deployment, "spec", "replicas") != nil {
		t.Error("the chart and the autoscaler fight over the number of pods")
	}
	text, _ := at(objects["ConfigMap/id-cognate"], "data", "cognate.yaml").(string)
	if !strings.Contains(text, "retention: 720h") {
		t.Errorf("the configuration is %q", text)
	}
	if at(objects["Ingress/id-cognate"], "spec", "rules", 0, "http", "paths", 0, "backend", "service", "name") != "id-cognate" {
		t.Error("the ingress leads elsewhere")
	}
}
