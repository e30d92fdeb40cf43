package copyinto

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// element is a column of a Parquet file, or what it is made of.
type element struct {
	name      string
	physical  string // "INT64"; "" of groups
	converted string // "TIMESTAMP_MICROS"; "" is none
	logical   string // "TimestampType(isAdjustedToUTC=1, unit=…)"; "" is none
	repeated  bool
	required  bool
	precision int
	scale     int
	children  []*element
}

// readSchema reads the columns of a Parquet file on look. An error is the file's.
func readSchema(ctx context.Context, look *sql.Conn, path string) (columns []*element, rows int64, err error) {
	if err := look.QueryRowContext(ctx, "SELECT num_rows FROM parquet_file_metadata("+lit(path)+")").Scan(&rows); err != nil {
		return nil, 0, err
	}
	found, err := look.QueryContext(ctx, "SELECT name, coalesce(type, ''), coalesce(repetition_type, ''), coalesce(num_children, 0),"+
		" coalesce(converted_type, ''), coalesce(logical_type, ''), coalesce(precision, 0), coalesce(scale, 0) FROM parquet_schema("+lit(path)+")")
	if err != nil {
		return nil, 0, err
	}
	defer found.Close()
	var flat []*element
	var widths []int
	for found.Next() {
		e := &element{}
		var repetition string
		var children int
		if err := found.Scan(&e.name, &e.physical, &repetition, &children, &e.converted, &e.logical, &e.precision, &e.scale); err != nil {
			return nil, 0, err
		}
		e.repeated, e.required = repetition == "REPEATED", repetition == "REQUIRED"
		flat, widths = append(flat, e), append(widths, children)
	}
	if err := found.Err(); err != nil {
		return nil, 0, err
	}
	if len(flat) == 0 {
		return nil, 0, fmt.Errorf("the file has no schema")
	}
	rest := grow(flat, widths, new(int))
	return rest.children, rows, nil
}

// grow makes a tree of the elements from at on, each of which is followed by its children.
func grow(flat []*element, widths []int, at *int) *element {
	e := flat[*at]
	n := widths[*at]
	*at++
	for range n {
		if *at < len(flat) {
			e.children = append(e.children, grow(flat, widths, at))
		}
	}
	return e
}

func (e *element) leaf() bool { return e.physical != "" }

func (e *element) list() bool {
	return !e.leaf() && (e.converted == "LIST" || strings.HasPrefix(e.logical, "ListType")) && len(e.children) == 1 && e.children[0].repeated
}

func (e *element) mapping() bool {
	return !e.leaf() && (strings.HasPrefix(e.converted, "MAP") || strings.HasPrefix(e.logical, "MapType")) &&
		len(e.children) == 1 && e.children[0].repeated && len(e.children[0].children) == 2
}

// item is the element of a list: that in the repeated group, or the repeated element itself where writers of old have no
// group between.
func (e *element) item() *element {
	r := e.children[0]
	if r.leaf() || len(r.children) != 1 || r.name == "array" || r.name == e.name+"_tuple" {
		return r
	}
	return r.children[0]
}

// nanos tells whether the element is a time of nanoseconds: DuckDB, which would cut most of them to microseconds, reads its
// integers, of a copy that [withoutTimes] makes.
func (e *element) nanos() bool { return strings.Contains(e.logical, "NANOS=NanoSeconds") }

// count is the integers of the time or timestamp e, of DuckDB's value s, and how many nanoseconds they count.
func (e *element) count(s string) (integers string, nanos int64) {
	switch {
	case e.nanos():
		return s, 1
	case strings.Contains(e.logical, "MILLIS=MilliSeconds") || strings.HasSuffix(e.converted, "_MILLIS"):
		return "epoch_ms(" + s + ")", 1e6
	}
	return "epoch_us(" + s + ")", 1e3
}

// value is what Snowflake takes a leaf for, and the expression of it over DuckDB's value s.
func (f *Parquet) value(e *element, s string) (types.Type, string, error) {
	obeyed := f.logical() || e.converted != "" // without logical types, those of the older kind are obeyed. Approximate but for times
	is := func(logical, converted string) bool {
		return obeyed && (strings.HasPrefix(e.logical, logical+"Type") || e.converted == converted)
	}
	switch {
	case e.physical == "INT96":
		kind := types.TimestampNTZ
		if f.UseVectorizedScanner {
			kind = types.TimestampLTZ
		}
		return moment(kind), "CAST(epoch_ns(" + s + ") AS HUGEINT)", nil
	case strings.HasPrefix(e.logical, "TimestampType") || strings.HasPrefix(e.converted, "TIMESTAMP_"):
		return f.timestamp(e, s)
	case strings.HasPrefix(e.logical, "TimeType") || strings.HasPrefix(e.converted, "TIME_"):
		return f.timeOfDay(e, s)
	case strings.HasPrefix(e.logical, "IntervalType") || e.converted == "INTERVAL":
		return types.Type{}, "", unsupported("Parquet INTERVAL in column %s", e.name)
	case is("Date", "DATE"):
		return types.Type{Kind: types.Date}, s, nil
	case strings.HasPrefix(e.logical, "DateType"):
		return integer(10), "CAST(date_diff('day', DATE '1970-01-01', " + s + ") AS INTEGER)", nil
	case is("Decimal", "DECIMAL"):
		return types.Type{Kind: types.Fixed, Precision: e.precision, Scale: e.scale}, s, nil
	case strings.HasPrefix(e.logical, "DecimalType"):
		if e.physical != "INT32" && e.physical != "INT64" {
			return types.Type{}, "", unsupported("Parquet DECIMAL of bytes without USE_LOGICAL_TYPE in column %s", e.name)
		}
		return integer(19), fmt.Sprintf("CAST(%s * %s AS HUGEINT)", s, power10(e.scale)), nil
	case strings.HasPrefix(e.logical, "UUIDType"):
		return types.Type{Kind: types.Binary}, "unhex(replace(CAST(" + s + " AS VARCHAR), '-', ''))", nil
	}
	switch e.physical {
	case "BOOLEAN":
		return types.Type{Kind: types.Boolean}, s, nil
	case "INT32":
		return integer(10), s, nil
	case "INT64":
		return integer(20), s, nil
	case "FLOAT", "DOUBLE":
		return types.Type{Kind: types.Real}, "CAST(" + s + " AS DOUBLE)", nil
	}
	return f.bytes(e, s, is)
}

