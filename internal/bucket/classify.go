package bucket

import (
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"

	"gocloud.dev/gcerrors"

	"github.com/floedata/floe/retry"
)

// Classify marks an error of a bucket where another try may succeed, and takes the parameters of addresses, which may be
// signed, out of its text. nil stays nil.
func Classify(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = Redact(err, asked.URL)
	}
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &timeout) && timeout.Timeout(),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return retry.Transient(err)
	}
	switch gcerrors.Code(err) {
	case gcerrors.Internal, gcerrors.ResourceExhausted, gcerrors.DeadlineExceeded:
		return retry.Transient(err)
	}
	return err
}
