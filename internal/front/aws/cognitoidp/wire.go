package cognitoidp

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	idp "cognate.dev/cognate/internal/gen/cognitoidp"
)

// text is the value of an optional string member; absent is "".
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// yes is the value of an optional boolean member; absent is false.
func yes(p *bool) bool { return p != nil && *p }

// orElse is the value of an optional member, or what absence means.
func orElse[T any](p *T, absent T) T {
	if p == nil {
		return absent
	}
	return *p
}

// count is the value of an optional number member; absent is 0.
func count(p *int32) int {
	if p == nil {
		return 0
	}
	return int(*p)
}

// number is a number member as the wire has it.
func number(n int) *int32 {
	v := int32(n) // #nosec G115 -- every number of the protocol was an int32 on its way in
	return &v
}

// given is an optional string member: an empty value is omitted, as AWS does.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// some is a list member that AWS omits when it is empty.
func some[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// attributesOf reads a list of attributes. Of equal names the last counts; an absent value is "".
func attributesOf(list []idp.AttributeType) map[string]string {
	attributes := make(map[string]string, len(list))
	for _, a := range list {
		attributes[text(a.Name)] = text(a.Value)
	}
	return attributes
}

// attributesAnswer writes attributes in the order in which directory lists them.
func attributesAnswer(values []directory.Value) []idp.AttributeType {
	list := make([]idp.AttributeType, 0, len(values))
	for _, v := range values {
		list = append(list, idp.AttributeType{Name: new(v.Name), Value: new(v.Value)})
	}
	return list
}

// unsupported refuses a setting that Cognate would have to ignore: a caller must not believe that it is on.
func unsupported(setting string) error {
	return fault.Invalidf("%s is not supported by Cognate yet; see docs/standards.md", setting)
}
