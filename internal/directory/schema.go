package directory

// Attribute is one entry of a pool's schema. Constraint values are strings, as on the wire; empty means absent.
type Attribute struct {
	Name          string `json:"name"` // full name: email, custom:x, dev:custom:x
	Type          string `json:"type"` // String, Number, DateTime, Boolean
	DeveloperOnly bool   `json:"developer_only,omitempty"`
	Mutable       bool   `json:"mutable"`
	Required      bool   `json:"required,omitempty"`
	HasString     bool   `json:"has_string,omitempty"` // StringAttributeConstraints is present, perhaps empty
	MinLength     string `json:"min_length,omitempty"`
	MaxLength     string `json:"max_length,omitempty"`
	HasNumber     bool   `json:"has_number,omitempty"` // NumberAttributeConstraints is present, perhaps empty
	MinValue      string `json:"min_value,omitempty"`
	MaxValue      string `json:"max_value,omitempty"`
}
