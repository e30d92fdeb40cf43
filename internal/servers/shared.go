package servers

import (
	"errors"
	"os"
	"sync"
)

// shared is the server that all tests of a process use.
type shared struct {
	kind  *kind
	start sync.Once
	err   error
}

var (
	sharedPostgres = &shared{kind: &postgres}
	sharedMariaDB  = &shared{kind: &mariadb}
	sharedAzurite  = &shared{kind: &azurite}
)

func (s *shared) get(tb TB) *Server {
	tb.Helper()
	k := s.kind
	if os.Getenv(k.variable) == "" {
		s.start.Do(func() { _, s.err = share(k) })
		if errors.Is(s.err, errMissing) {
			tb.Skipf("%v", s.err)
		}
		if s.err != nil {
			tb.Fatalf("%v", s.err)
		}
	}
	dsn := os.Getenv(k.variable)
	if k.addr(dsn) == "" {
		tb.Fatalf("%s is no DSN of %s", k.variable, k.name)
	}
	return &Server{kind: k, dsn: dsn}
}

// share starts a server and names it in the environment, for this process and its children. It ends with this
// process.
func share(k *kind) (*process, error) {
	p, err := launch(k, nil)
	if err != nil {
		return nil, err
	}
	return p, os.Setenv(k.variable, p.dsn())
}

// Share starts a server of each kind that is installed, for the tests of this process and its children; where a
// variable names one already, that is left. They end with the process, or earlier by stop.
func Share() (stop func() error, err error) {
	var started []*process
	stop = func() error {
		var errs []error
		for _, p := range started {
			errs = append(errs, p.close())
		}
		return errors.Join(errs...)
	}
	for _, k := range []*kind{&postgres, &mariadb, &azurite} {
		if os.Getenv(k.variable) != "" {
			continue
		}
		p, err := share(k)
		if errors.Is(err, errMissing) {
			continue
		}
		if p != nil {
			started = append(started, p)
		}
		if err != nil {
			return nil, errors.Join(err, stop())
		}
	}
	return stop, nil
}

// MissingAzurite returns the package of npm, and the directory to install it in; "" = it is installed, or named by its
// variable.
func MissingAzurite() (pkg, dir string) {
	if _, ok := azurite.find(); ok || os.Getenv(azurite.variable) != "" {
		return "", ""
	}
	return "azurite@" + azuriteVersion, azuriteDir()
}

// Missing returns the Debian packages of the servers that are not installed, nor named by a variable.
func Missing() []string {
	var pkgs []string
	for _, k := range []*kind{&postgres, &mariadb} {
		if _, ok := k.find(); !ok && os.Getenv(k.variable) == "" {
			pkgs = append(pkgs, k.pkg)
		}
	}
	return pkgs
}
