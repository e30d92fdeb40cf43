package floe

import "github.com/floedata/floe/offset"

// account puts right what was counted for the flights of a session that failed, once a rewind has said what is
// committed: an append may have landed without its load, whole or in part. What is committed is written; what is not
// is read again, and its rejects are counted then.
func (l *lane) account(committed string) error {
	if l.run.limits.NoOffsets {
		l.disown()
		return nil
	}
	now, err := offset.Ordinal(committed)
	if err != nil {
		return l.failed(StepRewind, err)
	}
	reached, err := offset.Ordinal(l.reached)
	if err != nil {
		return l.failed(StepRewind, err)
	}
	landed := now - reached
	for _, f := range l.lost {
		own, refused := f.rejected(now)
		landed -= refused
		l.run.counters.rejected.Add(own + refused)
		l.run.counters.refused.Add(own + refused - f.gated.rows)
	}
	l.lost = nil
	if committed != l.reached {
		l.run.counters.written.Add(landed)
		l.run.counters.moved(l.id, committed)
		l.reached = committed
	}
	return nil
}

// disown takes back what was counted for failed flights, whose rows are read again, by this lane or another.
func (l *lane) disown() {
	for _, f := range l.lost {
		l.run.counters.refused.Add(-f.gated.rows)
	}
	l.lost = nil
}

// rejected is how many rejected rows of a failed flight lie before an ordinal that is committed: of source and
// transforms, and of the sink.
func (f *flight) rejected(committed int64) (own, refused int64) {
	if !f.gated.own || committed <= f.start.Ordinal {
		return 0, 0
	}
	all := int64(0)
	for _, r := range f.rejects {
		all += r.rows.Len()
		if r.end <= committed {
			own += r.rows.Len()
		}
	}
	if f.start.Ordinal+f.b.Rows <= committed {
		refused = f.gated.rows - all
	}
	return own, refused
}
