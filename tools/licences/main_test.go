package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestLicencesAreKnownByTheirWords(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"AGPL":         "GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3",
		"GPL":          "GNU GENERAL PUBLIC LICENSE Version 3",
		"LGPL":         "GNU LESSER GENERAL PUBLIC LICENSE",
		"MPL-2.0":      "Mozilla Public License Version 2.0",
		"Apache-2.0":   "Apache License\n   Version 2.0, January 2004",
		"MIT":          "Permission is hereby granted, free of charge,\nto any person obtaining a copy of this software",
		"BSD-3-Clause": "Redistribution and use in source and binary forms … Neither the name of",
		"BSD-2-Clause": "Redistribution and use in source and binary forms, with or without",
		"ISC":          "Permission to use, copy, modify, and/or distribute",
		"Unlicense":    "This is free and unencumbered software released into the public domain.",
		"unknown":      "All rights reserved.",
	} {
		if got := identify(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// TestWhatBindsTheWholeIsNotHidden has a licence that is allowed stand beside one that is not.
func TestWhatBindsTheWholeIsNotHidden(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	dir := filepath.Join(cache, "example.com", "!mod@v1.0.0")
	put := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := &debug.Module{Path: "example.com/Mod", Version: "v1.0.0"}
	put("a.go", "// SPDX-License-Identifier: MIT\npackage a\n")
	for _, c := range []struct{ file, text, want string }{
		{"README", "nothing", "MIT"}, // from the heads of its files
		{"LICENSE", "Apache License Version 2.0", "Apache-2.0"},
		{"LICENSE.agpl", "GNU AFFERO GENERAL PUBLIC LICENSE", "AGPL"},
	} {
		put(c.file, c.text)
		if got, err := licenceOf(cache, m); err != nil || got != c.want {
			t.Errorf("with %s: %s, %v", c.file, got, err)
		}
	}
	put("NOTICE", "This product includes things.")
	var out bytes.Buffer
	if err := writeTexts(&out, cache, []*debug.Module{m}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"==== example.com/Mod v1.0.0 ====", "Apache License", "AFFERO", "includes things"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the texts lack %q", want)
		}
	}
}

// TestABinaryIsReadWhole runs the check on this test's own tool, which has no modules, and on none.
func TestABinaryIsReadWhole(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "licences")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, path := range []string{bin, filepath.Join(t.TempDir(), "none")} {
		if err := run(path, false, false, &bytes.Buffer{}); err == nil {
			t.Errorf("%s passed, and nothing was looked at", path)
		}
	}
}
