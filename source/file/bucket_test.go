package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"

	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/file"
	"github.com/floedata/floe/source/sourcetest"
)

func fill(t testing.TB, b *blob.Bucket, objects map[string]string) {
	t.Helper()
	for key, text := range objects {
		if err := b.WriteAll(t.Context(), key, []byte(text), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBucket(t *testing.T) {
	mem := memory.NewGoAllocator()
	b := memblob.OpenBucket(nil)
	defer b.Close()
	fill(t, b, map[string]string{
		"in/a.csv":             csvNumbers(0, 10),
		"in/b.csv.gz":          gz(t, csvNumbers(10, 10)),
		"in/deep/c.parquet":    parquetFile(t, numbers(mem, 20, 2, 5)...),
		"in/deep/d.arrow":      arrowFile(t, false, numbers(mem, 30, 2, 5)...),
		"in/deep/e.arrows":     arrowFile(t, true, numbers(mem, 40, 2, 5)...),
		"in/deep/er/f.json":    jsonNumbers(50, 10),
		"in/_SUCCESS":          "",
		"in/_temporary/x.csv":  "broken",
		"in/.hidden/y.csv":     "broken",
		"in/readme.md":         "no data",
		"input.csv":            csvNumbers(900, 1),
		"odd/[1]?.csv":         csvNumbers(60, 5),
		"in/deep/empty/z.json": "",
	})
	tests := []struct {
		name  string
		paths []string
		want  []string
		err   string
	}{
		{name: "prefix", paths: []string{"in"}, want: want(0, 60)},
		{name: "prefix with slash", paths: []string{"in/deep/"}, want: want(20, 40)},
		{name: "one object", paths: []string{"in/a.csv"}, want: want(0, 10)},
		{name: "twice", paths: []string{"in/a.csv", "/in/a.csv", "in/a.*"}, want: want(0, 10)},
		{name: "pattern", paths: []string{"in/*.csv*"}, want: want(0, 20)},
		{name: "pattern with directories", paths: []string{"in/**/[cde].*"}, want: want(20, 30)},
		{name: "two stars at the end", paths: []string{"in/deep/**"}, want: want(20, 40)},
		{name: "pattern in the middle", paths: []string{"*/deep/*.parquet"}, want: want(20, 10)},
		{name: "a key that looks like a pattern", paths: []string{"odd/[1]?.csv"}, want: want(60, 5)},
		{name: "missing", paths: []string{"nowhere.csv"}, err: `"nowhere.csv": there is no such object`},
		{name: "no match", paths: []string{"in/*.xls"}, err: `"in/*.xls": no file matches`},
		{name: "unknown format", paths: []string{"in/*.md"}, err: `the name of "in/readme.md" says no format`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			res, err := read(t, &file.Options{Bucket: b, Allocator: checked(t)}, tc.paths...)
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("error %v, want %q", err, tc.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, res.rows()); diff != "" {
				t.Errorf("rows mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// An object is the same file as long as its content is, whenever it was written.
func TestBucketVersions(t *testing.T) {
	b := memblob.OpenBucket(nil)
	defer b.Close()
	fill(t, b, map[string]string{"a.csv": csvNumbers(0, 10), "b.csv": csvNumbers(10, 10)})
	s, err := file.New([]string{"*.csv"}, &file.Options{Bucket: b, Allocator: checked(t), BlockBytes: 40})
	if err != nil {
		t.Fatal(err)
	}
	all, err := run(t.Context(), s, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, b, map[string]string{"a.csv": csvNumbers(0, 10)})
	rest, err := run(t.Context(), s, all.batches[1].position, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(all.batches[0].rows) + len(all.batches[1].rows) + len(rest.rows()); got != 20 {
		t.Errorf("%d rows, want 20", got)
	}
	fill(t, b, map[string]string{"a.csv": csvNumbers(1, 10)})
	var lost *source.OffsetError
	if _, err := run(t.Context(), s, all.position(), 0); !errors.As(err, &lost) || !strings.Contains(lost.Lost, `"a.csv" changed`) {
		t.Errorf("error %v, want an OffsetError about a.csv", err)
	}
}

// flaky is a bucket of which reads can be made to fail.
type flaky struct {
	driver.Bucket // nil: what a source does not need
	objects       map[string]string

	mu    sync.Mutex
	fail  int // reads to come, until one fails; 0 = none
	short bool
	err   error
	reads int
}

var (
	errFlaky   = errors.New("the network is gone")
	errMissing = errors.New("no such key")
)

func (f *flaky) ErrorCode(err error) gcerrors.ErrorCode {
	switch {
	case errors.Is(err, errFlaky):
		return gcerrors.Internal
	case errors.Is(err, errMissing):
		return gcerrors.NotFound
	}
	return gcerrors.PermissionDenied
}

func (f *flaky) As(any) bool             { return false }
func (f *flaky) ErrorAs(error, any) bool { return false }
func (f *flaky) Close() error            { return nil }

func (f *flaky) Attributes(_ context.Context, key string) (*driver.Attributes, error) {
	text, ok := f.objects[key]
	if !ok {
		return nil, errMissing
	}
	return &driver.Attributes{Size: int64(len(text)), ModTime: time.Unix(1, 0)}, nil
}

func (f *flaky) ListPaged(_ context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	page := &driver.ListPage{}
	for key, text := range f.objects {
		if strings.HasPrefix(key, opts.Prefix) {
			page.Objects = append(page.Objects, &driver.ListObject{Key: key, Size: int64(len(text)), ModTime: time.Unix(1, 5)})
		}
	}
	slices.SortFunc(page.Objects, func(a, b *driver.ListObject) int { return strings.Compare(a.Key, b.Key) })
	return page, nil
}

func (f *flaky) NewRangeReader(_ context.Context, key string, offset, length int64, _ *driver.ReaderOptions) (driver.Reader, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	text := f.objects[key]
	end := int64(len(text))
	if length >= 0 {
		end = min(end, offset+length)
	}
	r := &flakyReader{Reader: strings.NewReader(text[offset:end]), size: int64(len(text))}
	if f.fail > 0 {
		if f.fail--; f.fail == 0 {
			if !f.short {
				return nil, f.err
			}
			r.Reader = strings.NewReader(text[offset : offset+(end-offset)/2])
		}
	}
	return r, nil
}

type flakyReader struct {
	*strings.Reader
	size int64
}

func (r *flakyReader) Close() error { return nil }
func (r *flakyReader) As(any) bool  { return false }
func (r *flakyReader) Attributes() *driver.ReaderAttributes {
	return &driver.ReaderAttributes{Size: r.size, ModTime: time.Unix(1, 0), ContentType: "x"}
}

func newFlaky(t testing.TB, objects map[string]string) (*flaky, *blob.Bucket) {
	f := &flaky{objects: objects, err: errFlaky}
	b := blob.NewBucket(f)
	t.Cleanup(func() { b.Close() })
	return f, b
}

func flakyObjects(t testing.TB) map[string]string {
	mem := memory.NewGoAllocator()
	return map[string]string{
		"a.csv":     csvNumbers(0, 40),
		"b.parquet": parquetFile(t, numbers(mem, 40, 2, 20)...),
		"c.arrow":   arrowFile(t, false, numbers(mem, 80, 2, 10)...),
		"d.csv.gz":  gz(t, csvNumbers(100, 20)),
		"e.arrows":  arrowFile(t, true, numbers(mem, 120, 2, 10)...),
	}
}

// Whatever read fails, Next goes on behind the last batch, and no row is lost or comes twice.
func TestTransientFailures(t *testing.T) {
	for _, short := range []bool{false, true} {
		t.Run(fmt.Sprintf("short=%v", short), func(t *testing.T) {
			f, b := newFlaky(t, flakyObjects(t))
			f.short = short
			failed := 0
			for n := 1; n < 12; n++ {
				ok, err := failingRun(t, f, b, n)
				if err != nil {
					t.Fatalf("read %d fails: %v", n, err)
				}
				if ok {
					failed++
				}
			}
			if failed < 5 {
				t.Errorf("%d failures were seen, want at least 5", failed)
			}
		})
	}
}

// failingRun reads everything while the n-th read fails, and reports whether Next saw it.
func failingRun(t *testing.T, f *flaky, b *blob.Bucket, n int) (failed bool, err error) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	s, err := file.New([]string{"*"}, &file.Options{Bucket: b, Allocator: mem, BlockBytes: 100, BatchRows: 7})
	if err != nil {
		return false, err
	}
	p, err := partition(t.Context(), s)
	if err != nil {
		return false, err
	}
	r, err := p.Open(t.Context(), "")
	if err != nil {
		return false, err
	}
	defer r.Close(t.Context())
	set := func(n int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.fail = n
	}
	set(n)
	defer set(0)
	var rows []string
	for {
		batch, err := r.Next(t.Context())
		switch {
		case err == io.EOF:
			if diff := cmp.Diff(want(0, 140), rows); diff != "" {
				err = fmt.Errorf("rows mismatch (-want +got):\n%s", diff)
				return failed, err
			}
			return failed, nil
		case retry.IsTransient(err):
			failed = true
		case err != nil:
			return failed, err
		default:
			rows = append(rows, lines(batch.Record)...)
			batch.Release()
		}
	}
}

func TestPermanentFailure(t *testing.T) {
	f, b := newFlaky(t, flakyObjects(t))
	f.fail, f.err = 1, errors.New("no entry")
	_, err := read(t, &file.Options{Bucket: b, Allocator: checked(t)}, "a.csv")
	if err == nil || retry.IsTransient(err) || !strings.Contains(err.Error(), `"a.csv"`) {
		t.Errorf("error %v, want one that names a.csv and is not transient", err)
	}
}

// The contract of sources over a bucket, with failures.
func TestBucketContract(t *testing.T) {
	sourcetest.Run(t, func(tb testing.TB) sourcetest.Harness {
		f, b := newFlaky(tb, flakyObjects(tb))
		return sourcetest.Harness{
			Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
				return file.New([]string{"*"}, &file.Options{Bucket: b, Allocator: mem, BlockBytes: 100, BatchRows: 7})
			},
			Want: map[string][]arrow.Record{"files": numbers(memory.NewGoAllocator(), 0, 1, 140)},
			Fail: func(context.Context) error {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.fail = 2
				return nil
			},
		}
	})
}

// A Parquet object is read in few, large requests.
func TestReadAhead(t *testing.T) {
	mem := memory.NewGoAllocator()
	text := parquetFile(t, numbers(mem, 0, 4, 100_000)...)
	f, b := newFlaky(t, map[string]string{"a.parquet": text})
	res, err := read(t, &file.Options{Bucket: b, Allocator: checked(t)}, "a.parquet")
	if err != nil {
		t.Fatal(err)
	}
	if len(res.rows()) != 400_000 {
		t.Errorf("%d rows, want 400,000", len(res.rows()))
	}
	if most := 10 + len(text)/(128<<10); f.reads > most {
		t.Errorf("%d requests for %d bytes, want at most %d", f.reads, len(text), most)
	}
	t.Logf("%d requests for %d bytes", f.reads, len(text))
}

func TestURLs(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a b.csv", csvNumbers(0, 3))
	for _, p := range []string{
		"file://" + dir + "/a b.csv",
		"file://" + dir + "/a%20b.csv",
		"file://" + dir,
		"file://" + path.Join(dir, "?*.csv"),
	} {
		if diff := cmp.Diff(want(0, 3), mustRead(t, nil, p).rows()); diff != "" {
			t.Errorf("%q: rows mismatch (-want +got):\n%s", p, diff)
		}
	}
	// A mem:// bucket is made empty by each program that opens it.
	if _, err := read(t, nil, "mem://bucket/a.csv"); err == nil || !strings.Contains(err.Error(), "no such object") {
		t.Errorf("mem://: error %v", err)
	}
	_, err := read(t, nil, "mem://bucket/a.csv?key=hush-hush")
	if err == nil || bytes.Contains([]byte(err.Error()), []byte("hush")) {
		t.Errorf("error %v, want one without the parameter", err)
	}
}
