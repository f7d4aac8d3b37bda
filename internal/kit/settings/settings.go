// Package settings reads a program's settings into structs: from YAML, whose keys the yaml tags name, from environment variables, and
// from elsewhere (given). It also writes their reference, with the sentences of the doc tags.
package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cognate.dev/cognate/internal/kit/given"
)

// ReadGiven reads settings that stand elsewhere (kit/given), in a member with the tag given: "start" puts the value in
// their place, "use" leaves reading to whoever uses it, each time, and only looks whether it can be read.
func ReadGiven(to any) error { return readGiven(reflect.ValueOf(to).Elem(), "") }

func readGiven(v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			if err := readGiven(v.Index(i), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			key := yamlKey(f)
			if key == "" {
				continue
			}
			name := strings.TrimPrefix(path+"."+key, ".")
			if how := f.Tag.Get("given"); how != "" {
				text, err := given.Read(v.Field(i).String())
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				if how == "start" {
					v.Field(i).SetString(text)
				}
				continue
			}
			if err := readGiven(v.Field(i), name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Decode reads exactly one YAML document and refuses keys that dst does not have.
func Decode(raw []byte, dst any) error {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(dst); err != nil && !errors.Is(err, io.EOF) {
		return errors.New(goTypes.ReplaceAllString(err.Error(), ""))
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more than one YAML document in the file")
	}
	return nil
}

// goTypes is what the decoder says about our code and nobody who writes a file wants to know.
var goTypes = regexp.MustCompile(` in type [\w.]+`)

// Override sets the scalar settings of a struct from environment variables: password.memory_kib from PREFIX_PASSWORD_MEMORY_KIB. Lists and maps are set in the file only.
func Override(to any, prefix string, env func(string) (string, bool)) error {
	return override(reflect.ValueOf(to).Elem(), prefix, env)
}

func override(v reflect.Value, name string, env func(string) (string, bool)) error {
	for i := range v.NumField() {
		key := yamlKey(v.Type().Field(i))
		if key == "" {
			continue
		}
		field, variable := v.Field(i), name+"_"+strings.ToUpper(key)
		if field.Kind() == reflect.Struct {
			if err := override(field, variable, env); err != nil {
				return err
			}
			continue
		}
		text, ok := env(variable)
		if !ok {
			continue
		}
		if err := setScalar(field, text); err != nil {
			return fmt.Errorf("%s: %w", variable, err)
		}
	}
	return nil
}

func setScalar(field reflect.Value, text string) error {
	if field.Type() == reflect.TypeFor[time.Duration]() {
		d, err := time.ParseDuration(text)
		if err == nil {
			field.SetInt(int64(d))
		}
		return err
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return err
		}
		field.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, field.Type().Bits())
		if err != nil {
			return err
		}
		field.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, field.Type().Bits())
		if err != nil {
			return err
		}
		field.SetUint(n)
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		field.SetFloat(n)
	default:
		return errors.New("this setting has a shape that only the configuration file can hold")
	}
	return nil
}

// yamlKey is the name of a setting in the file, or "" for a field that is none.
func yamlKey(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if !f.IsExported() || key == "-" {
		return ""
	}
	return key
}
