package clouds

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/snowflakedb/gosnowflake"
	"gocloud.dev/blob"

	"github.com/floedata/floe"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
	"github.com/floedata/floe/sink/snowflake"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/source"
)

// account is a Snowflake that reads a bucket.
func account(t *testing.T, p place, b *blob.Bucket, statements ...string) *snowflaketest.Server {
	t.Helper()
	server := snowflaketest.Start(t, &snowflaketest.Options{Buckets: map[string]*blob.Bucket{p.location: b}})
	for _, s := range statements {
		if err := server.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return server
}

// answer runs a query of one row of texts.
func answer(t *testing.T, server *snowflaketest.Server, query string) (values [2]string) {
	t.Helper()
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *server.Config()))
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&values[0], &values[1]); err != nil {
		t.Fatal(err)
	}
	return values
}

// TestSink: a pipeline's rows get into a table through a stage over each cloud, in files of several parts, which go once they
// are loaded.
func TestSink(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		b := p.bucket(t)
		server := account(t, p, b, "CREATE STAGE OUTSIDE URL = '"+p.location+"landing/'")
		const n, size = 60_000, 10_000
		var recs []arrow.Record
		for first := int64(0); first < n; first += size {
			recs = append(recs, record(first, size))
		}
		dst, err := snowflake.Open(t.Context(), snowflake.Config{Driver: server.Config()}, "events", &snowflake.Options{
			Stage: "outside", External: &snowflake.External{URL: p.open, Location: p.location}, FileSize: 16 << 10, Compression: snowflake.Uncompressed,
		})
		if err != nil {
			t.Fatal(err)
		}
		src := source.FromRecords("numbers", recs...)
		pipeline, err := floe.New("clouds", src, dst, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pipeline.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := dst.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := answer(t, server, "SELECT COUNT(*), SUM(ID) FROM EVENTS"), [2]string{fmt.Sprint(n), fmt.Sprint(int64(n) * (n - 1) / 2)}; got != want {
			t.Errorf("the table has %v, want %v", got, want)
		}
		if left := keys(t, b); len(left) > 0 {
			t.Errorf("the bucket still has %q", left)
		}
	})
}

// TestStaging: what fails to be written is not there, in no part, and what is written is, under the names that the receipt has.
func TestStaging(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		b := p.bucket(t)
		server := account(t, p, b, "CREATE STAGE OUTSIDE URL = '"+p.location+"landing/'")
		dst, err := snowflake.Open(t.Context(), snowflake.Config{Driver: server.Config()}, "events", &snowflake.Options{
			Stage: "outside", External: &snowflake.External{Bucket: b, Location: p.location}, KeepStaged: true, Compression: snowflake.Uncompressed,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer dst.Close(context.WithoutCancel(t.Context()))
		w, from, err := dst.Open(t.Context(), "p", "a")
		if err != nil {
			t.Fatal(err)
		}
		const n = 1_500_000 // of more than one part
		rec := record(0, n)
		defer rec.Release()
		if err := w.Prepare(t.Context(), rec.Schema()); err != nil {
			t.Fatal(err)
		}
		batch, err := sinktest.NewBatch("p", "a", from, "row", rec.Schema(), rec)
		if err != nil {
			t.Fatal(err)
		}
		defer batch.Release()
		nothing := func(what string) {
			t.Helper()
			if left := keys(t, b); len(left) > 0 {
				t.Errorf("the bucket has %q of %s", left, what)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.(sink.Stager).Stage(ctx, batch); !errors.Is(err, context.Canceled) {
			t.Errorf("Stage with a context that is done: %v", err)
		}
		nothing("a file that was not begun")
		batch.Rows++ // which is seen in the end
		if err := w.(sink.Stager).Stage(t.Context(), batch); err == nil {
			t.Error("a batch with a row too few was staged")
		}
		nothing("a file that was not ended")
		batch.Rows--
		receipt, err := w.Load(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, f := range receipt.Files {
			want = append(want, "landing/"+f)
		}
		slices.Sort(want)
		if got := keys(t, b); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("the bucket has %q, and the receipt %q", got, want)
		}
		a, err := b.Attributes(t.Context(), want[0])
		if err != nil || a.Size != receipt.Bytes {
			t.Errorf("the object has %d bytes, and the receipt %d (%v)", a.Size, receipt.Bytes, err)
		}
		if got := answer(t, server, "SELECT COUNT(*), SUM(ID) FROM EVENTS"); got[0] != fmt.Sprint(n) {
			t.Errorf("the table has %v", got)
		}
	})
}

// TestWrongBucket: a bucket that is not the stage's, and one that is not there, are found before anything is written.
func TestWrongBucket(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		b := p.bucket(t)
		server := account(t, p, b, "CREATE STAGE OUTSIDE URL = '"+p.location+"landing/'", "CREATE STAGE INSIDE")
		elsewhere := strings.Replace(p.location, "floe-", "other-", 1)
		for _, tc := range []struct {
			name  string
			stage string
			to    snowflake.External
			want  []string
		}{
			{"another bucket", "outside", snowflake.External{Bucket: b, Location: elsewhere}, []string{elsewhere, p.location + "landing/"}},
			{"below the stage", "outside", snowflake.External{Bucket: b, Location: p.location + "landing/deeper/"}, []string{p.location + "landing/"}},
			{"internal", "inside", snowflake.External{Bucket: b, Location: p.location}, []string{"internal"}},
			{"missing", "nowhere", snowflake.External{Bucket: b, Location: p.location}, []string{"missing", "Integration"}},
		} {
			o := &snowflake.Options{Stage: tc.stage, External: &tc.to}
			dst, err := snowflake.Open(t.Context(), snowflake.Config{Driver: server.Config()}, "events", o)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = dst.Open(t.Context(), "p", "a")
			for _, text := range tc.want {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("%s: %v, want one that has %q", tc.name, err, text)
				}
			}
			if err := dst.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}
