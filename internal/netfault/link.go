package netfault

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// link is one connection through the proxy.
type link struct {
	proxy *Proxy
	conns [2]*net.TCPConn // by the direction that ends there
	end   sync.Once
	ended chan struct{} // closed when it was cut; from then on nothing is forwarded

	mu   sync.Mutex
	lost *trap // whose reply does not reach the client
}

// packet is what was read at once.
type packet struct {
	data []byte
	due  time.Time
}

// queued bounds the packets that one direction holds.
const queued = 64

// quiet is for how long a server says nothing that has replied in full.
const quiet = 50 * time.Millisecond

// run forwards both ways until both have ended.
func (l *link) run() {
	var pumps sync.WaitGroup
	for _, d := range []direction{toServer, toClient} {
		packets := make(chan packet, queued)
		pumps.Go(func() { l.read(l.conns[1-d], packets) })
		pumps.Go(func() { l.write(d, packets) })
	}
	pumps.Wait()
	for _, c := range l.conns {
		c.Close()
	}
}

// read takes what comes until the end, and drops it once the link is cut.
func (l *link) read(from *net.TCPConn, packets chan<- packet) {
	defer close(packets)
	for {
		buf := make([]byte, 32<<10)
		n, err := from.Read(buf)
		if n > 0 {
			_, latency := l.proxy.speed()
			packets <- packet{buf[:n], time.Now().Add(latency)}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				l.broke()
			}
			return
		}
	}
}

// write delivers packets until there are no more, and hands on that there are none.
func (l *link) write(d direction, packets <-chan packet) {
	var replied <-chan time.Time
	for {
		select {
		case p, ok := <-packets:
			if !ok {
				if d == toClient && l.loses() {
					l.loseReply()
				}
				if l.wait(0) {
					l.cutConn(d, Finish)
				}
				return
			}
			if l.await(d, p.due) && !l.deliver(d, p.data) {
				replied = time.After(quiet)
			}
		case <-replied:
			l.loseReply()
		}
	}
}

// await waits for the packet's time and an open gate, and reports whether the link is still there.
func (l *link) await(d direction, due time.Time) bool {
	return l.wait(time.Until(due)) && l.pass(d)
}

// pass waits for an open gate.
func (l *link) pass(d direction) bool {
	select {
	case <-l.proxy.gate(d):
		return l.wait(0)
	case <-l.ended:
		return false
	}
}

// wait reports whether the link is there after a while.
func (l *link) wait(d time.Duration) bool {
	select {
	case <-l.ended:
		return false
	default:
	}
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-l.ended:
		return false
	}
}

// deliver forwards data, or what a trap makes of it. It reports false for a reply that is lost.
func (l *link) deliver(d direction, data []byte) bool {
	if d == toServer {
		if t := l.proxy.sprung(l, data); t != nil && !t.spring(l) {
			return true
		}
	} else if l.loses() {
		return false
	}
	l.forward(l.conns[d], data)
	return true
}

// forward writes data, as quickly as the link is.
func (l *link) forward(to *net.TCPConn, data []byte) {
	for len(data) > 0 {
		n := len(data)
		if rate, _ := l.proxy.speed(); rate > 0 {
			n = min(n, max(1, rate/100))
			if !l.wait(time.Duration(n) * time.Second / time.Duration(rate)) {
				return
			}
		}
		if _, err := to.Write(data[:n]); err != nil {
			l.broke()
			return
		}
		data = data[n:]
	}
}

// broke hands on that one end is broken, where that is no doing of the proxy.
func (l *link) broke() {
	if l.wait(0) {
		l.cut(Reset)
	}
}

// cut ends both connections. It may be called again, to reset what was finished.
func (l *link) cut(how Cut) {
	l.end.Do(func() { close(l.ended) })
	for d := range l.conns {
		l.cutConn(direction(d), how)
	}
}

func (l *link) cutConn(d direction, how Cut) {
	if how == Reset {
		reset(l.conns[d])
		return
	}
	// It may be closed already.
	_ = l.conns[d].CloseWrite()
}

// reset closes a connection by RST.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0) // it may be closed already
	c.Close()
}

// lose makes the reply to what the client sent last be lost.
func (l *link) lose(t *trap) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = t
}

func (l *link) loses() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost != nil
}

// loseReply cuts the link once the server has replied, or ended without. The server gets an end in order, so
// that it still does what it was sent.
func (l *link) loseReply() {
	l.end.Do(func() { close(l.ended) })
	l.mu.Lock()
	t := l.lost
	l.lost = nil
	l.mu.Unlock()
	if t == nil {
		return // it is done
	}
	l.cutConn(toServer, Finish)
	l.cutConn(toClient, t.Cut)
	close(t.fired)
}