// bytes is the value of BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY.
func (f *Parquet) bytes(e *element, s string, is func(logical, converted string) bool) (types.Type, string, error) {
	typed := is("String", "UTF8") || is("Enum", "ENUM") || is("Json", "JSON")
	switch {
	case strings.HasPrefix(e.logical, "Float16"):
		return types.Type{Kind: types.Real}, "CAST(" + s + " AS DOUBLE)", nil
	case typed, e.text() && f.text():
		return types.Type{Kind: types.Text}, "CAST(" + s + " AS VARCHAR)", nil
	case e.text():
		return types.Type{Kind: types.Binary}, "encode(CAST(" + s + " AS VARCHAR))", nil
	case f.text():
		// What is not UTF-8 has no text: the column says so, by [invalidText].
		return types.Type{Kind: types.Text}, "CASE WHEN " + isUTF8(s) + " THEN decode(" + s + ") ELSE " + lit(invalidText) + " || hex(" + s + ") END", nil
	}
	return types.Type{Kind: types.Binary}, s, nil
}

// text tells whether bytes have a type of text, so that DuckDB reads text.
func (e *element) text() bool {
	for _, logical := range []string{"StringType", "EnumType", "JsonType"} {
		if strings.HasPrefix(e.logical, logical) {
			return true
		}
	}
	return e.converted == "UTF8" || e.converted == "ENUM" || e.converted == "JSON"
}

// decodes tells whether the element has bytes without a type that are taken for text.
func (f *Parquet) decodes(e *element) bool {
	if e.leaf() {
		typ, _, err := f.value(e, "")
		return err == nil && typ.Kind == types.Text && !e.text()
	}
	return slices.ContainsFunc(e.children, f.decodes)
}

// invalidText begins the text of bytes that are none, before their digits.
const invalidText = "\uE002"

// isUTF8 tests bytes by their digits: DuckDB can but try to decode them, and fails.
func isUTF8(s string) string {
	return "regexp_full_match(hex(" + s + "), '([0-7][0-9A-F]|(C[2-9A-F]|D[0-9A-F])[89AB][0-9A-F]|E0[AB][0-9A-F][89AB][0-9A-F]" +
		"|E[1-9ABCEF]([89AB][0-9A-F]){2}|ED[89][0-9A-F][89AB][0-9A-F]|F0[9AB][0-9A-F]([89AB][0-9A-F]){2}" +
		"|F[123]([89AB][0-9A-F]){3}|F48[0-9A-F]([89AB][0-9A-F]){2})*')"
}

func integer(digits int) types.Type { return types.Type{Kind: types.Fixed, Precision: digits} }

func moment(kind types.Kind) types.Type { return types.Type{Kind: kind, Scale: types.DefaultScale} }

func power10(n int) string { return "1" + strings.Repeat("0", n) }

// timestamp is the value of a timestamp. Documented: without logical types those of UTC are wall clocks, and others are
// instants if they have a type of the older kind, and integers if not, as all of nanoseconds are.
func (f *Parquet) timestamp(e *element, s string) (types.Type, string, error) {
	raw, nanos := e.count(s)
	utc := strings.Contains(e.logical, "isAdjustedToUTC=1") || e.logical == ""
	ns := fmt.Sprintf("CAST(%s AS HUGEINT) * %d", raw, nanos)
	switch {
	case f.logical() && utc:
		return moment(types.TimestampLTZ), ns, nil
	case f.logical():
		return moment(types.TimestampNTZ), ns, nil
	case nanos == 1 || !utc && e.converted == "":
		return integer(19), raw, nil
	case utc:
		return moment(types.TimestampNTZ), ns, nil
	}
	return moment(types.TimestampLTZ), ns, nil
}

// timeOfDay is the value of a time of day. Documented: without logical types those without a type of the older kind are
// integers, as all of nanoseconds are.
func (f *Parquet) timeOfDay(e *element, s string) (types.Type, string, error) {
	if !e.nanos() {
		s = "CAST(" + s + " AS TIME)"
	}
	raw, nanos := e.count(s)
	if !f.logical() && e.converted == "" {
		return integer(19), raw, nil
	}
	return moment(types.Time), fmt.Sprintf("CAST(%s AS BIGINT) * %d", raw, nanos), nil
}
