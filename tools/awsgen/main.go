// Awsgen turns the AWS API facts (api/<service>.json, corrected by api/patches.json) into Go types, constraint checks
// and operation values. It owns the form of that code; what runs it is the package awsjson of the main module.
//
//	go -C tools run ./awsgen           write ../internal/gen from ../api
//	go -C tools run ./awsgen -check    exit with 1 and name each file that differs, writing nothing
//
// The output depends on the facts alone, so running it twice changes nothing.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// services lists what is generated: the facts' file name and the Go package.
var services = []struct{ file, pkg string }{
	{"cognito-idp", "cognitoidp"},
	{"cognito-identity", "cognitoidentity"},
	{"verifiedpermissions", "verifiedpermissions"},
}

func main() {
	api := flag.String("api", "../api", "the directory of the API facts")
	out := flag.String("out", "../internal/gen", "the directory of the generated packages")
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	if err := run(*api, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "awsgen:", err)
		os.Exit(1)
	}
}

func run(api, out string, check bool) error {
	patches, err := readPatches(filepath.Join(api, "patches.json"))
	if err != nil {
		return err
	}
	var all []error
	for _, s := range services {
		files, err := generate(filepath.Join(api, s.file+".json"), s.pkg, patches[s.file])
		if err != nil {
			return fmt.Errorf("%s: %w", s.file, err)
		}
		dir := filepath.Join(out, s.pkg)
		if check {
			all = append(all, compare(dir, files))
			continue
		}
		if err := write(dir, files); err != nil {
			return err
		}
	}
	return errors.Join(all...)
}

// generate makes the files of one package, by name.
func generate(path, pkg string, patch patch) (map[string][]byte, error) {
	m, err := readModel(path)
	if err != nil {
		return nil, err
	}
	if err := patch.apply(m); err != nil {
		return nil, err
	}
	p, err := newPackage(pkg, m)
	if err != nil {
		return nil, err
	}
	return p.files()
}
