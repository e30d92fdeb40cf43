package snowflake

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"strings"
	"sync"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/internal/bucket"
)

// externalStage is a stage whose files are objects of a bucket, which the sink writes as they are encoded. A driver makes
// an object known when its writer is closed, never before, and not at all where the writer's context is done by then.
type externalStage struct {
	s  *Sink
	to External

	mu     sync.Mutex
	bucket *blob.Bucket // once it is open
	root   string       // of the stage in the bucket, with a slash behind unless it is ""
}

// make implements store.
func (e *externalStage) make(ctx context.Context, c *sql.Conn) error {
	root, found, err := e.look(ctx, c)
	if err != nil {
		return err
	}
	stage := e.s.place.Of(e.s.opts.resolve(e.s.opts.Stage))
	if !found {
		if e.to.Integration == "" {
			return &stageFault{stage, missingStage}
		}
		err := execAll(ctx, c, fmt.Sprintf("CREATE STAGE IF NOT EXISTS %s URL = %s STORAGE_INTEGRATION = %s",
			stage, sf.Literal(e.to.Location), e.s.d.Quote(e.s.opts.resolve(e.to.Integration))))
		if err != nil {
			return err
		}
		if root, found, err = e.look(ctx, c); err != nil {
			return err
		}
		if !found {
			return &stageFault{stage, "was made, and is not seen by this role: name another in Options.Stage"}
		}
	}
	if _, err := e.open(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.root = root
	return nil
}

// stageFault is what is wrong with a stage.
type stageFault struct{ stage, text string }

const missingStage = "is missing, or this role does not see it: make it, or name a storage integration in Options.External.Integration to have it made"

func (f *stageFault) Error() string { return "the stage " + f.stage + " " + f.text }

// look finds the stage, and where its files are in the bucket.
func (e *externalStage) look(ctx context.Context, c *sql.Conn) (root string, found bool, err error) {
	name, url := e.s.opts.resolve(e.s.opts.Stage), ""
	err = sf.Each(ctx, c, e.s.place.Show("STAGES"), func(row map[string]string) {
		if row["name"] == name {
			found, url = true, row["url"]
		}
	})
	if err != nil || !found {
		return "", false, err
	}
	stage := e.s.place.Of(name)
	if url == "" {
		return "", true, &stageFault{stage, "is an internal one: name an external one in Options.Stage, or leave Options.External out"}
	}
	root, below := strings.CutPrefix(asDirectory(url), e.to.Location)
	if !below {
		return "", true, &stageFault{stage, fmt.Sprintf("has its files at %s, which is not in the bucket of Options.External, %s: name another stage, or its bucket", url, e.to.Location)}
	}
	return root, true, nil
}

// open opens the bucket, once.
func (e *externalStage) open(ctx context.Context) (*blob.Bucket, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.bucket == nil {
		e.bucket = e.to.Bucket
	}
	if e.bucket == nil {
		var err error
		if e.bucket, err = bucket.Open(ctx, e.to.URL); err != nil {
			return nil, err
		}
	}
	return e.bucket, nil
}

// at returns the bucket, and where the sink's directory is there.
func (e *externalStage) at() (*blob.Bucket, string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bucket, e.root + e.s.directory()
}

// How an object is uploaded: each of the parts under way at once takes as much memory, and one more that fills.
const (
	partSize  = 8 << 20
	partsSent = 4
)

// create implements store.
func (e *externalStage) create(ctx context.Context, lane, name string) (upload, error) {
	if err := e.s.startUpload(ctx); err != nil {
		return nil, err
	}
	b, dir := e.at()
	ctx, cancel := context.WithCancel(ctx)
	w, err := b.NewWriter(ctx, dir+lane+name, &blob.WriterOptions{
		BufferSize: partSize, MaxConcurrency: partsSent, ContentType: "application/vnd.apache.parquet",
	})
	if err != nil {
		cancel()
		e.s.endUpload()
		return nil, fmt.Errorf("write to the bucket: %w", bucket.Classify(err))
	}
	return &object{w, e.s, cancel}, nil
}

// object is a file that is written to the bucket.
type object struct {
	to     *blob.Writer
	s      *Sink
	cancel context.CancelFunc
}

// Write implements upload.
func (o *object) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	return n, bucket.Classify(err)
}

// finish implements upload.
func (o *object) finish(context.Context) error {
	defer o.s.endUpload()
	defer o.cancel()
	if err := o.to.Close(); err != nil {
		return fmt.Errorf("write to the bucket: %w", bucket.Classify(err))
	}
	return nil
}

// abandon implements upload.
func (o *object) abandon() {
	defer o.s.endUpload()
	o.cancel()
	_ = o.to.Close() // says that it was cancelled
}

// list implements store.
func (e *externalStage) list(ctx context.Context, _ *sql.Conn, lane string) ([]string, error) {
	_, dir := e.at()
	var names []string
	err := e.each(ctx, dir+lane, func(o *blob.ListObject) error {
		names = append(names, o.Key[strings.LastIndexByte(o.Key, '/')+1:])
		return nil
	})
	return names, err
}

// remove implements store.
func (e *externalStage) remove(ctx context.Context, _ *sql.Conn, prefix string) error {
	b, dir := e.at()
	return e.each(ctx, dir+prefix, func(o *blob.ListObject) error {
		if err := b.Delete(ctx, o.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return bucket.Classify(err)
		}
		return nil
	})
}

// each does something with every object whose key begins with a prefix.
func (e *externalStage) each(ctx context.Context, prefix string, do func(o *blob.ListObject) error) error {
	b, _ := e.at()
	for it := b.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return bucket.Classify(err)
		}
		if err := do(o); err != nil {
			return err
		}
	}
}

// close implements store.
func (e *externalStage) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.bucket
	e.bucket = nil
	if b == nil || b == e.to.Bucket {
		return nil
	}
	return bucket.Redact(b.Close(), e.to.URL)
}
