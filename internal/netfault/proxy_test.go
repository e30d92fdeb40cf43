package netfault_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/floedata/floe/internal/netfault"
)

// server answers each line with "ok " and the line, and notes what it was sent and how each connection ended.
type server struct {
	net.Listener
	conns sync.WaitGroup

	mu    sync.Mutex
	lines []string
	ended chan error // of each connection; nil = in order
}

func serve(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Listener: l, ended: make(chan error, 100)}
	s.conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Go(func() { s.ended <- s.answer(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.conns.Wait()
	})
	return s
}

func (s *server) answer(c net.Conn) error {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err == nil {
			s.mu.Lock()
			s.lines = append(s.lines, strings.TrimSpace(line))
			s.mu.Unlock()
			_, err = io.WriteString(c, "ok "+line)
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

func (s *server) seen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, ", ")
}

// client is a connection that asks.
type client struct {
	*net.TCPConn
	in *bufio.Reader
}

func dial(t *testing.T, addr string) client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return client{c.(*net.TCPConn), bufio.NewReader(c)}
}

// tryDial connects and asks.
func tryDial(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = client{c.(*net.TCPConn), bufio.NewReader(c)}.ask("x")
	return err
}

// ask sends a line in the pieces given, and returns the answer.
func (c client) ask(pieces ...string) (string, error) {
	for i, piece := range pieces {
		if i > 0 {
			time.Sleep(5 * time.Millisecond) // so that they come one at a time
		}
		if _, err := io.WriteString(c, piece); err != nil {
			return "", err
		}
	}
	if _, err := io.WriteString(c, "\n"); err != nil {
		return "", err
	}
	line, err := c.in.ReadString('\n')
	return strings.TrimSpace(line), err
}

func (c client) must(t *testing.T, line string) {
	t.Helper()
	if got, err := c.ask(line); err != nil || got != "ok "+line {
		t.Fatalf("%q, %v, want ok %s", got, err, line)
	}
}

func TestForwardsEverything(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // sends back what it gets, once it has all
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		all, _ := io.ReadAll(c)
		_, _ = c.Write(all)
	}()
	c := dial(t, netfault.Start(t, l.Addr().String()).Addr())
	want := make([]byte, 5<<20)
	rng := rand.NewChaCha8([32]byte{})
	_, _ = rng.Read(want)
	if _, err := c.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c.in)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes came back, %v, want the %d that were sent", len(got), err, len(want))
	}
}

func TestCut(t *testing.T) {
	for _, tc := range []struct {
		how            netfault.Cut
		client, server error
	}{
		{netfault.Reset, syscall.ECONNRESET, syscall.ECONNRESET},
		{netfault.Finish, io.EOF, nil},
	} {
		t.Run(fmt.Sprint(tc.how), func(t *testing.T) {
			s := serve(t)
			p := netfault.Start(t, s.Addr().String())
			a, b := dial(t, p.Addr()), dial(t, p.Addr())
			a.must(t, "a")
			b.must(t, "b")
			if n := p.Connections(); n != 2 {
				t.Errorf("%d connections, want 2", n)
			}
			p.Cut(tc.how)
			for _, c := range []client{a, b} {
				if _, err := c.Read(make([]byte, 1)); !errors.Is(err, tc.client) {
					t.Errorf("the client got %v, want %v", err, tc.client)
				}
				if err := <-s.ended; !errors.Is(err, tc.server) {
					t.Errorf("the server got %v, want %v", err, tc.server)
				}
			}
			dial(t, p.Addr()).must(t, "c")
		})
	}
}

func TestRefuse(t *testing.T) {
	s := serve(t)
	p := netfault.Start(t, s.Addr().String())
	old := dial(t, p.Addr())
	old.must(t, "before")
	p.Refuse(true)
	if err := tryDial(p.Addr()); err == nil {
		t.Error("a new connection was taken")
	}
	old.must(t, "meanwhile")
	p.Refuse(false)
	dial(t, p.Addr()).must(t, "after")
	if got, want := s.seen(), "before, meanwhile, after"; got != want {
		t.Errorf("the server saw %s, want %s", got, want)
	}
}

func TestServerIsDown(t *testing.T) {
	s := serve(t)
	p := netfault.Start(t, s.Addr().String())
	s.Close()
	if err := tryDial(p.Addr()); err == nil {
		t.Error("a connection to nobody answers")
	}
}

func TestStall(t *testing.T) {
	s := serve(t)
	p := netfault.Start(t, s.Addr().String())
	c := dial(t, p.Addr())
	c.must(t, "a")
	p.Stall()
	p.Stall() // once more is no more
	answer := make(chan string, 1)
	go func() {
		got, err := c.ask("b")
		answer <- fmt.Sprint(got, err)
	}()
	select {
	case got := <-answer:
		t.Errorf("answered %s amid a stall", got)
	case <-time.After(50 * time.Millisecond):
	}
	if got := s.seen(); got != "a" {
		t.Errorf("the server saw %s amid a stall", got)
	}
	p.Resume()
	p.Resume()
	if got := <-answer; got != "ok b<nil>" {
		t.Errorf("%s, want ok b", got)
	}
}

