package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cognate.dev/cognate/internal/kit/given"
)

// EnvPrefix starts the environment variable of every setting: password.memory_kib is COGNATE_PASSWORD_MEMORY_KIB.
const EnvPrefix = "COGNATE"

// Load gives the configuration: defaults, then the file (none when path is empty), then the environment. A key that
// no setting has is an error, since a misspelt setting would silently mean its default.
func Load(path string, env func(string) (string, bool)) (Config, error) {
	cfg := Default()
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return cfg, fmt.Errorf("read the configuration: %w", err)
		}
		if err := decodeStrict(raw, &cfg); err != nil {
			return cfg, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := overrideFromEnv(reflect.ValueOf(&cfg).Elem(), EnvPrefix, env); err != nil {
		return cfg, err
	}
	if err := readGiven(reflect.ValueOf(&cfg).Elem(), ""); err != nil {
		return cfg, err
	}
	return cfg, cfg.check()
}

// readGiven reads settings that stand elsewhere (kit/given), in a member with the tag given: "start" puts the value in
// their place, "use" leaves reading to whoever uses it, each time, and only looks whether it can be read.
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

// decodeStrict reads exactly one YAML document and refuses keys that dst does not have.
func decodeStrict(raw []byte, dst any) error {
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

// overrideFromEnv walks the scalar settings below v. Lists and maps are set in the file only.
func overrideFromEnv(v reflect.Value, name string, env func(string) (string, bool)) error {
	for i := range v.NumField() {
		key := yamlKey(v.Type().Field(i))
		if key == "" {
			continue
		}
		field, variable := v.Field(i), name+"_"+strings.ToUpper(key)
		if field.Kind() == reflect.Struct {
			if err := overrideFromEnv(field, variable, env); err != nil {
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
