package audit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Report is what checking found.
type Report struct {
	Records, Chains int
	Problems        []Problem
	Open            []string // chains without an end: their process runs, or it was killed
}

// Problem is one record that is not as it was written, or not there. Seq 0: the chain as a whole.
type Problem struct {
	Chain string
	Seq   int64
	What  string
}

// String is CHAIN/SEQ: what.
func (p Problem) String() string {
	if p.Seq == 0 {
		return p.Chain + ": " + p.What
	}
	return fmt.Sprintf("%s/%d: %s", p.Chain, p.Seq, p.What)
}

// maxProblems is how many are told; an attack on the log makes one or a million.
const maxProblems = 100

// page is how many rows are read at once.
const page = 500

// Verify checks every record that is there: its content, its MAC, its place in its chain, and that every end that another
// record or an anchor speaks of is there, and what copies of records speak of, place by place. It reads no further than the chains had come when it began, so it may run while
// servers write.
func Verify(ctx context.Context, s Store, k Keys, anchors, copied []Head) (*Report, error) {
	r, err := verify(ctx, s, k, anchors, copied)
	if err != nil || len(r.Problems) == 0 {
		return r, err
	}
	return verify(ctx, s, k, anchors, copied) // old records may have been removed meanwhile; what was tampered with stays so
}

func verify(ctx context.Context, s Store, k Keys, anchors, copied []Head) (*Report, error) {
	heads, err := s.AuditHeads(ctx, zero)
	if err != nil {
		return nil, err
	}
	chains, err := s.AuditChains(ctx)
	if err != nil {
		return nil, err
	}
	v := newChecker(k)
	known := map[string]Head{}
	for _, h := range heads {
		known[h.Chain] = h
		if !slices.Contains(chains, h.Chain) {
			chains = append(chains, h.Chain)
		}
	}
	slices.Sort(chains)
	for _, chain := range chains {
		h, ok := known[chain]
		if !ok {
			if h, ok, err = headOf(ctx, s, chain); err != nil {
				return nil, err
			}
			if !ok {
				v.problem(chain, 0, "the end of the chain is not known: its head was removed")
				h.Seq = 1 << 62
			}
		}
		if err := v.chainOf(ctx, s, chain, h.Seq); err != nil {
			return nil, err
		}
		if ok {
			v.end(h, "the head of the chain")
		}
	}
	for _, a := range anchors {
		v.end(a, "the anchor")
	}
	for _, c := range copied {
		v.end(c, "the copy")
	}
	return v.finish(), nil
}

// headOf looks once more for a chain that began after the heads were read.
func headOf(ctx context.Context, s Store, chain string) (Head, bool, error) {
	heads, err := s.AuditHeads(ctx, zero)
	if err != nil {
		return Head{}, false, err
	}
	i := slices.IndexFunc(heads, func(h Head) bool { return h.Chain == chain })
	if i < 0 {
		return Head{}, false, nil
	}
	return heads[i], true, nil
}

// VerifyRows checks rows that were exported: next gives them in the order of their chains and places, ok is false at the
// end. Keys may be nil: then hashes are checked and MACs are not. What was left out of the export shows as missing; of a part, such as
// one node's copy, only what is missing within it does.
func VerifyRows(next func() (Row, bool, error), k Keys, part bool) (*Report, error) {
	v := newChecker(k)
	v.part = part
	for {
		row, ok, err := next()
		if err != nil {
			return nil, err
		}
		if !ok {
			return v.finish(), nil
		}
		v.row(row)
	}
}

// checker goes through chains and remembers what they say of each other.
type checker struct {
	keys   Keys
	report Report
	seen   map[string]*span
	ends   []claim
	cuts   map[string]int64 // chain: up to where old records were removed
	part   bool             // other chains, and beginnings, are elsewhere
}

// span is what is there of a chain.
type span struct {
	first, last int64
	lastHash    string
	stopped     bool
	pieces      []piece // one, unless records are missing
}

// piece is a run of records without a gap: the beginnings of their hashes, since others may speak of any.
type piece struct {
	first  int64
	hashes []string
}

// hash is the beginning of the hash of a place; empty: it is not there.
func (c *span) hash(seq int64) string {
	for _, p := range c.pieces {
		if i := seq - p.first; i >= 0 && i < int64(len(p.hashes)) {
			return p.hashes[i]
		}
	}
	return ""
}

