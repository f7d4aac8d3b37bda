// Package agent says in a few words what a User-Agent header stands for: a browser on a system, an app, or a tool. It is
// for people to recognise their own devices by, never for decisions: anybody can send anything.
package agent

import "strings"

// Unknown is what nothing recognisable is called.
const Unknown = "unknown"

// In the order of asking: later ones also appear in the headers of earlier ones.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems = [][2]string{{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"}, {"Macintosh", "macOS"}, {"Darwin", "macOS or iOS"}, {"Linux", "Linux"}}
)

// Describe gives "Firefox on Windows", "Chrome on Android", or the product name of anything but a browser, such as
// "aws-sdk-js".
func Describe(header string) string {
	system := find(systems, header)
	if strings.HasPrefix(header, "Mozilla/") {
		browser := find(browsers, header)
		switch {
		case browser == "":
			return orUnknown(system)
		case system == "":
			return browser
		}
		return browser + " on " + system
	}
	product, _, _ := strings.Cut(header, " ")
	product, _, _ = strings.Cut(product, "/")
	return orUnknown(product)
}

func find(list [][2]string, header string) string {
	for _, one := range list {
		if strings.Contains(header, one[0]) {
			return one[1]
		}
	}
	return ""
}

func orUnknown(s string) string {
	if s == "" {
		return Unknown
	}
	return s
}
