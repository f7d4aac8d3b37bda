// Package place tells where an address is, from a GeoIP database in MaxMind's format that lies on this machine. It leaves
// what follows from that to risk.
package place

import (
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"

	"cognate.dev/cognate/internal/risk"
)

// Map is an opened database. Safe for concurrent use.
type Map struct{ db *maxminddb.Reader }

// Open opens a database of cities or countries (.mmdb). The file must not be changed in place while it is open: put a new
// one in its place and restart.
func Open(path string) (*Map, error) {
	db, err := maxminddb.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open GeoIP database: %w", err)
	}
	return &Map{db}, nil
}

// Close closes the database; nobody may ask it any more.
func (m *Map) Close() error { return m.db.Close() }

// record is what is read of an entry of GeoLite2 City, GeoIP2 City and the databases with the same members.
// https://dev.maxmind.com/geoip/docs/databases/city-and-country/
type record struct {
	City struct {
		Names struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
	} `maxminddb:"city"`
	Country struct {
		Names struct {
			English string `maxminddb:"en"`
		} `maxminddb:"names"`
		Code string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
}

// Find says where an address is; the zero Place when the database does not know.
func (m *Map) Find(a netip.Addr) (risk.Place, error) {
	if !a.IsValid() {
		return risk.Place{}, nil
	}
	var r record
	found := m.db.Lookup(a)
	if err := found.Err(); err != nil {
		return risk.Place{}, fmt.Errorf("look up address: %w", err)
	}
	if !found.Found() {
		return risk.Place{}, nil
	}
	if err := found.Decode(&r); err != nil {
		return risk.Place{}, fmt.Errorf("look up address: %w", err)
	}
	p := risk.Place{City: r.City.Names.English, Country: r.Country.Names.English}
	if p.Country == "" {
		p.Country = r.Country.Code
	}
	if l := r.Location; l.Latitude != nil && l.Longitude != nil {
		p.Latitude, p.Longitude, p.Located = *l.Latitude, *l.Longitude, true
	}
	return p, nil
}

var _ risk.Finder = (*Map)(nil)
