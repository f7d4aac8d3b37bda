package config

import (
	"strings"

	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/settings"
)

// Reference writes the configuration reference (docs/configuration.md) from the Config structs: each setting with
// its default, its environment variable and the sentence that stands beside it in the code.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\n" +
		"Generated from the code by `make generate`; do not edit.\n\n" +
		"Everything has a default: `cognate serve` and `cognate dev` run without a file. A setting is taken from the flag, then the\n" +
		"environment, then the file, then the default. Unknown keys are refused. Secrets may stand elsewhere: `file:PATH` is what a\n" +
		"file holds, `env:NAME` what the environment does, `text:VALUE` a value that begins like one of these.\n\n" +
		"| key | default | environment | meaning |\n|---|---|---|---|\n")
	settings.Rows(&b, Default(), EnvPrefix)
	b.WriteString("\n## The file of the gateway\n\nWhat `gateway.file` names. [Its guide](gateway.md) shows it at work.\n\n" +
		"| key | default | environment | meaning |\n|---|---|---|---|\n")
	settings.Rows(&b, spec.File{}, "")
	return b.String()
}
