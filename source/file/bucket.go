package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"

	"github.com/floedata/floe/internal/bucket"
)

// bucketStore opens objects of a bucket.
type bucketStore struct{ bucket *blob.Bucket }

func (s bucketStore) openAt(ctx context.Context, e *entry) (readerAt, error) {
	return newWindows(e.size, func(p []byte, offset int64) error {
		r, err := s.open(ctx, e, offset, int64(len(p)))
		if err != nil {
			return err
		}
		_, err = io.ReadFull(r, p)
		return errors.Join(bucket.Classify(cutOff(err)), r.Close())
	}), nil
}

func (s bucketStore) openStream(ctx context.Context, e *entry, offset int64) (io.ReadCloser, error) {
	if offset >= e.size {
		return io.NopCloser(strings.NewReader("")), nil
	}
	r, err := s.open(ctx, e, offset, e.size-offset)
	if err != nil {
		return nil, err
	}
	return &objectStream{r: r, left: e.size - offset}, nil
}

// open opens a range of an object, and compares what the store says of it with what was listed.
func (s bucketStore) open(ctx context.Context, e *entry, offset, n int64) (*blob.Reader, error) {
	r, err := s.bucket.NewRangeReader(ctx, e.key, offset, n, nil)
	if err != nil {
		return nil, bucket.Classify(err)
	}
	// Listings and reads of one store may give times of different precision.
	moved := !r.ModTime().IsZero() && !e.modTime.IsZero() && r.ModTime().Sub(e.modTime).Abs() >= time.Second
	if r.Size() != e.size || moved {
		r.Close()
		return nil, fmt.Errorf("it changed while it was read (%s); run again", difference(e.version, versionOf(r.Size(), nil, r.ModTime())))
	}
	return r, nil
}

// objectStream marks failures of the network as worth another try, and a connection that ended early as one.
type objectStream struct {
	r    io.ReadCloser
	left int64
}

func (s *objectStream) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.left -= int64(n)
	if err == io.EOF && s.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		err = bucket.Classify(err)
	}
	return n, err
}

func (s *objectStream) Close() error { return s.r.Close() }

// cutOff turns the end of a stream that should go on into one that is recognised as a broken connection.
func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
