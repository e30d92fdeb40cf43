package streaming

import (
	"context"
	"sync"
)

// poller asks for the status of all channels for which somebody waits, in one request. It has a goroutine for as long as
// there are any.
type poller struct {
	client *Client

	mu      sync.Mutex
	waiters map[*Channel]int
	once    map[*Channel]bool // to be asked for once
	cancel  context.CancelFunc
	closed  bool
}

// watch has a channel asked for until unwatch is called as often.
func (p *poller) watch(ch *Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters[ch]++
	p.start()
}

func (p *poller) unwatch(ch *Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiters[ch]--; p.waiters[ch] == 0 {
		delete(p.waiters, ch)
	}
}

// look has a channel asked for once.
func (p *poller) look(ch *Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.once[ch] = true
	p.start()
}

// start begins to poll, under the lock.
func (p *poller) start() {
	if p.cancel != nil || p.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.client.running.Add(1)
	go func() {
		defer p.client.running.Done()
		defer cancel()
		p.run(ctx)
	}()
}

// stop ends polling for good.
func (p *poller) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.cancel != nil {
		p.cancel()
	}
}

func (p *poller) run(ctx context.Context) {
	for {
		channels := p.next()
		if channels == nil {
			return
		}
		p.poll(ctx, channels)
		sleep(ctx, p.client.opts.PollInterval)
	}
}

// next returns the channels to ask for; nil = there are none, and polling ends.
func (p *poller) next() []*Channel {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*Channel
	for ch := range p.waiters {
		list = append(list, ch)
		delete(p.once, ch)
	}
	for ch := range p.once {
		list = append(list, ch)
	}
	clear(p.once)
	if len(list) == 0 || p.closed {
		p.cancel = nil
		return nil
	}
	return list
}

func (p *poller) poll(ctx context.Context, channels []*Channel) {
	names := make([]string, len(channels))
	for i, ch := range channels {
		names[i] = ch.name
	}
	statuses, err := p.client.statuses(ctx, names)
	for i, ch := range channels {
		if err != nil {
			ch.unpolled(err)
			continue
		}
		if status, ok := statuses[names[i]]; ok {
			ch.observe(&status)
		} else {
			ch.observe(nil)
		}
	}
}
