package mysql_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/mysql"
	"github.com/floedata/floe/internal/servers"
)

var d = mysql.Dialect{}

// connect opens a database of its own.
func connect(t testing.TB) *sql.DB {
	db, err := sql.Open("mysql", servers.MariaDB(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t testing.TB, db dialect.DB, statements ...string) {
	t.Helper()
	for _, q := range statements {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%.300s: %v", q, err)
		}
	}
}

func inspect(t testing.TB, db dialect.DB, table string) *dialect.Table {
	t.Helper()
	schema, err := d.Schema(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Inspect(t.Context(), db, schema, table)
	if err != nil {
		t.Fatal(err)
	}
	if got != nil {
		got.Schema = ""
	}
	return got
}

func TestInspect(t *testing.T) {
	db := connect(t)
	exec(t, db, "CREATE TABLE other (a INT, b INT, PRIMARY KEY (a, b))", `CREATE TABLE t (
		id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
		name VARCHAR(20) CHARACTER SET latin1 NOT NULL DEFAULT 'it''s' COMMENT 'a\\b''c',
		amount DECIMAL(10,2) NULL DEFAULT 1.50,
		at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
		kind ENUM('a','b,''c)') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
		twice INT AS (id * 2) VIRTUAL,
		body TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
		a INT, b INT,
		UNIQUE (name, amount), UNIQUE (body(10)), KEY (kind),
		FOREIGN KEY (a, b) REFERENCES other (a, b) ON DELETE CASCADE
	) COMMENT 'what it''s for'`)
	want := &dialect.Table{
		Name: "t", Comment: "what it's for",
		Columns: []dialect.Column{
			{Name: "id", Type: "bigint(20) unsigned AUTO_INCREMENT", NotNull: true, Default: "AUTO_INCREMENT"},
			{Name: "name", Type: `varchar(20) character set latin1 collate latin1_swedish_ci COMMENT 'a\\b''c'`, NotNull: true, Default: "'it''s'"},
			{Name: "amount", Type: "decimal(10,2)", Default: "1.50"},
			{Name: "at", Type: "timestamp(6) ON UPDATE current_timestamp(6)", NotNull: true, Default: "current_timestamp(6)"},
			{Name: "kind", Type: "enum('a','b,''c)') character set utf8mb4 collate utf8mb4_general_ci"},
			{Name: "twice", Type: "int(11)", Generated: true},
			{Name: "body", Type: "text character set utf8mb4 collate utf8mb4_bin"},
			{Name: "a", Type: "int(11)"},
			{Name: "b", Type: "int(11)"},
		},
		Unique: []dialect.Unique{{}, {Columns: []string{"name", "amount"}}, {Columns: []string{"id"}, Primary: true}},
	}
	if diff := cmp.Diff(want, inspect(t, db, "t")); diff != "" {
		t.Errorf("Inspect mismatch (-want +got)\n%s", diff)
	}
	for _, name := range []string{"T", "t ", "tt", "ť"} {
		if got := inspect(t, db, name); got != nil {
			t.Errorf("Inspect(%q) found %q", name, got.Name)
		}
	}
	exec(t, db, "CREATE TABLE T (x INT)")
	if got := inspect(t, db, "t"); len(got.Columns) != 9 {
		t.Errorf("beside T, t has %d columns", len(got.Columns))
	}
}

func TestUnfit(t *testing.T) {
	db := connect(t)
	exec(t, db, "CREATE TABLE isam (a INT) ENGINE=MyISAM", "CREATE TABLE aria (a INT) ENGINE=Aria", "CREATE TABLE inno (a INT) ENGINE=InnoDB",
		"CREATE VIEW v AS SELECT 1 AS a", "CREATE SEQUENCE s", "CREATE TABLE old (a INT) WITH SYSTEM VERSIONING")
	for table, want := range map[string]string{
		"isam": "has the engine MyISAM, which knows no transactions", "aria": "has the engine Aria, which knows no transactions",
		"inno": "", "v": "is a view", "s": "is a sequence", "old": "",
	} {
		if got := inspect(t, db, table); got == nil || got.Unfit != want {
			t.Errorf("Inspect(%s) = %+v, want it unfit because it %q", table, got, want)
		}
	}
}

// TestCreated makes a column of every type, and finds that it takes what it was made for.
func TestCreated(t *testing.T) {
	db := connect(t)
	var columns, keys []dialect.Column
	var fields []arrow.Field
	for i, dt := range types {
		f := arrow.Field{Name: "c" + strings.Repeat("x", i), Type: dt, Nullable: true}
		typ, err := d.Type(f, false)
		if err != nil {
			t.Fatalf("%s: %v", dt, err)
		}
		fields = append(fields, f)
		columns = append(columns, dialect.Column{Name: f.Name, Type: typ})
		if typ, err := d.Type(f, true); err == nil {
			keys = append(keys, dialect.Column{Name: f.Name, Type: typ, NotNull: true})
		}
	}
	exec(t, db, d.CreateTable("`t`", columns, nil))
	for i, c := range inspect(t, db, "t").Columns {
		if _, err := d.Bind(fields[i], c); err != nil {
			t.Errorf("%s does not go into the %s that is made for it: %v", fields[i].Type, c.Type, err)
		}
	}
	for i, k := range keys {
		name := "k" + strings.Repeat("x", i)
		exec(t, db, d.CreateTable(d.Quote(name), []dialect.Column{k}, []string{k.Name}))
	}
	text, err := d.Type(arrow.Field{Type: arrow.BinaryTypes.String}, true)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, d.CreateTable("`three`", []dialect.Column{{Name: "a", Type: text}, {Name: "b", Type: text}, {Name: "c", Type: text}}, []string{"a", "b", "c"}))
}

var types = []arrow.DataType{
	arrow.Null, arrow.FixedWidthTypes.Boolean,
	arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64,
	arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
	arrow.FixedWidthTypes.Float16, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64,
	&arrow.Decimal128Type{Precision: 38, Scale: 10}, &arrow.Decimal256Type{Precision: 65, Scale: 30},
	arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView,
	arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary, arrow.BinaryTypes.BinaryView, &arrow.FixedSizeBinaryType{ByteWidth: 16}, &arrow.FixedSizeBinaryType{ByteWidth: 300},
	arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Date64,
	arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time32ms, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Time64ns,
	&arrow.TimestampType{Unit: arrow.Second}, &arrow.TimestampType{Unit: arrow.Millisecond}, &arrow.TimestampType{Unit: arrow.Microsecond}, &arrow.TimestampType{Unit: arrow.Nanosecond},
	&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"},
	arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.LargeListOf(arrow.PrimitiveTypes.Int64), arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int64),
	arrow.StructOf(arrow.Field{Name: "a", Type: arrow.PrimitiveTypes.Int64}), arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64),
	&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
}

