package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The purposes of keys.
const (
	macPurpose   = "audit record"
	loginPurpose = "audit login"
)

// link makes the row of a record whose chain, place and predecessor are set. The canonical form of a record is the JSON
// that is stored: hashes are over its bytes, and nobody writes them anew. The hash (SHA-256) can be checked by anybody;
// the MAC over it only with the master key, and so is what cannot be made without.
func link(keys Keys, r Record) (Row, error) {
	doc, err := json.Marshal(r)
	if err != nil {
		return Row{}, fmt.Errorf("encode audit record: %w", err)
	}
	sum := sha256.Sum256(doc)
	row := rowOf(r)
	row.Doc, row.Hash, row.MAC = string(doc), hex.EncodeToString(sum[:]), hex.EncodeToString(keys.MAC(macPurpose, sum[:]))
	return row, nil
}

// rowOf is what a record is found by.
func rowOf(r Record) Row {
	return Row{Chain: r.Chain, Seq: r.Seq, At: r.Time, Operation: r.Operation, Actor: r.Actor.String(), Pool: r.Pool, Client: r.Client, Person: r.User, Outcome: r.Outcome}
}

// Line is a row as a line of an export or a copy: the record as it is stored, and what proves it. By hand: an encoder would write
// the record anew, and its hash is over its bytes.
func Line(row Row) string {
	return fmt.Sprintf(`{"record":%s,"hash":%q,"mac":%q}`+"\n", row.Doc, row.Hash, row.MAC)
}

// RowOfLine is the row of such a line.
func RowOfLine(line []byte) (Row, error) {
	var e struct {
		Record json.RawMessage `json:"record"`
		Hash   string          `json:"hash"`
		MAC    string          `json:"mac"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return Row{}, errors.New("none that export wrote")
	}
	r, err := Row{Doc: string(e.Record)}.Parse()
	if err != nil {
		return Row{}, err
	}
	row := rowOf(r)
	row.Doc, row.Hash, row.MAC = string(e.Record), e.Hash, e.MAC
	return row, nil
}

// Parse reads the record of a row.
func (r Row) Parse() (rec Record, err error) {
	if err := json.Unmarshal([]byte(r.Doc), &rec); err != nil {
		return rec, fmt.Errorf("audit record %s/%d: %w", r.Chain, r.Seq, err)
	}
	return rec, nil
}

// broken says what is wrong with a row by itself, "" when nothing is. Without keys only the hash is looked at.
func broken(keys Keys, row Row) (rec Record, what string) {
	sum := sha256.Sum256([]byte(row.Doc))
	if hex.EncodeToString(sum[:]) != row.Hash {
		return rec, "its content was changed: the hash does not fit"
	}
	if keys != nil {
		mac, err := hex.DecodeString(row.MAC)
		if err != nil || !hmac.Equal(mac, keys.MAC(macPurpose, sum[:])) {
			return rec, "it was not written by a server with this master key"
		}
	}
	rec, err := row.Parse()
	if err != nil {
		return rec, "it is no record"
	}
	want := rowOf(rec)
	want.Doc, want.Hash, want.MAC = row.Doc, row.Hash, row.MAC
	if !want.At.Equal(row.At) {
		return rec, "it is filed under another time than its own"
	}
	want.At = row.At
	if want != row {
		return rec, "it is filed under other names than its own"
	}
	return rec, ""
}

// moment is a time as records have it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
