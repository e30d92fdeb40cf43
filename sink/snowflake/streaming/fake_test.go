package streaming_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/snowflakedb/gosnowflake"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/sink/snowflake/internal/testkey"
	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// account starts an account that the key pair may log in to, with a table EVENTS.
func account(t *testing.T, o snowflaketest.Options, columns string) (*snowflaketest.Server, *sql.DB) {
	t.Helper()
	o.Users = []snowflaketest.User{{
		Name: "LOADER", Password: "secret", PublicKey: &testkey.Private().PublicKey,
		AccessTokens: []snowflaketest.Token{{Text: "pat-secret"}},
	}}
	srv := snowflaketest.Start(t, &o)
	if err := srv.Exec(t.Context(), "CREATE TABLE EVENTS ("+columns+")"); err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(gosnowflake.NewConnector(gosnowflake.SnowflakeDriver{}, *srv.Config()))
	t.Cleanup(func() { db.Close() })
	return srv, db
}

// at are options of a client of the account.
func at(srv *snowflaketest.Server) *streaming.ClientOptions {
	return &streaming.ClientOptions{
		Profile:       streaming.Profile{URL: srv.URL(), Account: snowflaketest.DefaultAccount, User: "LOADER", Key: testkey.Private()},
		FlushInterval: -1, PollInterval: 5 * time.Millisecond, ChannelBytesPerSecond: -1, ChannelRequestsPerSecond: -1,
	}
}