// TestSwap crashes between any two statements of a swap, and runs it again.
func TestSwap(t *testing.T) {
	ctx := t.Context()
	db := connect(t)
	schema, err := d.Schema(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	for _, withOld := range []bool{false, true} {
		for crash := range 4 {
			exec(t, db, "DROP TABLE IF EXISTS t, _floe_old_x")
			shadow := "_floe_new_x"
			var old *dialect.Table
			if withOld {
				exec(t, db, "CREATE TABLE t (a INT) COMMENT 'old'", "INSERT INTO t VALUES (1)", "CREATE TABLE _floe_old_x (left_over INT)")
				old = inspect(t, db, "t")
				old.Schema = schema
			}
			exec(t, db, "CREATE TABLE _floe_new_x (a INT) COMMENT 'new'")
			for try := 0; ; try++ {
				statements, err := d.Swap(ctx, db, schema, shadow, "t", old)
				if err != nil {
					t.Fatal(err)
				}
				if try == 0 && crash < len(statements) {
					exec(t, db, statements[:crash]...)
				} else {
					exec(t, db, statements...)
				}
				if inspect(t, db, shadow) == nil {
					break
				}
			}
			if got := inspect(t, db, "t"); got.Comment != "new" {
				t.Errorf("crash %d: the table has the comment %q", crash, got.Comment)
			}
			if withOld && crash == 0 && inspect(t, db, dialect.Aside(shadow)) != nil {
				t.Errorf("the old table is still there")
			}
		}
	}
}

func TestCreateLike(t *testing.T) {
	ctx := t.Context()
	db := connect(t)
	exec(t, db, "CREATE TABLE parent (a INT, b INT, PRIMARY KEY (a, b))", `CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, x INT DEFAULT 5 COMMENT 'c', y INT, g INT AS (x + 1),
		UNIQUE (x), CHECK (x > 0), FOREIGN KEY (x, y) REFERENCES parent (a, b) ON DELETE CASCADE) COMMENT 'mine'`)
	schema, _ := d.Schema(ctx, db)
	like := func() ([]string, error) {
		old, err := d.Inspect(ctx, db, schema, "t")
		if err != nil {
			t.Fatal(err)
		}
		return d.CreateLike(ctx, db, schema, "s`1", old)
	}
	statements, err := like()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, statements...)
	want, got := inspect(t, db, "t"), inspect(t, db, "s`1")
	want.Name = "s`1"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the tables differ (-old +like)\n%s", diff)
	}
	if _, err := db.Exec("INSERT INTO `s``1` (x, y) VALUES (1, 1)"); d.Classify(err) != dialect.RowFault {
		t.Errorf("without a parent: %v", err)
	}
	if _, err := db.Exec("INSERT INTO `s``1` (x) VALUES (-1)"); d.Classify(err) != dialect.RowFault {
		t.Errorf("against the CHECK: %v", err)
	}
	exec(t, db, "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.y = 1")
	if _, err := like(); err == nil || !strings.Contains(err.Error(), "trigger `tr`") {
		t.Errorf("CreateLike of a table with a trigger: %v", err)
	}
	exec(t, db, "DROP TRIGGER tr", "CREATE TABLE child (id INT, CONSTRAINT fk FOREIGN KEY (id) REFERENCES t (id))")
	if _, err := like(); err == nil || !strings.Contains(err.Error(), "foreign key `fk` of `child`") {
		t.Errorf("CreateLike of a table that others refer to: %v", err)
	}
}

