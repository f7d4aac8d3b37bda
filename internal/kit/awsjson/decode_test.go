package awsjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/kit/awsjson"
)

// all has one member of every type that the decoder knows.
type all struct {
	Text  *string           `json:"Text,omitzero"`
	Count *int32            `json:"Count,omitzero"`
	Long  *int64            `json:"Long,omitzero"`
	Flag  *bool             `json:"Flag,omitzero"`
	Blob  []byte            `json:"Blob,omitzero"`
	When  *awsjson.Time     `json:"When,omitzero"`
	Date  *awsjson.DateTime `json:"date,omitzero"`
	Doc   json.RawMessage   `json:"Doc,omitzero"`
	Inner *all              `json:"Inner,omitzero"`
	Items []all             `json:"Items,omitzero"`
	Names []string          `json:"Names,omitzero"`
	Pairs map[string]string `json:"Pairs,omitzero"`
	Named map[string]all    `json:"Named,omitzero"`
}

func decoder(t testing.TB) *awsjson.Decoder[all] {
	t.Helper()
	d, err := awsjson.NewDecoder[all]()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func p[T any](v T) *T { return &v }

func TestDecodeReadsWhatWasSent(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]all{
		``:                         {},
		" \r\n\t":                  {},
		`{}`:                       {},
		` { "Text" : "a" } `:       {Text: p("a")},
		`{"Text":null}`:            {},
		`{"text":"a"}`:             {}, // names are case-sensitive: two spellings may not mean one member
		`{"Text":""}`:              {Text: p("")},
		`{"Text":"a","Text":"b"}`:  {Text: p("b")},
		`{"Text":"a","Text":null}`: {},
		`{"T\u0065xt":"a"}`:        {Text: p("a")},
		`{"Text":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀"}`: {Text: p("\"\\/\b\f\n\r\té😀é😀")},
		`{"Text":"\ud800"}`:                          {Text: p("\ufffd")},
		`{"Count":-5,"Long":9007199254740993}`:       {Count: p(int32(-5)), Long: p(int64(9007199254740993))},
		`{"Count":5.0,"Long":1e3}`:                   {Count: p(int32(5)), Long: p(int64(1000))},
		`{"Flag":true}`:                              {Flag: p(true)},
		`{"Flag":false}`:                             {Flag: p(false)},
		`{"Blob":"aGk="}`:                            {Blob: []byte("hi")},
		`{"Blob":""}`:                                {Blob: []byte{}},
		`{"When":1548.25}`:                           {When: awsjson.At(time.UnixMilli(1548250).UTC())},
		`{"When":1.548E9}`:                           {When: awsjson.At(time.Unix(1548000000, 0).UTC())},
		`{"date":"2026-02-03T04:05:06.5Z"}`:          {Date: awsjson.AtDateTime(time.Date(2026, 2, 3, 4, 5, 6, 5e8, time.UTC))},
		`{"Doc":{"a":[1, 2]}}`:                       {Doc: json.RawMessage(`{"a":[1, 2]}`)},
		`{"Doc":null}`:                               {},
		`{"Inner":{"Text":"a"},"Inner":{"Count":1}}`: {Inner: &all{Count: p(int32(1))}}, // the last one, not a mixture
		`{"Inner":{},"Items":[{}],"Named":{"a":{}},"Inner":null,"Items":null,"Named":null}`:                        {},
		`{"Names":["a"],"Pairs":{"a":"b"},"Blob":"aGk=","Doc":1,"Names":null,"Pairs":null,"Blob":null,"Doc":null}`: {},
		`{"Inner":{}}`: {Inner: &all{}},
		`{"Items":[]}`: {Items: []all{}},
		`{"Items":[{"Text":"a"},{},null,{"Text":"b"}]}`:    {Items: []all{{Text: p("a")}, {}, {}, {Text: p("b")}}},
		`{"Names":["a",null,"b"]}`:                         {Names: []string{"a", "", "b"}},
		`{"Names":[]}`:                                     {Names: []string{}},
		`{"Names":null,"Items":null,"Pairs":null}`:         {},
		`{"Pairs":{"a":"b","c":null,"a":"d"}}`:             {Pairs: map[string]string{"a": "d", "c": ""}},
		`{"Named":{"x":{"Text":"a"},"y":null}}`:            {Named: map[string]all{"x": {Text: p("a")}, "y": {}}},
		`{"Other":{"a":["}",{"b":"\"]"}]},"Text":"after"}`: {Text: p("after")},
		`{"Other":-1.5e-7,"Text":"after"}`:                 {Text: p("after")},
	} {
		got, err := decoder(t).Decode([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s\n%s", body, diff)
		}
	}
}

func TestDecodeRefusesWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	const list, object = "Start of list found where not expected", "Start of structure or map found where not expected."
	const invalid = "The request body is not valid JSON."
	for body, want := range map[string]string{
		`{`:                                    invalid,
		`{} {}`:                                invalid,
		`{},`:                                  invalid,
		`{"Text":"a",}`:                        invalid,
		`{'Text':'a'}`:                         invalid,
		`{"Text":"a`:                           invalid,
		`{"Text":"a\`:                          invalid,
		`{"Text":01}`:                          invalid,
		`{"Text":"` + "\n" + `"}`:              invalid,
		"\ufeff{}":                             invalid,
		"\u00a0{}":                             invalid,
		"{\"Text\":\"\xff\"}":                  "The request body is not valid UTF-8.",
		strings.Repeat("[", 200):               "The request body is nested too deeply.",
		`{"x":` + strings.Repeat(`{"x":`, 200): "The request body is nested too deeply.",
		`[]`:                                   list,
		`"a"`:                                  "Expected a structure",
		`null`:                                 "Expected a structure",
		`{"Text":1}`:                           "NUMBER_VALUE can not be converted to a String",
		`{"Text":true}`:                        "TRUE_VALUE can not be converted to a String",
		`{"Text":false}`:                       "FALSE_VALUE can not be converted to a String",
		`{"Text":{}}`:                          object,
		`{"Text":[]}`:                          list,
		`{"Count":"1"}`:                        "STRING_VALUE can not be converted to an Integer",
		`{"Count":1.5}`:                        "NUMBER_VALUE can not be converted to an Integer",
		`{"Count":2147483648}`:                 "NUMBER_VALUE can not be converted to an Integer",
		`{"Count":1e99}`:                       "NUMBER_VALUE can not be converted to an Integer",
		`{"Long":92233720368547758080}`:        "NUMBER_VALUE can not be converted to a Long",
		`{"Flag":"true"}`:                      "STRING_VALUE can not be converted to a Boolean",
		`{"Flag":1}`:                           "NUMBER_VALUE can not be converted to a Boolean",
		`{"Blob":1}`:                           "NUMBER_VALUE can not be converted to Blob",
		`{"Blob":"!"}`:                         "A blob member is not valid base64.",
		`{"When":"2026-01-01"}`:                "STRING_VALUE can not be converted to milliseconds since epoch",
		`{"When":1e300}`:                       "NUMBER_VALUE can not be converted to milliseconds since epoch",
		`{"date":1}`:                           "NUMBER_VALUE can not be converted to a timestamp",
		`{"date":"soon"}`:                      "the timestamp is not in the form of RFC 3339",
		`{"Inner":"a"}`:                        "Expected structure or null",
		`{"Inner":[]}`:                         list,
		`{"Items":{}}`:                         object,
		`{"Items":"a"}`:                        "Expected list or null",
		`{"Items":[1]}`:                        "Expected structure or null",
		`{"Names":[1]}`:                        "NUMBER_VALUE can not be converted to a String",
		`{"Names":"a"}`:                        "Expected list or null",
		`{"Pairs":[]}`:                         list,
		`{"Pairs":{"a":1}}`:                    "NUMBER_VALUE can not be converted to a String",
		`{"Pairs":"a"}`:                        "Expected map or null",
		`{"Named":{"a":"b"}}`:                  "Expected structure or null",
		`{"Inner":{"Inner":{"Items":[{"Text":1}]}}}`: "NUMBER_VALUE can not be converted to a String",
	} {
		_, err := decoder(t).Decode([]byte(body))
		var got *awsjson.SerializationError
		if !errors.As(err, &got) || got.Message != want {
			t.Errorf("%.80s\n got %v\nwant %s", body, err, want)
		}
	}
}

func TestDecoderRefusesTypesItCannotFill(t *testing.T) {
	t.Parallel()
	if _, err := awsjson.NewDecoder[struct {
		X float64 `json:"x"`
	}](); err == nil {
		t.Error("a float64 was accepted")
	}
	if _, err := awsjson.NewDecoder[string](); err == nil {
		t.Error("a string was accepted")
	}
}

// Whatever is encoded is read back the same, so requests of Go clients lose nothing.
func TestEncodeThenDecodeIsTheSame(t *testing.T) {
	t.Parallel()
	d := decoder(t)
	rapid.Check(t, func(rt *rapid.T) {
		want := drawAll(rt, 2)
		body, err := json.Marshal(want)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := d.Decode(body)
		if err != nil {
			rt.Fatalf("%s: %v", body, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("%s\n%s", body, diff)
		}
	})
}

func drawAll(t *rapid.T, depth int) *all {
	a := &all{
		Text:  maybe(t, rapid.String()),
		Count: maybe(t, rapid.Int32()),
		Long:  maybe(t, rapid.Int64()),
		Flag:  maybe(t, rapid.Bool()),
		Blob:  rapid.SliceOf(rapid.Byte()).Draw(t, "blob"),
		Names: rapid.SliceOf(rapid.String()).Draw(t, "names"),
		Pairs: rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "pairs"),
	}
	if ms := maybe(t, rapid.Int64Range(-1e12, 1e13)); ms != nil {
		a.When = awsjson.At(time.UnixMilli(*ms).UTC())
	}
	if depth > 0 && rapid.Bool().Draw(t, "inner") {
		a.Inner = drawAll(t, depth-1)
		a.Items = []all{*drawAll(t, depth-1), {}}
		a.Named = map[string]all{"x": *drawAll(t, depth-1)}
	}
	return a
}

func maybe[T any](t *rapid.T, g *rapid.Generator[T]) *T {
	if !rapid.Bool().Draw(t, "there") {
		return nil
	}
	v := g.Draw(t, "value")
	return &v
}
