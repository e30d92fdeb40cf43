package streaming

import "time"

// pacer spaces what is spent so that it is never more than so much in a second.
type pacer struct {
	perSecond float64 // negative = without bound
	next      time.Time
}

// wait says how long nothing is to be spent.
func (p *pacer) wait(now time.Time) time.Duration { return p.next.Sub(now) }

// spend spends n.
func (p *pacer) spend(n float64, now time.Time) {
	if p.perSecond < 0 {
		return
	}
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(n / p.perSecond * float64(time.Second)))
}