func TestLock(t *testing.T) {
	ctx := t.Context()
	db := connect(t)
	conns := make([]*sql.Conn, 2)
	for i := range conns {
		c, err := db.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
	}
	exec(t, conns[0], d.Lock("a name that is longer than the sixty-four characters of a lock in MySQL")...)
	quick := d.Lock("a name that is longer than the sixty-four characters of a lock in MySQL")
	quick[1] = strings.Replace(quick[1], ", 60)", ", 0.05)", 1)
	var err error
	for _, q := range quick {
		if _, err = conns[1].ExecContext(ctx, q); err != nil {
			break
		}
	}
	if d.Classify(err) != dialect.Conflict {
		t.Errorf("the lock is held, and another asked for it: %v (%s)", err, d.Classify(err))
	}
	exec(t, conns[0], d.Unlock("a name that is longer than the sixty-four characters of a lock in MySQL")...)
	exec(t, conns[1], quick...)
	exec(t, conns[1], d.Unlock("a name that is longer than the sixty-four characters of a lock in MySQL")...)
}

func TestAlterColumn(t *testing.T) {
	db := connect(t)
	exec(t, db, `CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'the "id"', n SMALLINT UNSIGNED NOT NULL DEFAULT 7 COMMENT 'x\\y',
		d DATE, at DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, amount DECIMAL(5,2), f FLOAT)`)
	before := inspect(t, db, "t")
	for name, dt := range map[string]arrow.DataType{
		"id": arrow.PrimitiveTypes.Int64, "n": arrow.PrimitiveTypes.Int32, "d": &arrow.TimestampType{Unit: arrow.Nanosecond},
		"at": &arrow.TimestampType{Unit: arrow.Millisecond}, "amount": &arrow.Decimal128Type{Precision: 10, Scale: 4}, "f": arrow.PrimitiveTypes.Float64,
	} {
		c := before.Column(d, name)
		typ, ok := d.Widen(*c, arrow.Field{Type: dt})
		if !ok {
			t.Fatalf("%s does not widen", name)
		}
		exec(t, db, d.AlterColumn("t", *c, typ))
	}
	want := []dialect.Column{
		{Name: "id", Type: `bigint(20) AUTO_INCREMENT COMMENT 'the "id"'`, NotNull: true, Default: "AUTO_INCREMENT"},
		{Name: "n", Type: `int(11) COMMENT 'x\\y'`, NotNull: true, Default: "7"},
		{Name: "d", Type: "datetime(6)"},
		{Name: "at", Type: "datetime(3) ON UPDATE current_timestamp(3)", Default: "current_timestamp(3)"},
		{Name: "amount", Type: "decimal(10,4)"},
		{Name: "f", Type: "double"},
	}
	if diff := cmp.Diff(want, inspect(t, db, "t").Columns); diff != "" {
		t.Errorf("columns mismatch (-want +got)\n%s", diff)
	}
}

func TestSchemaOfNoDatabase(t *testing.T) {
	db, err := sql.Open("mysql", servers.MariaDB(t).DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if name, err := d.Schema(context.Background(), db); err == nil {
		t.Errorf("Schema = %q", name)
	}
}
