// Package netfault stands between a client and a server on TCP, and breaks their connections as a network does: it
// cuts them, stalls, slows down, and loses just the request or just the reply that a test is about.
package netfault

import (
	"net"
	"sync"
	"time"
)

// TB is what this package needs of a test; every testing.TB has it.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatalf(format string, args ...any)
}

// Cut is a way to end a connection.
type Cut int

const (
	// Reset drops what is under way: both ends get an error at once (RST).
	Reset Cut = iota
	// Finish ends the connection in order, as a server does that shuts down (FIN).
	Finish
)

// Proxy forwards connections to a server. It is safe for concurrent use.
type Proxy struct {
	target   string
	listener net.Listener
	pumps    sync.WaitGroup

	mu      sync.Mutex
	links   map[*link]bool
	refuses bool
	closed  bool
	rate    int // bytes a second each way; 0 = as they come
	latency time.Duration
	gates   [2]chan struct{} // closed = open; by direction
	trap    *trap
}

// direction is where bytes go.
type direction int

const (
	toServer direction = iota
	toClient
)

// Start forwards from a port of 127.0.0.1 to the target until tb ends.
func Start(tb TB, target string) *Proxy {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("proxy before %s: %v", target, err)
	}
	p := &Proxy{target: target, listener: listener, links: map[*link]bool{}}
	for d := range p.gates {
		p.gates[d] = make(chan struct{})
		close(p.gates[d])
	}
	p.pumps.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

// Addr returns the host and port to connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Connections returns how many there are.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Cut ends all connections that there are. New ones are taken.
func (p *Proxy) Cut(how Cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut(how)
	}
}

// Refuse resets new connections, until it is called with false. Those that there are stay.
func (p *Proxy) Refuse(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = refuse
}

// Stall stops forwarding, either way, until [Proxy.Resume]: connections stay open and nothing arrives.
func (p *Proxy) Stall() { p.shut(toServer, toClient) }

// Resume forwards again, first what was held back.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for d := range p.gates {
		if p.stalls(direction(d)) {
			close(p.gates[d])
		}
	}
}

// Slow makes each connection a slow link from now on: so many bytes a second each way (0 = no bound), each of them so much
// later.
func (p *Proxy) Slow(bytesPerSecond int, latency time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate, p.latency = bytesPerSecond, latency
}

func (p *Proxy) shut(directions ...direction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range directions {
		if !p.stalls(d) {
			p.gates[d] = make(chan struct{})
		}
	}
}

// stalls is called under the lock.
func (p *Proxy) stalls(d direction) bool {
	select {
	case <-p.gates[d]:
		return false
	default:
		return true
	}
}

func (p *Proxy) gate(d direction) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gates[d]
}

func (p *Proxy) speed() (rate int, latency time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rate, p.latency
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.pumps.Go(func() { p.serve(client.(*net.TCPConn)) })
	}
}

// serve forwards one connection until it ends.
func (p *Proxy) serve(client *net.TCPConn) {
	if p.refused() {
		reset(client)
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	l := &link{proxy: p, ended: make(chan struct{})}
	l.conns[toServer], l.conns[toClient] = server.(*net.TCPConn), client
	if !p.add(l) {
		l.cut(Reset)
		return
	}
	defer p.remove(l)
	l.run()
}

func (p *Proxy) refused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refuses
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.links[l] = true
	}
	return !p.closed
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// close ends all connections, and waits for everything that was started.
func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	for l := range p.links {
		l.cut(Reset)
	}
	p.mu.Unlock()
	p.listener.Close()
	p.pumps.Wait()
}
