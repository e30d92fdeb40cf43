package file

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// entry is one file that was listed.
type entry struct {
	name    string // absolute path, URL without its query, or key of Options.Bucket: what identifies the file
	size    int64
	modTime time.Time
	version string // changes when the content does
	format  Format
	tabs    bool // fields are divided by tabs
	packed  bool // its name says that it is compressed
	key     string
	store   store
}

// store opens files of one kind of place. Its methods are safe for concurrent use. A file that is not any more
// what was listed is an error.
type store interface {
	openAt(ctx context.Context, e *entry) (readerAt, error)
	// openStream begins at a byte; ctx bounds the reading too.
	openStream(ctx context.Context, e *entry, offset int64) (io.ReadCloser, error)
}

// readerAt is random access to a file; it is safe for concurrent use.
type readerAt interface {
	io.ReaderAt
	io.Closer
}

// versionOf makes the text that changes when a file's content does: size and checksum where there is one,
// else size and time of modification.
func versionOf(size int64, md5 []byte, modTime time.Time) string {
	if len(md5) > 0 {
		return strconv.FormatInt(size, 10) + "-" + hex.EncodeToString(md5)
	}
	return strconv.FormatInt(size, 10) + "-" + strconv.FormatInt(modTime.UnixNano(), 10)
}

// localStore opens files of the operating system.
type localStore struct{}

func (localStore) openAt(_ context.Context, e *entry) (readerAt, error) {
	f, err := openLocal(e)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (localStore) openStream(_ context.Context, e *entry, offset int64) (io.ReadCloser, error) {
	f, err := openLocal(e)
	if err != nil {
		return nil, err
	}
	return &localStream{SectionReader: io.NewSectionReader(f, offset, max(e.size-offset, 0)), f: f, e: e}, nil
}

func openLocal(e *entry) (*os.File, error) {
	f, err := os.Open(e.key)
	if err != nil {
		return nil, err
	}
	if err := unchanged(f, e); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// unchanged compares an open file with what was listed.
func unchanged(f *os.File, e *entry) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if now := versionOf(info.Size(), nil, info.ModTime()); now != e.version {
		return fmt.Errorf("it changed while it was read (%s): rows may be cut off; run again when it is complete", difference(e.version, now))
	}
	return nil
}

// localStream reads a stretch of a file. At its end it looks whether somebody wrote to the file meanwhile, so
// that a torn last row is an error and not a row.
type localStream struct {
	*io.SectionReader
	f *os.File
	e *entry
}

func (s *localStream) Read(p []byte) (int, error) {
	n, err := s.SectionReader.Read(p)
	if err == io.EOF {
		if changed := unchanged(s.f, s.e); changed != nil {
			return n, changed
		}
	}
	return n, err
}

func (s *localStream) Close() error { return s.f.Close() }
