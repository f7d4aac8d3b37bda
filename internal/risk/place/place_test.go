package place_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/risk/place"
)

// TestAddressesAreFound fails when an address is put somewhere else, or one that the database does not know crashes.
func TestAddressesAreFound(t *testing.T) {
	t.Parallel()
	berlin := object{
		"city": object{"names": object{"en": "Berlin", "de": "Berlin"}}, "country": object{"iso_code": "DE", "names": object{"en": "Germany"}},
		"location": object{"latitude": 52.52, "longitude": 13.4},
	}
	path := filepath.Join(t.TempDir(), "city.mmdb")
	if err := os.WriteFile(path, database(map[string]object{
		"192.0.2.0/24": berlin, "198.51.100.128/25": {"country": object{"iso_code": "JP"}}, "203.0.113.0/24": {},
	}), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := place.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for address, want := range map[string]risk.Place{
		"192.0.2.200":     {City: "Berlin", Country: "Germany", Latitude: 52.52, Longitude: 13.4, Located: true},
		"198.51.100.129":  {Country: "JP"},
		"198.51.100.1":    {},
		"203.0.113.1":     {},
		"8.8.8.8":         {},
		"2001:db8::1":     {},
		"":                {},
		"::ffff:10.0.0.1": {},
	} {
		a, _ := netip.ParseAddr(address)
		if got, err := m.Find(a.Unmap()); err != nil && address != "2001:db8::1" || got != want {
			t.Errorf("%s: %+v %v, want %+v", address, got, err, want)
		}
	}
	if _, err := place.Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was opened")
	}
}

type object map[string]any

// database writes the smallest file of MaxMind's format that holds these IPv4 networks.
// https://maxmind.github.io/MaxMind-DB/
func database(networks map[string]object) []byte {
	type node [2]int // a node, or ^ of an index into records, or 0 for nothing
	tree := []node{{}}
	var data bytes.Buffer
	var places []int
	for network, record := range networks {
		p := netip.MustParsePrefix(network)
		bits := p.Addr().As4()
		at := 0
		for i := range p.Bits() {
			side := int(bits[i/8]>>(7-i%8)) & 1
			if i == p.Bits()-1 {
				tree[at][side] = ^len(places)
				break
			}
			if tree[at][side] == 0 {
				tree = append(tree, node{})
				tree[at][side] = len(tree) - 1
			}
			at = tree[at][side]
		}
		places = append(places, data.Len())
		encode(&data, record)
	}
	var out bytes.Buffer
	for _, n := range tree {
		for _, child := range n {
			value := len(tree) // nothing
			switch {
			case child > 0:
				value = child
			case child < 0:
				value = len(tree) + 16 + places[^child]
			}
			out.Write([]byte{byte(value >> 16), byte(value >> 8), byte(value)})
		}
	}
	out.Write(make([]byte, 16))
	out.Write(data.Bytes())
	out.WriteString("\xab\xcd\xefMaxMind.com")
	encode(&out, object{
		"binary_format_major_version": uint16(2), "binary_format_minor_version": uint16(0), "build_epoch": uint16(1), "database_type": "Test",
		"ip_version": uint16(4), "node_count": uint16(len(tree)), "record_size": uint16(24), "languages": []any{}, "description": object{},
	})
	return out.Bytes()
}

func encode(out *bytes.Buffer, v any) {
	switch v := v.(type) {
	case string:
		out.WriteByte(2<<5 | byte(len(v)))
		out.WriteString(v)
	case float64:
		out.WriteByte(3<<5 | 8)
		_ = binary.Write(out, binary.BigEndian, math.Float64bits(v))
	case uint16:
		out.WriteByte(5<<5 | 2)
		_ = binary.Write(out, binary.BigEndian, v)
	case []any:
		out.Write([]byte{byte(len(v)), 11 - 7})
	case object:
		out.WriteByte(7<<5 | byte(len(v)))
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			encode(out, k)
			encode(out, v[k])
		}
	}
}
