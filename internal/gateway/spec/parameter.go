package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var parameterForm = regexp.MustCompile(`^((append|overwrite|remove):(header|querystring)\.[0-9A-Za-z_.~-]+|overwrite:path)$`)

// reserved are headers that parameters may not touch, as at AWS: they say who sent a request and where it is going.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
func reserved(header string) bool {
	h := strings.ToLower(header)
	return strings.HasPrefix(h, "x-amzn-") || strings.HasPrefix(h, "x-amz-") || strings.HasPrefix(h, "x-forwarded-") ||
		slices.Contains([]string{"authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded",
			"keep-alive", "origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding", "upgrade", "host"}, h)
}

func (b *Backend) checkParameters() error {
	for target, value := range b.Parameters {
		if !parameterForm.MatchString(target) {
			return fmt.Errorf("parameters: %q is no change such as overwrite:header.x-user", target)
		}
		operation, what, _ := strings.Cut(target, ":")
		if header, ok := strings.CutPrefix(what, "header."); ok && reserved(header) {
			return fmt.Errorf("parameters: the header %s is not for them", header)
		}
		if operation == "remove" && value != "" && value != "''" {
			return fmt.Errorf("parameters: %s takes no value", target)
		}
	}
	return nil
}
