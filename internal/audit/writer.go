package audit

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cognate.dev/cognate/internal/kit/random"
)

// run is the writer.
func (l *Log) run() {
	defer close(l.ended)
	tick := time.NewTicker(pinEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.pin()
		case <-l.hurry:
			l.write(l.gather(nil))
		case first, ok := <-l.queue:
			if !ok {
				l.write(l.gather(nil))
				l.stop()
				return
			}
			l.write(l.gather([]*waiting{first}))
		}
	}
}

// gather takes what else has come.
func (l *Log) gather(batch []*waiting) []*waiting {
	l.hall.Lock()
	batch = append(batch, l.ahead...)
	clear(l.ahead)
	l.ahead = l.ahead[:0]
	l.hall.Unlock()
	for len(batch) < most {
		select {
		case w, ok := <-l.queue:
			if !ok {
				return batch
			}
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// write gives a batch to the store. After a failure nobody knows whether it was written, so the next try begins another
// chain: then a record may be there twice, with one request id, and is never missing.
func (l *Log) write(batch []*waiting) {
	if len(batch) == 0 { // what somebody waited for has gone with others
		return
	}
	records := make([]Record, len(batch))
	for i, w := range batch {
		records[i] = w.r
	}
	began := l.Now()
	var err error
	for try := range 3 {
		if try > 0 {
			time.Sleep(time.Duration(try) * 100 * time.Millisecond)
		}
		if err = l.append(records, began); err == nil {
			break
		}
	}
	if err == nil {
		l.Wrote(len(batch), l.Now().Sub(began))
	}
	for _, w := range batch {
		if err != nil {
			l.Lost(w.r, err)
		}
		w.done <- err
	}
}

// append puts records at the end of the chain, and begins one when there is none.
func (l *Log) append(records []Record, busy time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if l.chain == "" {
		first, err := l.first(ctx)
		if err != nil {
			return err
		}
		l.chain, l.seq, l.prev = random.LowerAlnum(16), 0, ""
		records = append([]Record{first}, records...)
	}
	rows := make([]Row, len(records))
	seq, prev := l.seq, l.prev
	for i, r := range records {
		r.Chain, r.Seq, r.Prev, r.Time, r.Node = l.chain, seq+1, prev, moment(l.Now()), l.Node
		row, err := link(l.Keys, r)
		if err != nil {
			return err
		}
		seq, prev, rows[i] = row.Seq, row.Hash, row
	}
	if err := l.Store.InsertAudit(ctx, rows, Head{Chain: l.chain, Seq: seq, Hash: prev, Busy: busy}); err != nil {
		if l.seq > 0 {
			l.failed = l.chain
		}
		l.chain = ""
		return err
	}
	l.seq, l.prev = seq, prev
	l.Anchor.Hold(l.chain, seq, prev)
	l.Copy(rows)
	return nil
}

// first is the record that begins a chain: it names the ends of the chains that were busy lately.
func (l *Log) first(ctx context.Context) (Record, error) {
	heads, err := l.Store.AuditHeads(ctx, l.Now().Add(-lookBack))
	if err != nil {
		return Record{}, err
	}
	r := own(Start)
	r.Detail = endsOf(heads)
	r.Resource = "version/" + l.Version
	if l.failed != "" {
		r.Resource += " after/" + l.failed
	}
	l.checked, l.pinned = l.Now(), busyOf(heads)
	return r, nil
}

// own is a record of the log about itself.
func own(operation string) Record {
	return Record{Front: "audit", Operation: operation, Actor: Actor{Kind: System}, Outcome: OK}
}

func endsOf(heads []Head) map[string]string {
	if len(heads) == 0 {
		return nil
	}
	ends := make(map[string]string, len(heads))
	for _, h := range heads {
		ends[h.Chain] = fmt.Sprintf("%d %s", h.Seq, h.Hash)
	}
	return ends
}

// pin writes down the ends of all chains that were busy since the last time, so that one chain knows of another's end.
func (l *Log) pin() {
	if l.chain == "" {
		return // nothing was recorded here yet
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	at := l.Now()
	heads, err := l.Store.AuditHeads(ctx, l.checked.Add(-pinEvery)) // clocks of nodes differ a little
	if err != nil {
		return // and again in a minute
	}
	busy := busyOf(heads)
	fresh := slices.ContainsFunc(heads, func(h Head) bool { return !h.Busy.Equal(l.pinned[h.Chain]) })
	if !fresh {
		return
	}
	r := own(Checkpoint)
	r.Detail = endsOf(heads)
	if l.append([]Record{r}, zero) == nil {
		l.checked, l.pinned = at, busy
		l.Pinned(r.Detail)
	}
}

func busyOf(heads []Head) map[string]time.Time {
	busy := make(map[string]time.Time, len(heads))
	for _, h := range heads {
		busy[h.Chain] = h.Busy
	}
	return busy
}

func (l *Log) stop() {
	if l.chain == "" {
		return
	}
	if err := l.append([]Record{own(Stop)}, zero); err != nil {
		l.Lost(own(Stop), err)
	}
}
