package iampolicy_test

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/kit/iampolicy"
)

const arn = "arn:aws:execute-api:eu-west-1:123456789012:api/prod/GET/orders/7"

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func statement(effect, resource, condition string) string {
	s := `{"Effect":"` + effect + `","Action":"execute-api:Invoke","Resource":"` + resource + `"`
	if condition != "" {
		s += `,"Condition":` + condition
	}
	return s + "}"
}

func TestADenialCountsMoreThanAnAllowance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		doc  string
		want iampolicy.Effect
	}{
		"nothing":                {document(), iampolicy.Silent},
		"an allowance":           {document(statement("Allow", "*", "")), iampolicy.Allow},
		"both":                   {document(statement("Allow", "*", ""), statement("Deny", "*/orders/*", "")), iampolicy.Deny},
		"both, the denial first": {document(statement("Deny", "*/orders/*", ""), statement("Allow", "*", "")), iampolicy.Deny},
		"another resource":       {document(statement("Allow", "*/POST/*", "")), iampolicy.Silent},
		"? is one character":     {document(statement("Allow", "*/orders/?", "")), iampolicy.Allow},
		"? is no two":            {document(statement("Allow", "*/order?7", "")), iampolicy.Silent},
		"a part is no match":     {document(statement("Allow", "arn:aws:execute-api:eu-west-1:123456789012:api/prod/GET/orders", "")), iampolicy.Silent},
		"one statement":          {`{"Statement":` + statement("Allow", "*", "") + `}`, iampolicy.Allow},
		"actions ignore case":    {`{"Statement":{"Effect":"Allow","Action":["EXECUTE-API:in*"],"Resource":"*"}}`, iampolicy.Allow},
		"another action":         {`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, iampolicy.Silent},
		"not another action":     {`{"Statement":{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}}`, iampolicy.Deny},
		"not another resource":   {`{"Statement":{"Effect":"Deny","Action":"*","NotResource":"*/open"}}`, iampolicy.Deny},
		"everybody":              {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, iampolicy.Allow},
	} {
		d, err := iampolicy.Parse([]byte(c.doc))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := d.Evaluate(iampolicy.Request{Action: "execute-api:Invoke", Resource: arn}); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestConditionsHold(t *testing.T) {
	t.Parallel()
	keys := map[string][]string{
		"aws:sourceip": {"192.0.2.7"}, "aws:currenttime": {"2026-03-01T12:00:00Z"}, "aws:securetransport": {"true"}, "n": {"5"},
		"who": {"alice"}, "tags": {"a", "b"}, "star": {"*"},
		"name": {"Jürg"},
	}
	for _, c := range []struct {
		condition string
		holds     bool
	}{
		{`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, true},
		{`{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.7"]}}`, true},
		{`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, false},
		{`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, true},
		{`{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}`, false},
		{`{"StringEquals":{"who":"alice"}}`, true},
		{`{"StringEquals":{"who":"Alice"}}`, false},
		{`{"StringEqualsIgnoreCase":{"who":"Alice"}}`, true},
		{`{"StringNotEquals":{"who":"bob"}}`, true},
		{`{"StringLike":{"who":"al?ce*"}}`, true},
		{`{"StringNotLike":{"who":"a*"}}`, false},
		{`{"StringEquals":{"who":["bob","alice"]}}`, true},
		{`{"StringEquals":{"absent":"x"}}`, false},
		{`{"StringEqualsIfExists":{"absent":"x"}}`, true},
		{`{"StringNotEquals":{"absent":"x"}}`, true},
		{`{"Null":{"absent":"true"}}`, true},
		{`{"Null":{"who":true}}`, false},
		{`{"Bool":{"aws:SecureTransport":true}}`, true},
		{`{"Bool":{"aws:SecureTransport":"false"}}`, false},
		{`{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-12-31T00:00:00Z"}}`, true},
		{`{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}`, false},
		{`{"NumericLessThanEquals":{"n":5}}`, true},
		{`{"NumericGreaterThan":{"n":"5"}}`, false},
		{`{"ForAllValues:StringEquals":{"tags":["a","b","c"]}}`, true},
		{`{"ForAllValues:StringEquals":{"tags":["a"]}}`, false},
		{`{"ForAnyValue:StringEquals":{"tags":["b"]}}`, true},
		{`{"ForAnyValue:StringEquals":{"absent":["b"]}}`, false},
		{`{"StringEquals":{"who":"${WHO}"}}`, true},
		{`{"StringLike":{"who":"${star}"}}`, false}, // what a variable brings is text
		{`{"StringEquals":{"who":"${absent}"}}`, false},
		{`{"StringEquals":{"who":"${absent, 'alice'}"}}`, true},
		{`{"StringEquals":{"who":"${who, 'bob'}"}}`, true},
		{`{"StringEquals":{"who":"${tags, 'alice'}"}}`, false}, // there, and not one value
		{`{"StringLike":{"who":"${absent, '*'}"}}`, false},
		{`{"StringNotEquals":{"who":"${absent, 'alice'}"}}`, false},
		{`{"StringLike":{"name":"J?rg"}}`, true}, // a character, however many bytes it has
		{`{"StringLike":{"name":"J??rg"}}`, false},
		{`{"StringLike":{"name":"*??rg"}}`, true},
		{`{"StringLike":{"name":"J*??rg"}}`, false},
	} {
		d, err := iampolicy.Parse([]byte(document(statement("Allow", "*", c.condition))))
		if err != nil {
			t.Errorf("%s: %v", c.condition, err)
			continue
		}
		if got := d.Evaluate(iampolicy.Request{Action: "execute-api:Invoke", Resource: arn, Keys: keys}) == iampolicy.Allow; got != c.holds {
			t.Errorf("%s holds: %v", c.condition, got)
		}
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]string{
		"no JSON":              `x`,
		"two":                  document() + document(),
		"an unknown member":    `{"Statement":[],"Statements":[]}`,
		"an unknown version":   `{"Version":"2026-01-01","Statement":[]}`,
		"no effect":            `{"Statement":{"Action":"*","Resource":"*"}}`,
		"an effect in small":   `{"Statement":{"Effect":"deny","Action":"*","Resource":"*"}}`,
		"no action":            `{"Statement":{"Effect":"Deny","Resource":"*"}}`,
		"no resource":          `{"Statement":{"Effect":"Deny","Action":"*"}}`,
		"two kinds of actions": `{"Statement":{"Effect":"Deny","Action":"*","NotAction":"s3:*","Resource":"*"}}`,
		"a misspelt member":    `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Conditions":{}}}`,
		"a principal":          `{"Statement":{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"*","Resource":"*"}}`,
		"an operator":          document(statement("Deny", "*", `{"Magic":{"a":"b"}}`)),
		"a network":            document(statement("Deny", "*", `{"IpAddress":{"aws:SourceIp":"here"}}`)),
		"a date":               document(statement("Deny", "*", `{"DateLessThan":{"aws:CurrentTime":"soon"}}`)),
		"a number":             document(statement("Deny", "*", `{"NumericEquals":{"n":"five"}}`)),
		"no values":            document(statement("Deny", "*", `{"StringEquals":{"a":[]}}`)),
		"two effects":          `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Effect":"Allow"}}`,
		"two of other case":    `{"Statement":{"Effect":"Allow","Action":"s3:Get","action":"*","Resource":"*"}}`,
		"two that fold to one": `{"Statement":{"Effect":"Allow","Action":"*","Resource":"x","Re\u017fource":"*"}}`,
		"two statements":       `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"},"Statement":[]}`,
		"two operators":        document(statement("Allow", "*", `{"StringEquals":{"a":"x"},"StringEquals":{"b":"y"}}`)),
		"two keys":             document(statement("Allow", "*", `{"StringEquals":{"a":"x","a":"y"}}`)),
		"half a variable":      document(statement("Deny", "*/${who", "")),
		"a nameless variable":  document(statement("Deny", "*/${}", "")),
		"half a default":       document(statement("Deny", "*", `{"StringEquals":{"a":"${who, x}"}}`)),
		"a variable of action": `{"Statement":{"Effect":"Deny","Action":"s3:${who}","Resource":"*"}}`,
		"a bracket behind it":  document() + `}`,
		"too long":             document(statement("Deny", strings.Repeat("x", iampolicy.MaxSize), "")),
	} {
		if _, err := iampolicy.Parse([]byte(doc)); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(document(statement("Allow", "*", `{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`)))
	f.Add(`{"Statement":{"Effect":"Deny","NotAction":"s3:*","NotResource":"*${a}?"}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		d, err := iampolicy.Parse([]byte(doc))
		if err != nil {
			return
		}
		r := iampolicy.Request{Action: "execute-api:Invoke", Resource: arn, Keys: map[string][]string{"a": {"*"}}}
		if effect := d.Evaluate(r); effect < iampolicy.Silent || effect > iampolicy.Deny {
			t.Error("it says something else")
		}
	})
}

// TestAVariableWithoutAValueLetsNobodyIn fails when "everything but mine" is everything for whom nobody has said what is theirs.
func TestAVariableWithoutAValueLetsNobodyIn(t *testing.T) {
	t.Parallel()
	const (
		others = `"Action":"*","NotResource":"*/${who}/*"`
		unlike = `"Action":"*","Resource":"*","Condition":{"StringNotEquals":{"team":"${who}"}}`
	)
	for name, c := range map[string]struct {
		statement string
		known     iampolicy.Effect // where who is dana
		unknown   iampolicy.Effect
	}{
		"an allowance of other resources": {`{"Effect":"Allow",` + others + `}`, iampolicy.Allow, iampolicy.Silent},
		"a denial of other resources":     {`{"Effect":"Deny",` + others + `}`, iampolicy.Deny, iampolicy.Deny},
		"an allowance of others":          {`{"Effect":"Allow",` + unlike + `}`, iampolicy.Allow, iampolicy.Silent},
		"a denial of others":              {`{"Effect":"Deny",` + unlike + `}`, iampolicy.Deny, iampolicy.Deny},
	} {
		d, err := iampolicy.Parse([]byte(document(c.statement)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		keys := map[string][]string{"team": {"a"}}
		if got := d.Evaluate(iampolicy.Request{Action: "execute-api:Invoke", Resource: arn, Keys: keys}); got != c.unknown {
			t.Errorf("%s, of nobody: %v, want %v", name, got, c.unknown)
		}
		keys["who"] = []string{"dana"}
		if got := d.Evaluate(iampolicy.Request{Action: "execute-api:Invoke", Resource: arn, Keys: keys}); got != c.known {
			t.Errorf("%s: %v, want %v", name, got, c.known)
		}
	}
}