func connect(t *testing.T, srv *snowflaketest.Server, set func(*streaming.ClientOptions)) *streaming.Client {
	t.Helper()
	o := at(srv)
	if set != nil {
		set(o)
	}
	c, err := streaming.NewTableClient(t.Context(), "test", "test", "public", "events", o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// query returns the rows of a query, each as text.
func query(t *testing.T, db *sql.DB, q string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		parts := make([]string, len(values))
		for i, v := range values {
			if parts[i] = v.String; !v.Valid {
				parts[i] = "NULL"
			}
		}
		list = append(list, strings.Join(parts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestValues: values of maps and of records are in the table as they were.
func TestValues(t *testing.T) {
	for _, documented := range []bool{false, true} {
		for _, compression := range []streaming.Compression{streaming.Zstd, streaming.Gzip, streaming.Uncompressed} {
			t.Run(fmt.Sprintf("documented=%v/compression=%v", documented, compression), func(t *testing.T) {
				srv, db := account(t, snowflaketest.Options{DocumentedShapes: documented},
					"N NUMBER(38,3), F FLOAT, S VARCHAR, B BOOLEAN, X BINARY, TS TIMESTAMP_NTZ(9), V VARIANT")
				c := connect(t, srv, func(o *streaming.ClientOptions) { o.Compression = compression })
				ch := open(t, c, "P0")
				rows := []map[string]any{
					{"N": 1, "f": 1.5, "S": "a\"b\n\u2028ü", "B": true, "X": []byte{0, 255}, "TS": time.Date(2024, 2, 29, 1, 2, 3, 123456789, time.UTC), "V": map[string]any{"a": []any{1, nil, "x"}}},
					{"N": nil, "F": nil, "S": nil, "B": nil, "X": nil, "TS": nil, "V": nil},
				}
				if err := ch.AppendRows(t.Context(), rows, "1", "2"); err != nil {
					t.Fatal(err)
				}
				if err := ch.AppendRecord(t.Context(), sample(t), "4"); err != nil {
					t.Fatal(err)
				}
				if err := ch.WaitForToken(t.Context(), "4"); err != nil {
					t.Fatal(err)
				}
				status, err := ch.Status(t.Context())
				if err != nil || status.RowsInserted != 4 || status.RowsErrorCount != 0 || status.Err() != nil {
					t.Errorf("%+v, %v", status, err)
				}
				closeClient(t, c)
				want := []string{
					"NULL|NULL|NULL|NULL|NULL|NULL|NULL", "NULL|NULL|NULL|NULL|NULL|NULL|NULL",
					"1.000|1.5|a\"b\n\u2028ü|true|00FF|2024-02-29 01:02:03.123456789|" + `{"a":[1,null,"x"]}`,
					"12345.678|-0.25|text|false|CAFE|2024-02-29 01:02:03.123456000|NULL",
				}
				got := query(t, db, "SELECT N::VARCHAR, F::VARCHAR, S, B::VARCHAR, HEX_ENCODE(X), TO_VARCHAR(TS, 'YYYY-MM-DD HH24:MI:SS.FF9'), TO_JSON(V) FROM EVENTS ORDER BY N NULLS FIRST")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// sample is a record of a row with values and one without.
func sample(t *testing.T) arrow.Record {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "N", Type: &arrow.Decimal128Type{Precision: 10, Scale: 3}, Nullable: true},
		{Name: "F", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "S", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "B", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "X", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "TS", Type: &arrow.TimestampType{Unit: arrow.Microsecond}, Nullable: true},
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(
		`[{"N":"12345.678","F":-0.25,"S":"text","B":false,"X":"yv4=","TS":"2024-02-29T01:02:03.123456"}, {}]`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rec.Release)
	return rec
}

// TestLogin: keys, programmatic access tokens, and what does not get in.
func TestLogin(t *testing.T) {
	srv, _ := account(t, snowflaketest.Options{}, "N NUMBER")
	for _, tc := range []struct {
		name string
		set  func(*streaming.Profile)
		ok   bool
	}{
		{"key pair", func(*streaming.Profile) {}, true},
		{"role", func(p *streaming.Profile) { p.Role = "accountadmin" }, true},
		{"access token", func(p *streaming.Profile) { p.AuthorizationType, p.PersonalAccessToken = "PAT", "pat-secret" }, true},
		{"another user", func(p *streaming.Profile) { p.User = "SOMEBODY" }, false},
		{"another token", func(p *streaming.Profile) { p.AuthorizationType, p.PersonalAccessToken = "PAT", "hush-hush" }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := at(srv)
			tc.set(&o.Profile)
			c, err := streaming.NewTableClient(t.Context(), "test", "test", "public", "events", o)
			if tc.ok && err != nil {
				t.Fatal(err)
			}
			if !tc.ok {
				var e *streaming.Error
				if !errors.As(err, &e) || e.Class != streaming.Configuration || strings.Contains(err.Error(), "hush") {
					t.Errorf("%v", err)
				}
				return
			}
			open(t, c, "P0")
			closeClient(t, c)
		})
	}
}

// TestRowErrors: rows that the table cannot take are counted, and the committed token moves past them.
func TestRowErrors(t *testing.T) {
	srv, db := account(t, snowflaketest.Options{}, "ID NUMBER NOT NULL, NOTE VARCHAR")
	c := connect(t, srv, nil)
	ch := open(t, c, "P0")
	for i := range 10 {
		row := map[string]any{"ID": i, "NOTE": "x"}
		if i == 3 || i == 4 {
			row["ID"] = nil
		}
		if err := ch.AppendRow(t.Context(), row, strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	status, err := ch.WaitForStatus(t.Context(), func(s streaming.ChannelStatus) bool {
		return s.LatestCommittedOffsetToken != nil && *s.LatestCommittedOffsetToken == "9"
	})
	if err != nil || status.RowsInserted != 8 || status.RowsErrorCount != 2 || status.RowsParsed != 10 || status.LastErrorMessage == "" {
		t.Errorf("%+v, %v", status, err)
	}
	if bound := status.LastErrorOffsetTokenUpperBound; bound == nil || *bound < "4" {
		t.Errorf("the last error is at or before %v", bound)
	}
	closeClient(t, c)
	if got := query(t, db, "SELECT COUNT(*) FROM EVENTS"); got[0] != "8" {
		t.Errorf("%s rows", got)
	}
}

// TestElasticRows: rows of an elastic channel are in the table.
func TestElasticRows(t *testing.T) {
	srv, db := account(t, snowflaketest.Options{}, "ID NUMBER")
	c := connect(t, srv, nil)
	var g errgroup.Group
	for i := range 20 {
		g.Go(func() error { return c.ElasticChannel().AppendRow(t.Context(), map[string]any{"ID": i}) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	closeClient(t, c)
	if err := srv.CommitStreaming(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query(t, db, "SELECT COUNT(*), COUNT(DISTINCT ID) FROM EVENTS"); got[0] != "20|20" {
		t.Errorf("%s rows", got)
	}
}

// TestExactlyOnce: whatever goes wrong on the way, rows that are sent again behind the committed token come once each, in
// every channel.
func TestExactlyOnce(t *testing.T) {
	const channels, rows = 6, 400
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	srv, db := account(t, snowflaketest.Options{StreamingDelay: 2 * time.Millisecond}, "CH NUMBER, ID NUMBER, NOTE VARCHAR")
	random := rand.New(rand.NewPCG(seed, 1))
	effects := []snowflaketest.Effect{
		snowflaketest.CutBefore(), snowflaketest.CutAfter(), snowflaketest.RateExceeded(), snowflaketest.RetryRequest(), snowflaketest.Reject(),
		snowflaketest.Refuse("STALE_CONTINUATION_TOKEN_SEQUENCER"), snowflaketest.Refuse("ERR_CHANNEL_MUST_BE_REOPENED_DUE_TO_ROW_SEQ_GAP"),
		snowflaketest.Refuse("ReceiverSaturated"), snowflaketest.Refuse("HttpRetryableClientError"), snowflaketest.Refuse("STALE_PIPE_CACHE"),
		snowflaketest.AnswerAfter(502, "<html>bad gateway</html>"), snowflaketest.Expire(),
	}
	for range 40 {
		srv.Inject(snowflaketest.Fault{
			Match: snowflaketest.Streaming("append", "open", "status"), Skip: random.IntN(150), Effect: effects[random.IntN(len(effects))],
		})
	}
	var g errgroup.Group
	for n := range channels {
		g.Go(func() error { return (&feeder{srv: srv, n: n, rows: rows}).run(t.Context(), t) })
	}
	srv.Inject(snowflaketest.Fault{Match: snowflaketest.Streaming("append"), Skip: 100, Effect: snowflaketest.Refuse("SfApiPipeFailedOverError")})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	want := make([]string, channels)
	for i := range want {
		want[i] = fmt.Sprintf("%d|%d|%d|1|%d", i, rows, rows, rows)
	}
	got := query(t, db, "SELECT CH, COUNT(*), COUNT(DISTINCT ID), MIN(ID), MAX(ID) FROM EVENTS GROUP BY CH ORDER BY CH")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows of each channel (-want +got):\n%s", diff)
	}
}

// feeder sends numbered rows by a channel, as a careful caller does.
type feeder struct {
	srv     *snowflaketest.Server
	n, rows int
}

func (f *feeder) run(ctx context.Context, t *testing.T) error {
	o := at(f.srv)
	o.UncompressedBytes, o.Compression = 4000, streaming.Uncompressed
	for attempt := range 1000 {
		c, err := streaming.NewTableClient(ctx, "feeder", "test", "public", "events", o)
		if err != nil {
			return err
		}
		var e *streaming.Error
		for {
			err = f.feed(ctx, c)
			if !errors.As(err, &e) || e.Class != streaming.Reopen {
				break
			}
		}
		closed := c.Close(ctx, &streaming.CloseOptions{NoFlush: true})
		switch {
		case err == nil:
			return closed
		case e == nil || e.Class == streaming.Configuration:
			return fmt.Errorf("channel %d, attempt %d: %w", f.n, attempt, err)
		}
	}
	return errors.New("it does not get on")
}

func (f *feeder) feed(ctx context.Context, c *streaming.Client) error {
	ch, status, err := c.OpenChannel(ctx, fmt.Sprintf("CH%d", f.n), "0")
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(*status.LatestCommittedOffsetToken)
	if err != nil {
		return err
	}
	for i := from + 1; i <= f.rows; i++ {
		row := map[string]any{"CH": f.n, "ID": i, "NOTE": strings.Repeat("x", i%300)}
		if err := ch.AppendRow(ctx, row, strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return ch.WaitForToken(ctx, strconv.Itoa(f.rows))
}

// TestServerGone: a service that is away for a while is no reason to lose or double rows; one that is away for good is an
// error in time.
func TestServerGone(t *testing.T) {
	srv, db := account(t, snowflaketest.Options{}, "ID NUMBER")
	c := connect(t, srv, nil)
	once := connect(t, srv, func(o *streaming.ClientOptions) { o.RetryTimeout = -1 })
	ch := open(t, c, "P0")
	if err := ch.AppendRow(t.Context(), map[string]any{"ID": 1}, "1"); err != nil {
		t.Fatal(err)
	}
	if err := ch.WaitForToken(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if err := srv.Kill(); err != nil {
		t.Fatal(err)
	}
	_, err := once.ChannelStatuses(t.Context(), "P0")
	wantError(t, err, streaming.Retry, "")
	closeClient(t, once)
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	ch, status, err := c.OpenChannel(t.Context(), "P0", "")
	if err != nil || *status.LatestCommittedOffsetToken != "1" {
		t.Fatal(status, err)
	}
	if err := ch.AppendRow(t.Context(), map[string]any{"ID": 2}, "2"); err != nil {
		t.Fatal(err)
	}
	if err := ch.WaitForToken(t.Context(), "2"); err != nil {
		t.Fatal(err)
	}
	closeClient(t, c)
	if got := query(t, db, "SELECT ID FROM EVENTS ORDER BY ID"); len(got) != 2 {
		t.Errorf("%q", got)
	}
}
