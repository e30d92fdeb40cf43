package netfault

import "bytes"

// Fault is what happens to one message of a client.
type Fault struct {
	// Seen is text that the message has and that the fault waits for, in the streams of all clients; ASCII letters
	// match in either case.
	Seen string
	// Skip is how often the text goes by first.
	Skip int
	// Reply: the message arrives, and the reply to it does not. Else the message does not arrive.
	Reply bool
	// Stall: what does not arrive is held back until [Proxy.Resume], with all else that goes the same way and
	// with what follows a message. Else the connection is cut, the server's reply being awaited first.
	Stall bool
	// Cut is how.
	Cut Cut
}

// trap is a fault that waits.
type trap struct {
	Fault
	seen  []byte
	fired chan struct{}
	tails map[*link][]byte // the end of each stream, which may be the beginning of the text
}

// Arm makes a fault wait, instead of one that waited before, for what clients send from now on. It happens once; the
// channel is closed when it has.
func (p *Proxy) Arm(f Fault) (fired <-chan struct{}) {
	t := &trap{Fault: f, seen: lower([]byte(f.Seen)), fired: make(chan struct{}), tails: map[*link][]byte{}}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trap = t
	return t.fired
}

// sprung returns the trap that a client's data springs, nil where it springs none.
func (p *Proxy) sprung(l *link, data []byte) *trap {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.trap
	if t == nil {
		return nil
	}
	rest := append(t.tails[l], lower(data)...)
	for {
		i := bytes.Index(rest, t.seen)
		if i < 0 {
			break
		}
		rest = rest[i+len(t.seen):]
		if t.Skip--; t.Skip < 0 {
			p.trap = nil
			return t
		}
	}
	t.tails[l] = bytes.Clone(rest[max(0, len(rest)-len(t.seen)+1):])
	return nil
}

// spring does what the fault says, and reports whether the message is to be forwarded.
func (t *trap) spring(l *link) bool {
	switch {
	case t.Reply && t.Stall:
		l.proxy.shut(toClient)
		close(t.fired)
		return true
	case t.Reply:
		l.lose(t)
		return true
	case t.Stall:
		l.proxy.shut(toServer, toClient)
		close(t.fired)
		return l.pass(toServer)
	default:
		l.cut(t.Cut)
		close(t.fired)
		return false
	}
}

// lower returns a copy with ASCII letters in lower case.
func lower(b []byte) []byte {
	b = bytes.Clone(b)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}