func (c *span) add(seq int64, hash string) {
	if seq != c.last+1 || len(c.pieces) == 0 {
		c.pieces = append(c.pieces, piece{first: seq})
	}
	p := &c.pieces[len(c.pieces)-1]
	p.hashes = append(p.hashes, strings.Clone(hash[:min(len(hash), shortHash)]))
	c.last, c.lastHash = seq, hash
}

const shortHash = 16

// claim is an end of a chain that something speaks of.
type claim struct {
	Head
	by string
}

func newChecker(k Keys) *checker {
	return &checker{keys: k, seen: map[string]*span{}, cuts: map[string]int64{}}
}

func (v *checker) problem(chain string, seq int64, what string) {
	if len(v.report.Problems) < maxProblems {
		v.report.Problems = append(v.report.Problems, Problem{chain, seq, what})
	}
}

// chainOf reads a chain up to a place.
func (v *checker) chainOf(ctx context.Context, s Store, chain string, upTo int64) error {
	for after := int64(0); after < upTo; {
		rows, err := s.AuditRows(ctx, chain, after, page)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Seq > upTo {
				return nil
			}
			v.row(row)
			after = row.Seq
		}
		if len(rows) < page {
			return nil
		}
	}
	return nil
}

// row checks the next row of a chain.
func (v *checker) row(row Row) {
	v.report.Records++
	rec, what := broken(v.keys, row)
	if what != "" {
		v.problem(row.Chain, row.Seq, what)
	}
	c := v.seen[row.Chain]
	if c == nil {
		c = &span{first: row.Seq}
		v.seen[row.Chain] = c
		if row.Seq == 1 && rec.Prev != "" {
			v.problem(row.Chain, 1, "it says that something was before it")
		}
	} else {
		switch {
		case row.Seq != c.last+1:
			v.problem(row.Chain, c.last+1, missing(c.last+1, row.Seq-1))
		case what == "" && rec.Prev != c.lastHash:
			v.problem(row.Chain, row.Seq, "it does not follow the record before it")
		}
	}
	c.add(row.Seq, row.Hash)
	c.stopped = rec.Operation == Stop
	if what != "" || rec.Front != "audit" {
		return
	}
	switch rec.Operation {
	case Start, Checkpoint:
		for chain, end := range rec.Detail {
			var h Head
			if _, err := fmt.Sscan(end, &h.Seq, &h.Hash); err == nil {
				h.Chain = chain
				v.end(h, fmt.Sprintf("record %s/%d", row.Chain, row.Seq))
			}
		}
	case Cut:
		for chain, upTo := range rec.Detail {
			if n, err := strconv.ParseInt(upTo, 10, 64); err == nil {
				v.cuts[chain] = max(v.cuts[chain], n)
			}
		}
	}
}

func missing(from, to int64) string {
	if from == to {
		return "it is missing"
	}
	return fmt.Sprintf("it is missing, and all up to %d", to)
}

// end remembers that a chain must reach a place.
func (v *checker) end(h Head, by string) { v.ends = append(v.ends, claim{h, by}) }

// finish judges what one chain says of another.
func (v *checker) finish() *Report {
	for chain, c := range v.seen {
		if c.first > 1 && !v.part && v.cuts[chain] < c.first-1 {
			v.problem(chain, 1, missing(1, c.first-1)+", and no record says that it was old enough to be removed")
		}
		if !c.stopped {
			v.report.Open = append(v.report.Open, chain)
		}
	}
	told := map[string]int64{} // one problem a chain is enough
	for _, e := range v.ends {
		if e.Seq <= v.cuts[e.Chain] || e.Seq <= told[e.Chain] {
			continue
		}
		c := v.seen[e.Chain]
		switch {
		case v.part && (c == nil || c.last < e.Seq):
		case c == nil || c.last < e.Seq:
			from := v.cuts[e.Chain] + 1
			if c != nil {
				from = c.last + 1
			}
			told[e.Chain] = e.Seq
			v.problem(e.Chain, from, missing(from, e.Seq)+": "+e.by+" speaks of it")
		case c.hash(e.Seq) != "" && !strings.HasPrefix(e.Hash, c.hash(e.Seq)):
			told[e.Chain] = e.Seq
			v.problem(e.Chain, e.Seq, "it is another one than "+e.by+" speaks of")
		}
	}
	v.report.Chains = len(v.seen)
	slices.Sort(v.report.Open)
	slices.SortFunc(v.report.Problems, func(a, b Problem) int {
		if a.Chain != b.Chain {
			if a.Chain < b.Chain {
				return -1
			}
			return 1
		}
		return int(a.Seq - b.Seq)
	})
	return &v.report
}
