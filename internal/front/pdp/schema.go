package pdp

import _ "embed" // of the document

// openAPI describes this port for people and generators of clients, at the path where Cerbos has its own. It is written
// by hand; schema_test.go compares it with the messages and with what is served.
//
//go:embed openapi.json
var openAPI []byte
