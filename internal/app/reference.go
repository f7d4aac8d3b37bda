package app

import (
	"fmt"
	"reflect"
	"strings"
	"time"
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
	rows(&b, reflect.ValueOf(Default()), "", EnvPrefix)
	return b.String()
}

func rows(b *strings.Builder, v reflect.Value, path, env string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key := yamlKey(f)
		if key == "" {
			continue
		}
		doc := f.Tag.Get("doc")
		if f.Tag.Get("given") != "" {
			doc += "; or where it is: `file:PATH`, `env:NAME`"
		}
		name, variable := strings.TrimPrefix(path+"."+key, "."), env+"_"+strings.ToUpper(key)
		switch {
		case v.Field(i).Kind() == reflect.Struct:
			rows(b, v.Field(i), name, variable)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			fmt.Fprintf(b, "| `%s[]` | %s | | %s |\n", name, shown(v.Field(i)), doc)
			rows(b, reflect.New(f.Type.Elem()).Elem(), name+"[]", "")
		case f.Type.Kind() == reflect.Slice, f.Type.Kind() == reflect.Map, env == "" || strings.HasPrefix(variable, "_"):
			fmt.Fprintf(b, "| `%s` | %s | | %s |\n", name, shown(v.Field(i)), doc)
		default:
			fmt.Fprintf(b, "| `%s` | %s | `%s` | %s |\n", name, shown(v.Field(i)), variable, doc)
		}
	}
}

// shown renders a default; empty ones are left blank.
func shown(v reflect.Value) string {
	if v.IsZero() && v.Kind() != reflect.Bool {
		return ""
	}
	if d, ok := v.Interface().(time.Duration); ok {
		return "`" + d.String() + "`"
	}
	if v.Kind() == reflect.Slice {
		return fmt.Sprintf("%d entries", v.Len())
	}
	return fmt.Sprintf("`%v`", v.Interface())
}
