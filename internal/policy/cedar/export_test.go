package cedar

// Alone is a set of one policy that is always looked at, whatever its scope.
func Alone(p *Policy) *Set {
	return &Set{all: 1, rest: []entry{{"alone", p.compiled}}}
}
