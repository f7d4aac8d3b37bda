package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"go.yaml.in/yaml/v3"

	"cognate.dev/cognate/internal/gateway/openapi"
	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/forwarded"
)

// Config says where the gateway is and what it serves.
type Config struct {
	Listen  string   `yaml:"listen" doc:"address of the gateway: HOST:PORT or unix:PATH; empty or off: none"`
	File    string   `yaml:"file" doc:"file of its APIs, see [the file of the gateway](#the-file-of-the-gateway). A change is taken into use at once; one that is wrong is logged, and the APIs of before stay"`
	TLS     TLSFiles `yaml:"tls"`
	Proxies []string `yaml:"proxies" doc:"addresses and networks (CIDR) of proxies that may ask for forward authentication, and whose headers say what they ask about; none: nobody may ask"`
	Claims  bool     `yaml:"claims" doc:"send all claims to backends, too: X-Auth-Claims, JSON in base64url"`
}

// TLSFiles names the files of a certificate (PEM).
type TLSFiles struct {
	Cert string `yaml:"cert" doc:"file of the certificate of the gateway's port (PEM); empty: plain HTTP. Changed files are taken into use without a restart"`
	Key  string `yaml:"key" doc:"file of its private key (PEM)"`
}

// On reports whether there is a gateway.
func (c Config) On() bool { return c.Listen != "" && c.Listen != "off" }

// Check refuses what cannot work. What stands in the file is looked at when it is read.
func (c Config) Check() error {
	switch {
	case !c.On() && (c.File != "" || len(c.Proxies) > 0):
		return errors.New("gateway: file and proxies go with listen")
	case c.On() && c.File == "":
		return errors.New("gateway: file is missing")
	case (c.TLS.Cert == "") != (c.TLS.Key == ""):
		return errors.New("gateway: tls: cert and key go together")
	}
	if _, err := forwarded.Parse(c.Proxies); err != nil {
		return fmt.Errorf("gateway: proxies: %w", err)
	}
	return nil
}

// Loaded is a file of APIs that was read.
type Loaded struct {
	spec.File
	Files []string // that it was made of
	Notes []string // what of OpenAPI documents has no effect here
}

// maxFile bounds what is read.
const maxFile = 16 << 20

// goTypes is what the decoder says about our code.
var goTypes = regexp.MustCompile(` in type [\w.]+`)

// Load reads a file of APIs, and the OpenAPI documents that it names. Unknown keys are refused.
func Load(path, region, account string) (l Loaded, err error) {
	l.Files = []string{path}
	raw, err := read(path)
	if err != nil {
		return l, err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&l.File); err != nil && !errors.Is(err, io.EOF) {
		return l, fmt.Errorf("%s: %s", path, goTypes.ReplaceAllString(err.Error(), ""))
	}
	for i := range l.APIs {
		a := &l.APIs[i]
		if a.OpenAPI == "" {
			continue
		}
		file := a.OpenAPI
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), file)
		}
		l.Files = append(l.Files, file)
		raw, err := read(file)
		if err != nil {
			return l, err
		}
		notes, err := openapi.Read(raw, a, openapi.Names{Region: region, Account: account})
		if err != nil {
			return l, fmt.Errorf("%s: %w", file, err)
		}
		for _, n := range notes {
			l.Notes = append(l.Notes, filepath.Base(file)+": "+n)
		}
	}
	if err := l.Fill(); err != nil {
		return l, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = fmt.Errorf("%s is too large", path)
	}
	return raw, err
}
