// Command licences lists the licences of the modules that are linked into a binary, and refuses those that it does
// not know or that would bind the whole program. With -sbom it writes the list as CycloneDX JSON. It reads licence texts from the
// module cache and judges by their words; it is no lawyer.
package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

func main() {
	sbom := flag.Bool("sbom", false, "write CycloneDX JSON")
	texts := flag.Bool("texts", false, "write the licence texts themselves, as they must go along with the program")
	flag.Parse()
	if err := run(flag.Arg(0), *sbom, *texts, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type module struct{ path, version, licence string }

func run(binary string, sbom, texts bool, to io.Writer) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(context.Background(), "go", "env", "GOMODCACHE").Output()
	if err != nil {
		return err
	}
	cache := strings.TrimSpace(string(out))
	var all []module
	var refused []string
	for _, m := range info.Deps {
		found, err := licenceOf(cache, m)
		if err != nil {
			return err
		}
		if !slices.Contains(allowed, found) {
			refused = append(refused, m.Path+": "+found)
		}
		if m.Replace != nil {
			m = m.Replace
		}
		all = append(all, module{m.Path, m.Version, found})
	}
	if len(all) == 0 {
		return fmt.Errorf("%s names no modules", binary)
	}
	switch {
	case sbom:
		err = writeSBOM(to, all, info.GoVersion)
	case texts:
		err = writeTexts(to, cache, info.Deps)
	default:
		for _, m := range all {
			if _, err = fmt.Fprintln(to, m.path, m.version, m.licence); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	if len(refused) > 0 {
		return fmt.Errorf("refused:\n%s", strings.Join(refused, "\n"))
	}
	return nil
}

var allowed = []string{"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MPL-2.0", "Unlicense"}

// folder is where the module cache has a module.
func folder(cache string, m *debug.Module) string {
	if m.Replace != nil {
		m = m.Replace
	}
	return filepath.Join(cache, escape(m.Path)+"@"+escape(m.Version))
}

// textsIn reads the files at the root of a module that have one of the beginnings.
func textsIn(dir string, beginnings ...string) (texts []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if e.IsDir() || !slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(name, b) }) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(raw))
	}
	return texts, nil
}

var licenceFiles = []string{"licen", "copying", "unlicense"}

// writeTexts writes what the licences want to go along: their texts, and notices.
func writeTexts(to io.Writer, cache string, deps []*debug.Module) error {
	for _, m := range deps {
		texts, err := textsIn(folder(cache, m), append(licenceFiles, "notice")...)
		if err != nil {
			return err
		}
		if len(texts) == 0 {
			texts = []string{"See the heads of its source files."}
		}
		if _, err := fmt.Fprintf(to, "==== %s %s ====\n\n%s\n\n", m.Path, m.Version, strings.Join(texts, "\n\n")); err != nil {
			return err
		}
	}
	return nil
}

// licenceOf reads the licence files at the root of a module.
func licenceOf(cache string, m *debug.Module) (string, error) {
	dir := folder(cache, m)
	texts, err := textsIn(dir, licenceFiles...)
	if err != nil {
		return "", err
	}
	found := "unknown"
	for _, text := range texts {
		id := identify(text)
		if id != "unknown" && !slices.Contains(allowed, id) {
			return id, nil // one that binds counts, whatever stands beside it
		}
		if found == "unknown" {
			found = id
		}
	}
	if found == "unknown" {
		return fromSources(dir)
	}
	return found, nil
}

var spdx = regexp.MustCompile(`SPDX-License-Identifier: *([\w.+-]+)`)

// fromSources takes the licence of a module without a licence file from the heads of its Go files, if those agree.
func fromSources(dir string) (string, error) {
	found := "unknown"
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		raw, err := os.ReadFile(path) //nolint:gosec // the module cache is ours, and nobody changes it meanwhile
		if err != nil {
			return err
		}
		for _, m := range spdx.FindAllSubmatch(raw, -1) {
			if id := string(m[1]); found == "unknown" {
				found = id
			} else if found != id {
				found = found + " or " + id // no name of a licence, so it is refused
			}
		}
		return nil
	})
	return found, err
}

// identify names a licence by what only its text says, as SPDX does.
func identify(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	has := func(s string) bool { return strings.Contains(text, s) }
	head := text[:min(len(text), 300)]
	switch {
	case strings.Contains(head, "affero general public license"):
		return "AGPL"
	case strings.Contains(head, "gnu lesser general public license"):
		return "LGPL"
	case strings.Contains(head, "gnu general public license"):
		return "GPL"
	case strings.Contains(head, "mozilla public license"):
		return "MPL-2.0"
	case has("apache license") && has("version 2.0"):
		return "Apache-2.0"
	case has("permission is hereby granted, free of charge, to any person obtaining a copy"):
		return "MIT"
	case has("redistribution and use in source and binary forms") && (has("neither the name") || has("names of its contributors") || has("name of the author may not")):
		return "BSD-3-Clause"
	case has("redistribution and use in source and binary forms"):
		return "BSD-2-Clause"
	case has("permission to use, copy, modify, and"):
		return "ISC"
	case has("this is free and unencumbered software released into the public domain"):
		return "Unlicense"
	}
	return "unknown"
}

// escape writes a path as the module cache does: !a for A.
func escape(path string) string {
	var b strings.Builder
	for _, r := range path {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func writeSBOM(to io.Writer, all []module, goVersion string) error {
	type object = map[string]any
	parts := []object{{"type": "library", "name": "std", "version": goVersion, "purl": "pkg:golang/std@" + strings.TrimPrefix(goVersion, "go")}}
	for _, m := range all {
		purl := "pkg:golang/" + m.path + "@" + m.version
		parts = append(parts, object{"type": "library", "bom-ref": purl, "name": m.path, "version": m.version, "purl": purl,
			"licenses": []object{{"license": object{"id": m.licence}}}})
	}
	enc := json.NewEncoder(to)
	enc.SetIndent("", " ")
	return enc.Encode(object{"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"metadata": object{"component": object{"type": "application", "name": "cognate"}}, "components": parts})
}
