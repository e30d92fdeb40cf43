package mysql_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/dialect"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// TestGolden compares the statements with testdata/statements.sql.
func TestGolden(t *testing.T) {
	var b strings.Builder
	say := func(what string, statements ...string) {
		fmt.Fprintf(&b, "-- %s\n", what)
		for _, s := range statements {
			fmt.Fprintf(&b, "%s;\n", s)
		}
	}
	table := dialect.Qualified(d, "it's", "a`b")
	var columns []dialect.Column
	for i, dt := range types {
		typ, err := d.Type(arrow.Field{Type: dt}, false)
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, dialect.Column{Name: fmt.Sprintf("c%d", i), Type: typ})
	}
	say("all types", strings.ReplaceAll(d.CreateTable(table, columns, nil), ", `c", ",\n\t`c"))
	text, err := d.Type(arrow.Field{Type: arrow.BinaryTypes.String}, true)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := d.Type(arrow.Field{Type: arrow.BinaryTypes.Binary}, true)
	if err != nil {
		t.Fatal(err)
	}
	say("a key", d.CreateTable(table, []dialect.Column{{Name: "k", Type: text, NotNull: true}, {Name: "select", Type: bytes, NotNull: true}, {Name: "v", Type: "INT", Default: "5"}}, []string{"k", "select"}))
	say("a new column", d.AddColumn(table, dialect.Column{Name: "naïve", Type: "BIGINT"}))
	say("a wider one", d.AlterColumn(table, dialect.Column{Name: "n", Type: "int(11) COMMENT 'x'", NotNull: true, Default: "7"}, "BIGINT COMMENT 'x'"))
	say("a comment", d.Comment(table, `it's \ a [floe:1]`))
	say("a transaction", d.Begin()...)
	say("a lock", append(d.Lock("floe s"), d.Unlock("floe s")...)...)
	swap, err := d.Swap(t.Context(), nil, "s", "_floe_new_1", "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	say("a swap where there was no table", swap...)
	say("an upsert", "INSERT INTO t (`k`, `v`) VALUES (?, ?)"+d.Upsert(dialect.Upsert{Columns: []string{"k", "v"}, Key: []string{"k"}, Rest: []dialect.Column{
		{Name: "d", Default: "5"}, {Name: "e"}, {Name: "g", Generated: true}, {Name: "n", Default: "AUTO_INCREMENT"},
	}}))
	const file = "testdata/statements.sql"
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the statements differ from %s (-want +got); run with -rewrite where that is meant\n%s", file, diff)
	}
}

func TestTypesRefused(t *testing.T) {
	for _, tc := range []struct {
		dt  arrow.DataType
		key bool
	}{
		{arrow.FixedWidthTypes.Duration_us, false},
		{arrow.FixedWidthTypes.MonthDayNanoInterval, false},
		{&arrow.Decimal256Type{Precision: 66, Scale: 0}, false},
		{&arrow.Decimal128Type{Precision: 38, Scale: 31}, false},
		{&arrow.Decimal128Type{Precision: 3, Scale: -1}, false},
		{arrow.ListOf(arrow.FixedWidthTypes.Duration_us), false},
		{arrow.ListOf(arrow.PrimitiveTypes.Int64), true},
		{&arrow.FixedSizeBinaryType{ByteWidth: 300}, true},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.ListOf(arrow.PrimitiveTypes.Int64)}, false},
		{arrow.StructOf(), true},
	} {
		if typ, err := d.Type(arrow.Field{Name: "c", Type: tc.dt}, tc.key); err == nil {
			t.Errorf("Type(%s, %t) = %s", tc.dt, tc.key, typ)
		}
	}
}

func TestWiden(t *testing.T) {
	i8, i16, i32, i64 := arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64
	u8, u32, u64 := arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64
	for _, tc := range []struct {
		have string
		dt   arrow.DataType
		want string // "" = none
	}{
		{"int(11)", i64, "BIGINT"},
		{"tinyint(4)", i16, "SMALLINT"},
		{"mediumint(9)", i32, "INT"},
		{"int(10) unsigned", u64, "BIGINT UNSIGNED"},
		{"int(10) unsigned", i8, "BIGINT"},
		{"int(11)", u32, "BIGINT"},
		{"tinyint(3) unsigned", i8, "SMALLINT"},
		{"mediumint(8) unsigned", i16, "INT"},
		{"bigint(20) unsigned", i64, "DECIMAL(20,0)"},
		{"bigint(20)", u64, "DECIMAL(20,0)"},
		{"decimal(5,2)", i64, "DECIMAL(21,2)"},
		{"decimal(5,2)", &arrow.Decimal128Type{Precision: 10, Scale: 4}, "DECIMAL(10,4)"},
		{"decimal(10,1)", &arrow.Decimal128Type{Precision: 6, Scale: 4}, "DECIMAL(13,4)"},
		{"decimal(65,0)", &arrow.Decimal128Type{Precision: 6, Scale: 4}, ""},
		{"int(11)", &arrow.Decimal128Type{Precision: 6, Scale: 4}, "DECIMAL(14,4)"},
		{"float", arrow.PrimitiveTypes.Float64, "DOUBLE"},
		{"float(7,2)", arrow.PrimitiveTypes.Float64, ""},
		{"int(11)", arrow.PrimitiveTypes.Float64, "DOUBLE"},
		{"bigint(20)", arrow.PrimitiveTypes.Float64, ""},
		{"float", i32, "DOUBLE"},
		{"float", i64, ""},
		{"date", &arrow.TimestampType{Unit: arrow.Microsecond}, "DATETIME(6)"},
		{"datetime", &arrow.TimestampType{Unit: arrow.Millisecond}, "DATETIME(3)"},
		{"timestamp", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}, "TIMESTAMP(3)"},
		{"timestamp", &arrow.TimestampType{Unit: arrow.Millisecond}, ""},
		{"time", arrow.FixedWidthTypes.Time64ns, "TIME(6)"},
		{"varchar(20)", i64, ""},
		{"int(11)", arrow.BinaryTypes.String, ""},
		{"int(11)", &arrow.DictionaryType{IndexType: i8, ValueType: i64}, "BIGINT"},
		{"tinyint(3) unsigned COMMENT 'a'", u32, "INT UNSIGNED COMMENT 'a'"},
		{"smallint(6)", u8, "SMALLINT"},
	} {
		got, ok := d.Widen(dialect.Column{Name: "c", Type: tc.have}, arrow.Field{Type: tc.dt})
		if ok != (tc.want != "") || ok && got != tc.want {
			t.Errorf("Widen(%s, %s) = %s, %t; want %q", tc.have, tc.dt, got, ok, tc.want)
		}
		if !ok {
			continue
		}
		if _, err := d.Bind(arrow.Field{Type: tc.dt}, dialect.Column{Name: "c", Type: got}); err != nil {
			t.Errorf("%s was widened to %s for %s, which does not go in: %v", tc.have, got, tc.dt, err)
		}
	}
}