// A stall ends with the connection.
func TestStalledConnectionIsCut(t *testing.T) {
	s := serve(t)
	p := netfault.Start(t, s.Addr().String())
	c := dial(t, p.Addr())
	c.must(t, "a")
	p.Stall()
	if _, err := io.WriteString(c, "b\n"); err != nil {
		t.Fatal(err)
	}
	p.Cut(netfault.Reset)
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, want a reset", err)
	}
}

func TestSlow(t *testing.T) {
	p := netfault.Start(t, serve(t).Addr().String())
	c := dial(t, p.Addr())
	p.Slow(0, 30*time.Millisecond)
	start := time.Now()
	c.must(t, "a")
	if took := time.Since(start); took < 60*time.Millisecond {
		t.Errorf("there and back took %v, at 30ms each way", took)
	}
	p.Slow(100_000, 0)
	start = time.Now()
	c.must(t, strings.Repeat("x", 5_000))
	if took := time.Since(start); took < 100*time.Millisecond {
		t.Errorf("5,000 bytes there and back took %v, at 100,000 a second", took)
	}
	p.Slow(0, 0)
	c.must(t, "b")
}

func TestFault(t *testing.T) {
	type step struct{ pieces []string }
	one := func(pieces ...string) step { return step{pieces} }
	for _, tc := range []struct {
		name  string
		fault netfault.Fault
		steps []step // the last springs it
		seen  string
		err   error
	}{
		{
			"request, reset",
			netfault.Fault{Seen: "COMMIT"},
			[]step{one("insert"), one("commit")},
			"insert", syscall.ECONNRESET,
		},
		{
			"request, finish",
			netfault.Fault{Seen: "commit", Cut: netfault.Finish},
			[]step{one("insert"), one("COMMIT")},
			"insert", io.EOF,
		},
		{
			"reply, reset",
			netfault.Fault{Seen: "COMMIT", Reply: true},
			[]step{one("insert"), one("commit 1")},
			"insert, commit 1", syscall.ECONNRESET,
		},
		{
			"reply, finish",
			netfault.Fault{Seen: "COMMIT", Reply: true, Cut: netfault.Finish},
			[]step{one("insert"), one("COMMIT 1")},
			"insert, COMMIT 1", io.EOF,
		},
		{
			"in pieces",
			netfault.Fault{Seen: "COMMIT", Reply: true},
			[]step{one("com", "mi", "t", " it"), one("x")},
			"commit it", syscall.ECONNRESET,
		},
		{
			"later",
			netfault.Fault{Seen: "COMMIT", Skip: 3},
			[]step{one("commit"), one("commitcomm"), one("com", "mit"), one("committed")},
			"commit, commitcomm, commit", syscall.ECONNRESET,
		},
		{
			"overlapping",
			netfault.Fault{Seen: "aa", Skip: 1},
			[]step{one("aaa"), one("aa")},
			"aaa", syscall.ECONNRESET,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t)
			p := netfault.Start(t, s.Addr().String())
			c := dial(t, p.Addr())
			fired := p.Arm(tc.fault)
			var err error
			for i, step := range tc.steps {
				select {
				case <-fired:
					t.Fatalf("the fault came before step %d", i)
				default:
				}
				if _, err = c.ask(step.pieces...); err != nil {
					break
				}
			}
			if !errors.Is(err, tc.err) {
				t.Errorf("the client got %v, want %v", err, tc.err)
			}
			<-fired
			<-s.ended
			if got := s.seen(); got != tc.seen {
				t.Errorf("the server saw %s, want %s", got, tc.seen)
			}
			dial(t, p.Addr()).must(t, "commit") // once
		})
	}
}

func TestFaultThatStalls(t *testing.T) {
	for _, tc := range []struct {
		name  string
		reply bool
		seen  string
	}{{"request", false, "a"}, {"reply", true, "a, commit"}} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t)
			p := netfault.Start(t, s.Addr().String())
			c := dial(t, p.Addr())
			fired := p.Arm(netfault.Fault{Seen: "commit", Reply: tc.reply, Stall: true})
			c.must(t, "a")
			answer := make(chan string, 1)
			go func() {
				got, err := c.ask("commit")
				answer <- fmt.Sprint(got, err)
			}()
			<-fired
			select {
			case got := <-answer:
				t.Errorf("answered %s", got)
			case <-time.After(50 * time.Millisecond):
			}
			if got := s.seen(); got != tc.seen {
				t.Errorf("the server saw %s, want %s", got, tc.seen)
			}
			p.Resume()
			if got := <-answer; got != "ok commit<nil>" {
				t.Errorf("%s, want ok commit", got)
			}
		})
	}
}

// The server ends without a reply: the fault has come about nevertheless.
func TestReplyThatNeverComes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = bufio.NewReader(c).ReadString('\n')
	}()
	p := netfault.Start(t, l.Addr().String())
	fired := p.Arm(netfault.Fault{Seen: "x", Reply: true})
	if _, err := dial(t, p.Addr()).ask("x"); err == nil {
		t.Error("an answer came from nowhere")
	}
	<-fired
}
