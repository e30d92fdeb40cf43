package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server in a process, and the directory with all that it needs.
type process struct {
	kind     *kind
	programs programs
	settings []string
	dir      string
	port     int
	password string
	identity *syscall.Credential // nil: this process's own
	watchdog *watchdog
	server   *exec.Cmd
	ended    chan struct{} // closed when server has
}

// launch sets a server up and waits until it answers; errMissing: it is not installed.
func launch(k *kind, settings []string) (*process, error) {
	programs, ok := k.find()
	if !ok {
		return nil, k.missing()
	}
	p := &process{kind: k, programs: programs, settings: settings, password: rand.Text()}
	if err := p.launch(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", k.name, err), p.close())
	}
	return p, nil
}

func (p *process) launch() (err error) {
	if p.identity, err = unprivileged(p.kind.user); err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp(tempDir(p.identity), "floe-"+strings.ToLower(p.kind.name)+"-"); err != nil {
		return err
	}
	if p.watchdog, err = watch(p.dir, p.kind.quit); err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	if id := p.identity; id != nil {
		for _, path := range []string{p.dir, data} {
			if err := os.Chown(path, int(id.Uid), int(id.Gid)); err != nil {
				return err
			}
		}
	}
	if err := p.setUp(); err != nil {
		return err
	}
	for range 5 {
		if p.port, err = freePort(); err != nil {
			return err
		}
		// Another process may have taken the port meanwhile.
		if err = p.start(); err == nil || !strings.Contains(err.Error(), "ddress already in use") {
			return err
		}
	}
	return err
}

// setUp makes the data directory of a kind that does not do that itself.
func (p *process) setUp() error {
	if p.kind.setUp == nil {
		return nil
	}
	args, err := p.kind.setUp(p.dir, p.password)
	if err != nil {
		return err
	}
	if err := p.run(p.programs.setUp, args); err != nil {
		return err
	}
	<-p.ended
	if !p.server.ProcessState.Success() {
		return p.failed(p.programs.setUp)
	}
	return nil
}

func (p *process) dsn() string { return p.kind.admin(p.port, p.password) }

// start runs the server on its data, and waits until it answers.
func (p *process) start() error {
	if err := p.run(p.programs.serve, p.kind.serve(p.dir, p.port, p.settings)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := p.kind.ping(ctx, p.dsn())
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return p.failed(p.programs.serve)
		case <-ctx.Done():
			return errors.Join(err, p.failed(p.programs.serve))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// run starts a program in a session of its own, out of reach of a terminal's Ctrl-C, and tells the watchdog.
func (p *process) run(program string, args []string) error {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.CommandContext(context.Background(), program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, log, log
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "TMPDIR=" + p.dir, "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: p.identity}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.server, p.ended = cmd, ended
	p.watchdog.tell(cmd.Process.Pid)
	go func() {
		_ = cmd.Wait() // its state says how it ended
		p.watchdog.tell(0)
		close(ended)
	}()
	return nil
}

// log is the file that has what the programs print.
func (p *process) log() string { return filepath.Join(p.dir, "log") }

// failed says what a program last printed.
func (p *process) failed(program string) error {
	log, err := os.ReadFile(p.log())
	if err != nil {
		return err
	}
	return fmt.Errorf("%s failed: %s", program, log[max(0, len(log)-2000):])
}

// close ends the server and removes all that it had.
func (p *process) close() error {
	if p.watchdog == nil {
		return os.RemoveAll(p.dir) // "" where there is none
	}
	return p.watchdog.close()
}

// unprivileged returns the identity that servers run as: PostgreSQL refuses root, and MariaDB should.
func unprivileged(name string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := osuser.Lookup(name)
	if err != nil {
		if u, err = osuser.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// tempDir returns the directory for temporary files, or /tmp where another identity could not get there.
func tempDir(identity *syscall.Credential) string {
	temp := os.TempDir()
	if identity == nil {
		return temp
	}
	for dir := temp; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o001 == 0 {
			return "/tmp"
		}
		if dir == filepath.Dir(dir) {
			return temp
		}
	}
}

// freePort returns a port of 127.0.0.1 that nobody listens on. It is below those that systems give to outgoing
// connections, so that it is still free when a server that was stopped starts again.
func freePort() (int, error) {
	for range 100 {
		n, err := rand.Int(rand.Reader, big.NewInt(12_000))
		if err != nil {
			return 0, err
		}
		port := 20_000 + int(n.Int64())
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no port of 127.0.0.1 from 20000 to 31999 is free")
}

// watchdog is a process that outlives this one: when the pipe to it closes, it ends the server and removes the
// directory.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
	dir  string
}

// guard is the watchdog's script. Its arguments are a signal and the directory; it reads the server's process id, and
// an empty line when there is none. A PostgreSQL that was killed leaves a segment of shared memory to its next start,
// which does not come.
const guard = `
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
	kill "-$1" "-$pid"
	kill -CONT "-$pid"
	for i in $(seq 200); do
		kill -0 "-$pid" && ! grep '^State:.Z' "/proc/$pid/status" || break
		sleep 0.05
	done
	kill -KILL "-$pid"
fi
shm=$(sed -n '7s/.* //p' "$2/data/postmaster.pid")
if [ -n "$shm" ]; then ipcrm -m "$shm"; fi
rm -rf "$2"
`

func watch(dir string, quit syscall.Signal) (*watchdog, error) {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", guard, "floe-watchdog", strconv.Itoa(int(quit)), dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &watchdog{cmd, pipe, dir}, nil
}

// tell says which process is the server, 0 = none.
func (w *watchdog) tell(pid int) {
	line := "\n"
	if pid != 0 {
		line = strconv.Itoa(pid) + "\n"
	}
	// Where the watchdog is closing, it has been told enough.
	_, _ = io.WriteString(w.pipe, line)
}

// close lets the watchdog do its work, and waits for it.
func (w *watchdog) close() error {
	if err := errors.Join(w.pipe.Close(), w.cmd.Wait()); err != nil {
		return fmt.Errorf("remove %s: %w", w.dir, err)
	}
	return nil
}
