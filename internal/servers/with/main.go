// Command with runs a command, which it is given as arguments, beside a server of each kind that is installed; the
// command finds them in the environment, as package servers says. With -missing it prints which packages to install
// for those that are not; with -missing-azurite the package of npm and the directory that it goes to.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/floedata/floe/internal/servers"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: with -missing | with -missing-azurite | with command [argument ...]")
		os.Exit(2)
	}
	if os.Args[1] == "-missing" {
		fmt.Fprintln(os.Stdout, strings.Join(servers.Missing(), " "))
		return
	}
	if os.Args[1] == "-missing-azurite" {
		pkg, dir := servers.MissingAzurite()
		fmt.Fprintln(os.Stdout, pkg, dir)
		return
	}
	code, err := with(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// with answers the exit code of the command. A signal ends the command, and with it the servers.
func with(name string, args []string) (code int, err error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	stop, err := servers.Share()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it may have ended
		}
	}()
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil // -1: by a signal
	}
	return 0, err
}
