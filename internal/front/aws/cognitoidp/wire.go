package cognitoidp

import (
	"cognate.dev/cognate/internal/fault"
)

// unsupported refuses a setting that Cognate would have to ignore: a caller must not believe that it is on.
func unsupported(setting string) error {
	return fault.Invalidf("%s is not supported by Cognate yet; see docs/standards.md", setting)
}
