package iampolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// condition is one key that an operator looks at.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type condition struct {
	key      string // in lower case
	operator string // without negation, in lower case
	wanted   []string
	test     test
	not      bool // all of wanted must fail
	ifExists bool // an absent key is fine
	null     bool // wanted says whether the key must be absent
	all, any bool // ForAllValues, ForAnyValue
}

// test compares a value of the request with one of the policy.
type test func(got, wanted string, keys map[string][]string) bool

// operators that compare, without their negations.
func operators() map[string]test {
	return map[string]test{
		"stringequals":           texts2(func(a, b string) bool { return a == b }),
		"stringequalsignorecase": texts2(strings.EqualFold),
		"stringlike":             like,
		"arnequals":              like,
		"arnlike":                like,
		"bool":                   texts2(strings.EqualFold),
		"numericequals":          numbers(func(a, b float64) bool { return a == b }),
		"numericlessthan":        numbers(func(a, b float64) bool { return a < b }),
		"numericlessthanequals":  numbers(func(a, b float64) bool { return a <= b }),
		"numericgreaterthan":     numbers(func(a, b float64) bool { return a > b }),
		"numericgreaterthanequals": numbers(func(a, b float64) bool {
			return a >= b
		}),
		"dateequals":            dates(func(a, b time.Time) bool { return a.Equal(b) }),
		"datelessthan":          dates(time.Time.Before),
		"datelessthanequals":    dates(func(a, b time.Time) bool { return !a.After(b) }),
		"dategreaterthan":       dates(time.Time.After),
		"dategreaterthanequals": dates(func(a, b time.Time) bool { return !a.Before(b) }),
		"ipaddress":             within,
	}
}

// negations are the operators that hold when none of the values compares.
func negations() map[string]string {
	return map[string]string{
		"stringnotequals": "stringequals", "stringnotequalsignorecase": "stringequalsignorecase", "stringnotlike": "stringlike",
		"arnnotequals": "arnequals", "arnnotlike": "arnlike", "numericnotequals": "numericequals", "datenotequals": "dateequals",
		"notipaddress": "ipaddress",
	}
}

func texts2(same func(a, b string) bool) test {
	return func(got, wanted string, keys map[string][]string) bool {
		wanted, ok := text(wanted, keys)
		return ok && same(got, wanted)
	}
}

func like(got, wanted string, keys map[string][]string) bool {
	p, ok := compile(wanted, keys)
	return ok && p.match(got)
}

func numbers(holds func(a, b float64) bool) test {
	return func(got, wanted string, _ map[string][]string) bool {
		a, err1 := strconv.ParseFloat(got, 64)
		b, err2 := strconv.ParseFloat(wanted, 64)
		return err1 == nil && err2 == nil && holds(a, b)
	}
}

func dates(holds func(a, b time.Time) bool) test {
	return func(got, wanted string, _ map[string][]string) bool {
		a, ok1 := date(got)
		b, ok2 := date(wanted)
		return ok1 && ok2 && holds(a, b)
	}
}

// date reads ISO 8601, or seconds since 1970.
func date(s string) (time.Time, bool) {
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func within(got, wanted string, _ map[string][]string) bool {
	a, err := netip.ParseAddr(got)
	network, ok := network(wanted)
	return err == nil && ok && network.Contains(a.Unmap())
}

func network(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), true
}

// parseConditions reads {operator: {key: values}}.
func parseConditions(raw json.RawMessage) (list []condition, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var blocks map[string]map[string]json.RawMessage
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return nil, errors.New("the condition is no object of objects")
	}
	for operator, block := range blocks {
		c, err := operatorOf(operator)
		if err != nil {
			return nil, err
		}
		for key, values := range block {
			c.key = strings.ToLower(key)
			if c.wanted, err = scalars(values); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", key, operator, err)
			}
			if err := c.check(); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", key, operator, err)
			}
			list = append(list, c)
		}
	}
	return list, nil
}

func operatorOf(name string) (c condition, err error) {
	op := strings.ToLower(name)
	op, c.all = strings.CutPrefix(op, "forallvalues:")
	op, c.any = strings.CutPrefix(op, "foranyvalue:")
	op, c.ifExists = strings.CutSuffix(op, "ifexists")
	if op == "null" {
		c.null = true
		return c, nil
	}
	if positive, ok := negations()[op]; ok {
		op, c.not = positive, true
	}
	c.operator = op
	if c.test = operators()[op]; c.test == nil {
		return c, fmt.Errorf("the operator %q is not understood", name)
	}
	return c, nil
}

// check refuses values that could never be compared, so that a denial is not lost to a slip of the pen.
func (c condition) check() error {
	if c.null {
		if len(c.wanted) != 1 || c.wanted[0] != "true" && c.wanted[0] != "false" {
			return errors.New("it wants true or false")
		}
		return nil
	}
	if len(c.wanted) == 0 {
		return errors.New("there is no value")
	}
	for _, w := range c.wanted {
		if err := checkVariables(w); err != nil {
			return err
		}
		good := true
		switch {
		case c.operator == "ipaddress":
			_, good = network(w)
		case c.operator == "bool":
			good = strings.EqualFold(w, "true") || strings.EqualFold(w, "false") || strings.Contains(w, "${")
		case strings.HasPrefix(c.operator, "numeric"):
			_, err := strconv.ParseFloat(w, 64)
			good = err == nil
		case strings.HasPrefix(c.operator, "date"):
			_, good = date(w)
		}
		if !good {
			return fmt.Errorf("%q cannot be compared so", w)
		}
	}
	return nil
}

// scalars reads one value or a list of them, as texts.
func scalars(raw json.RawMessage) (out []string, err error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	for _, one := range list {
		var s string
		if json.Unmarshal(one, &s) != nil {
			var n json.Number
			var b bool
			switch {
			case json.Unmarshal(one, &b) == nil:
				s = strconv.FormatBool(b)
			case json.Unmarshal(one, &n) == nil && n != "":
				s = n.String()
			default:
				return nil, errors.New("the value is neither text, number nor boolean")
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// holds looks at the key. An absent key fails every comparison and fulfils every negated one.
func (c condition) holds(keys map[string][]string) bool {
	values, there := keys[c.key]
	there = there && len(values) > 0
	switch {
	case c.null:
		return there != (c.wanted[0] == "true")
	case !there:
		return c.ifExists || c.all || c.not && !c.any
	case c.all:
		for _, v := range values {
			if c.compares(v, keys) == c.not {
				return false
			}
		}
		return true
	case c.any:
		for _, v := range values {
			if c.compares(v, keys) != c.not {
				return true
			}
		}
		return false
	}
	for _, v := range values {
		if c.compares(v, keys) {
			return !c.not
		}
	}
	return c.not
}

func (c condition) compares(got string, keys map[string][]string) bool {
	for _, w := range c.wanted {
		if c.test(got, w, keys) {
			return true
		}
	}
	return false
}
