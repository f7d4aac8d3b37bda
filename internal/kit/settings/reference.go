package settings

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Rows are lines of a table in Markdown: each setting below v with its default, its environment variable below a prefix, none for "",
// and what its tag says of it.
func Rows(b *strings.Builder, v any, env string) { rows(b, reflect.ValueOf(v), "", env) }

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
