// Package archtest holds the import map of the house and the test that obeys it. It walks the files itself: asking
// the go command from a test can answer from a stale cache. The reasons are in docs/map.md.
package archtest

import (
	"slices"
	"strings"
)

// longFiles may exceed 400 lines; each has its reason here.
var longFiles = []string{}

// largePackages are still over 3,000 lines: each is to be taken apart, and its line here to go.
var largePackages = []string{
	"internal/store/storetest",
	"test/bench",
}

// rooms, from the ground up. A room may import the rooms its row names, fault, kit and its own subfolders.
var rooms = map[string][]string{
	"password":     {},
	"key":          {},
	"federation":   {},
	"domain":       {},
	"masterkey":    {},
	"branding":     {},
	"risk":         {"directory", "signin", "account", "message"},
	"upkeep":       {},
	"decision":     {},
	"audit":        {},
	"limit":        {},
	"policy":       {},
	"message":      {},
	"sts":          {},
	"directory":    {"password"},
	"factor":       {"directory", "password"},
	"token":        {"key", "directory", "audit"},
	"account":      {"directory", "password", "message", "token", "audit"},
	"signin":       {"directory", "password", "token", "message", "federation", "account", "factor", "audit"},
	"authorize":    {"directory", "token", "audit"},
	"identitypool": {"key", "directory", "auxdata", "sts"},
	"transfer":     {"directory", "password"},
	"trigger":      {"directory", "token", "signin", "account", "message", "federation"},
	"enrich":       {"directory"},
	"auxdata":      {"key", "directory", "token"},
	"gateway":      {"auxdata", "trigger"},
	"extension":    {"workspace", "token", "audit", "trigger"},
	"consent":      {"workspace", "audit"},
	"permission":   {"policy"},
	"portal":       {"workspace", "directory", "token", "authorize"},
	"workspace":    {"directory", "token", "authorize", "federation", "signin", "audit"},
}

// forbidden says why a package in dir must not import another of ours, or "" when it may.
func forbidden(dir, imp string) string {
	if within(dir, imp) || within(imp, dir) {
		return "" // parts of one room talk freely
	}
	area, room := place(dir)
	into, target := place(imp)
	switch {
	case area == "cmd":
		return unless(imp == "internal/app" || imp == "internal/app/command" || imp == "internal/app/config", "cmd reads flags and calls app, nothing else")
	case area == "app", area == "test", area == "examples":
		return ""
	case area == "fault":
		return "fault stands at the bottom and imports nothing of ours"
	case area == "kit":
		return unless(into == "kit", "kit must make sense in a stranger's project")
	case area == "telemetry", area == "gen":
		return unless(into == "kit", area+" imports only kit")
	case area == "front":
		return fromFront(dir, room, into, imp)
	case area == "store":
		return fromStore(dir, into, imp)
	case area == "room":
		return fromRoom(room, into, target)
	}
	return "this folder has no row in the import map: add one, with its reason"
}

func fromFront(dir, front, into, imp string) string {
	switch into {
	case "room", "fault", "kit", "telemetry":
		return ""
	case "gen":
		return unless(front == "aws", "only the AWS front speaks in generated wire types")
	case "front":
		return unless(within(dir, "internal/front/"+front) && within(imp, "internal/front/"+front), "fronts do not know each other")
	}
	return "a front decodes, asks a room and translates the answer; it never touches " + into
}

// ground are the folders of the store that hold every entity and know none.
var ground = []string{"internal/store/database", "internal/store/sqlite", "internal/store/postgres", "internal/store/schema"}

func fromStore(dir, into, imp string) string {
	if slices.Contains(ground, dir) {
		return unless(into == "fault" || into == "kit" || slices.Contains(ground, imp), "what all subjects of the store stand on knows none of them")
	}
	return unless(into == "store" || into == "room" || into == "fault" || into == "kit", "the store knows rooms, never fronts or wire types")
}

func fromRoom(room, into, target string) string {
	switch into {
	case "fault", "kit":
		return ""
	case "room":
		if target == room {
			return "" // parts of one room
		}
		for _, below := range rooms[room] {
			if below == target {
				return ""
			}
		}
		return room + " stands beside or below " + target + " in the order of rooms"
	}
	return "a room knows no " + into + ": it declares what it needs and app fills it"
}

// place names the area of a folder and, for rooms and fronts, which one.
func place(dir string) (area, name string) {
	parts := strings.Split(dir, "/")
	if parts[0] != "internal" {
		return parts[0], ""
	}
	if len(parts) < 2 {
		return "", ""
	}
	if _, ok := rooms[parts[1]]; ok {
		return "room", parts[1]
	}
	if parts[1] == "front" && len(parts) > 2 {
		return "front", parts[2]
	}
	return parts[1], ""
}

func within(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}
