package e2etest_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/source/file"
)

// data answers the path of a file of real data, which lies beside the repository on some machines only.
func data(t testing.TB, name string) string {
	t.Helper()
	p, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); err != nil {
		t.Skipf("there is no ../shared/data/%s beside the repository", name)
	}
	return p
}

// Real files come out as DuckDB's own readers read them: types, counts and every value.
func TestRealFiles(t *testing.T) {
	movies := []string{
		"Title VARCHAR", "US Gross BIGINT", "Worldwide Gross BIGINT", "US DVD Sales BIGINT", "Production Budget BIGINT",
		"Release Date VARCHAR", "MPAA Rating VARCHAR", "Running Time min BIGINT", "Distributor VARCHAR", "Source VARCHAR",
		"Major Genre VARCHAR", "Creative Type VARCHAR", "Director VARCHAR", "Rotten Tomatoes Rating BIGINT",
		"IMDB Rating DOUBLE", "IMDB Votes BIGINT",
	}
	for _, tc := range []struct {
		file    string
		rows    int64
		columns []string
		want    string // {} stands for the path
		large   bool
	}{
		{
			file: "flights-3m.parquet", rows: 3_000_000, large: true,
			columns: []string{"date TIMESTAMP", "delay BIGINT", "distance BIGINT", "origin VARCHAR", "destination VARCHAR"},
			want:    "FROM read_parquet('{}')",
		},
		{
			file: "flights-20k.json", rows: 20_000,
			columns: []string{"date VARCHAR", "delay BIGINT", "distance BIGINT", "origin VARCHAR", "destination VARCHAR"},
			want:    "FROM read_json('{}', columns = {date: 'VARCHAR', delay: 'BIGINT', distance: 'BIGINT', origin: 'VARCHAR', destination: 'VARCHAR'})",
		},
		{file: "movies.json", rows: 3201, columns: movies, want: "FROM read_json('{}', columns = " + asStruct(movies) + ")"},
		{
			file: "airports.csv", rows: 3376,
			columns: []string{"iata VARCHAR", "name VARCHAR", "city VARCHAR", "state VARCHAR", "country VARCHAR", "latitude DOUBLE", "longitude DOUBLE"},
			want:    "FROM read_csv('{}')",
		},
		{
			file: "zipcodes.csv", rows: 42_049,
			columns: []string{"zip_code VARCHAR", "latitude DOUBLE", "longitude DOUBLE", "city VARCHAR", "state VARCHAR", "county VARCHAR"},
			want:    "FROM read_csv('{}', types = {'zip_code': 'VARCHAR'})",
		},
		{
			file: "seattle-weather.csv", rows: 1461,
			columns: []string{"date DATE", "precipitation DOUBLE", "temp_max DOUBLE", "temp_min DOUBLE", "wind DOUBLE", "weather VARCHAR"},
			want:    "FROM read_csv('{}')",
		},
	} {
		t.Run(tc.file, func(t *testing.T) {
			if tc.large && testing.Short() {
				t.Skip("the large file is loaded without -short only")
			}
			w := into(t, data(t, tc.file))
			w.must(t, tc.rows, tc.rows, 0)
			columns(t, w.db, "t", tc.columns...)
			same(t, w.db, at(tc.want, w.paths[0]), "FROM t")
		})
	}
}

// Where the values of a column have several kinds the option says whether the column is text or the rarer kinds are
// rejected; no row is lost either way.
func TestMixedKinds(t *testing.T) {
	rows := []byte(`[{"id":1,"v":1.5},{"id":2,"v":"many"},{"id":3,"v":-7},{"id":4,"v":null},{"id":5,"v":[1, 2]},{"id":6,"v":{"a":true}}]`)
	w := into(t, write(t, t.TempDir(), "a.json", rows))
	w.must(t, 6, 6, 0)
	columns(t, w.db, "t", "id BIGINT", "v VARCHAR")
	same(t, w.db, `VALUES (1, '1.5'), (2, 'many'), (3, '-7'), (4, NULL), (5, '[1, 2]'), (6, '{"a":true}')`, "FROM t")

	box := letterbox(t)
	w.db, w.from.JSON.Mixed, w.opts.DeadLetter = filepath.Join(t.TempDir(), "b.duckdb"), file.MixedReject, box.sink
	w.must(t, 6, 3, 3)
	box.close(t)
	columns(t, w.db, "t", "id BIGINT", "v DOUBLE")
	same(t, w.db, "VALUES (1, 1.5), (3, -7), (4, NULL)", "FROM t")
	same(t, box.path, `VALUES (2, NULL, 'v', 'invalid', 1), (5, NULL, 'v', 'invalid', 4), (6, NULL, 'v', 'invalid', 5)`,
		"SELECT id, v, _floe_column, _floe_code, _floe_row FROM letters")
}

// Nine titles of the films are numbers: among strings they are rejected where the option says so.
func TestNumbersAmongTitles(t *testing.T) {
	w := into(t, data(t, "movies.json"))
	box := letterbox(t)
	w.from.JSON.Mixed, w.opts.DeadLetter = file.MixedReject, box.sink
	w.must(t, 3201, 3192, 9)
	box.close(t)
	numbers := at(`(SELECT row_number() OVER () - 1 AS row, json_type(json, '$.Title') IN ('UBIGINT', 'BIGINT', 'DOUBLE') AS number
		FROM read_json('{}', records = false, columns = {json: 'JSON'}))`, w.paths[0])
	same(t, box.path, "SELECT 'Title', 'invalid', row FROM "+numbers+" WHERE number", "SELECT _floe_column, _floe_code, _floe_row FROM letters")
}

// The rows of an Arrow file are those that arrow's own reader gives.
func TestRealArrowFile(t *testing.T) {
	type flight struct {
		delay, distance int16
		time            uint32 // the bits of a float32
	}
	w := into(t, data(t, "flights-200k.arrow"))
	count := map[flight]int{}
	f, err := os.Open(w.paths[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ipc.NewFileReader(f, ipc.WithAllocator(memory.NewGoAllocator()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.NumRecords() {
		rec, err := r.Record(i)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Column(0).NullN()+rec.Column(1).NullN()+rec.Column(2).NullN() > 0 {
			t.Fatal("the file has nulls, which this test does not expect")
		}
		delay, distance, time := rec.Column(0).(*array.Int16), rec.Column(1).(*array.Int16), rec.Column(2).(*array.Float32)
		for k := range int(rec.NumRows()) {
			count[flight{delay.Value(k), distance.Value(k), math.Float32bits(time.Value(k))}]++
		}
	}
	w.must(t, 200_000, 200_000, 0)
	columns(t, w.db, "t", "delay SMALLINT", "distance SMALLINT", "time FLOAT")
	rows, err := look(t, w.db).QueryContext(t.Context(), "SELECT delay, distance, time FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var f flight
		var time float32
		if err := rows.Scan(&f.delay, &f.distance, &time); err != nil {
			t.Fatal(err)
		}
		f.time = math.Float32bits(time)
		if count[f]--; count[f] < 0 {
			t.Fatalf("a surplus row: %v", f)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for f, n := range count {
		if n > 0 {
			t.Fatalf("%d rows are missing: %v", n, f)
		}
	}
}
