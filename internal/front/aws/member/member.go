// Package member reads and writes members of requests and answers that may be absent. What their absence means, the operation
// says: zero, left out, or a value of its own.
package member

// Text is the value of an optional string member; absent is "".
func Text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// Yes is the value of an optional boolean member; absent is false.
func Yes(p *bool) bool { return p != nil && *p }

// Or is the value of an optional member, or what absence means.
func Or[T any](p *T, absent T) T {
	if p == nil {
		return absent
	}
	return *p
}

// Count is the value of an optional number member; absent is 0.
func Count(p *int32) int {
	if p == nil {
		return 0
	}
	return int(*p)
}

// Number is a number member as the wire has it.
func Number(n int) *int32 {
	v := int32(n) // #nosec G115 -- every number of the protocol was an int32 on its way in
	return &v
}

// Given is an optional string member: an empty value is omitted, as AWS does.
func Given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Some is a list member that AWS omits when it is empty.
func Some[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
