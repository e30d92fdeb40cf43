package servers

import (
	"errors"
	"fmt"
	"syscall"
)

// Private is a server of one test, which may end it and start it again. The methods that do are for one goroutine at
// a time; what goes wrong fails the test.
type Private struct {
	*Server
	process *process
	tb      TB
}

func startPrivate(tb TB, k *kind, settings []string) *Private {
	tb.Helper()
	p, err := launch(k, settings)
	if errors.Is(err, errMissing) {
		tb.Skipf("%v", err)
	}
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s := &Private{&Server{kind: k, dsn: p.dsn(), own: true}, p, tb}
	tb.Cleanup(func() {
		// What is paused would take seconds to end.
		s.report("stop", errors.Join(p.resume(), p.close()))
	})
	return s
}

// Stop shuts the server down in order, whoever is connected.
func (s *Private) Stop() {
	s.tb.Helper()
	s.report("stop", s.process.end(func() error { return s.process.server.Process.Signal(s.kind.stop) }))
}

// Kill ends all processes of the server at once, by SIGKILL.
func (s *Private) Kill() {
	s.tb.Helper()
	s.report("kill", s.process.end(s.process.kill))
}

// Start starts the server again after [Private.Stop] or [Private.Kill], with the same data and address, and waits until it
// answers.
func (s *Private) Start() {
	s.tb.Helper()
	err := errors.New("it runs")
	if s.process.down() {
		err = s.process.start()
	}
	s.report("start", err)
}

// Pause halts all processes of the server: they stay connected and do nothing.
func (s *Private) Pause() {
	s.tb.Helper()
	_, err := s.process.pause()
	s.report("pause", err)
}

// Resume lets them go on.
func (s *Private) Resume() {
	s.tb.Helper()
	s.report("resume", s.process.resume())
}

func (s *Private) report(what string, err error) {
	s.tb.Helper()
	if err != nil {
		s.tb.Errorf("%s: %s: %v", s.kind.name, what, err)
	}
}

// end does what ends the server, and waits until all its processes have.
func (p *process) end(do func() error) error {
	if p.down() {
		return errors.New("it does not run")
	}
	family, err := family(p.server.Process.Pid)
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if err := await("end", family, func(state byte) bool { return state == gone || state == zombie }); err != nil {
		return err
	}
	<-p.ended
	return nil
}

// down reports whether the server has ended.
func (p *process) down() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *process) kill() error {
	family, err := p.pause() // so that none starts another meanwhile
	if err != nil {
		return err
	}
	return signal(syscall.SIGKILL, family)
}

// pause stops the server and then its children, which cannot become more by then, and returns all of them.
func (p *process) pause() ([]int, error) {
	if p.down() {
		return nil, errors.New("it does not run")
	}
	pid := p.server.Process.Pid
	halt := func(pids []int) error {
		return errors.Join(signal(syscall.SIGSTOP, pids), await("halt", pids, func(state byte) bool { return state != running }))
	}
	if err := halt([]int{pid}); err != nil {
		return nil, err
	}
	family, err := family(pid)
	if err != nil {
		return nil, err
	}
	return family, halt(family)
}

func (p *process) resume() error {
	if p.down() {
		return nil
	}
	family, err := family(p.server.Process.Pid)
	if err != nil {
		return err
	}
	return signal(syscall.SIGCONT, family)
}

// signal sends a signal to those of the processes that there are.
func signal(s syscall.Signal, pids []int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("process %d: %w", pid, err)
		}
	}
	return nil
}
