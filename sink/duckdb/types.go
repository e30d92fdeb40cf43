package duckdb

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/sink"
)

// mapped is how an Arrow type goes into DuckDB.
type mapped struct {
	sql  string         // the column type
	view arrow.DataType // the type that DuckDB is shown, once fix has run
	cast bool           // what DuckDB is shown is a text of the value, to be cast to sql
	fix  fixer          // checks the values, and turns them into view; nil = they go as they are
}

// unsupported says why a type cannot be loaded and what to do.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// mapField maps a top-level column; an error is a *[sink.SchemaError].
func mapField(table string, f arrow.Field) (mapped, error) {
	if err := checkName(f.Name); err != nil {
		return mapped{}, &sink.SchemaError{Target: table, Column: f.Name, Type: f.Type, Reason: "its name " + err.Error() + ": rename the column"}
	}
	m, err := mapAny(f)
	if err != nil {
		return mapped{}, &sink.SchemaError{Target: table, Column: f.Name, Type: f.Type, Reason: err.Error()}
	}
	return m, nil
}

// mapAny maps a field with the metadata that may make a UUID of it.
func mapAny(f arrow.Field) (mapped, error) {
	dt := f.Type
	uuid := isUUIDName(f.Metadata)
	if ext, ok := dt.(arrow.ExtensionType); ok {
		uuid = ext.ExtensionName() == "arrow.uuid"
		dt = ext.StorageType()
		m, err := mapStorage(dt, uuid)
		if err != nil {
			return mapped{}, err
		}
		m.fix = fixExtension(m.fix)
		return m, nil
	}
	return mapStorage(dt, uuid)
}

func isUUIDName(meta arrow.Metadata) bool {
	name, ok := meta.GetValue("ARROW:extension:name")
	return ok && name == "arrow.uuid"
}

func mapStorage(dt arrow.DataType, uuid bool) (mapped, error) {
	if fixed, ok := dt.(*arrow.FixedSizeBinaryType); ok && uuid && fixed.ByteWidth == 16 {
		return mapped{sql: "UUID", view: arrow.BinaryTypes.String, cast: true, fix: fixUUID}, nil
	}
	if m, ok := mapFlat(dt); ok {
		return m, nil
	}
	switch dt := dt.(type) {
	case *arrow.Decimal128Type:
		return mapDecimal(dt.Precision, dt.Scale, fixDecimal128(dt.Precision))
	case *arrow.Decimal256Type:
		return mapDecimal(dt.Precision, dt.Scale, fixDecimal256(dt.Precision, dt.Scale))
	case *arrow.TimestampType:
		return mapTimestamp(dt), nil
	case *arrow.DurationType:
		return mapped{sql: "INTERVAL", view: arrow.FixedWidthTypes.Duration_us, fix: fixDuration(dt.Unit)}, nil
	case *arrow.DictionaryType:
		return mapDictionary(dt)
	case *arrow.ListType:
		return mapList(dt.ElemField(), "[]", func(f arrow.Field) arrow.DataType { return arrow.ListOfField(f) })
	case *arrow.LargeListType:
		return mapList(dt.ElemField(), "[]", func(f arrow.Field) arrow.DataType { return arrow.LargeListOfField(f) })
	case *arrow.FixedSizeListType:
		if dt.Len() < 1 || dt.Len() > 100_000 {
			return mapped{}, unsupported("a fixed-size list must have 1 to 100,000 elements: use a list")
		}
		n := dt.Len()
		return mapList(dt.ElemField(), fmt.Sprintf("[%d]", n), func(f arrow.Field) arrow.DataType { return arrow.FixedSizeListOfField(n, f) })
	case *arrow.StructType:
		return mapStruct(dt)
	case *arrow.MapType:
		return mapMap(dt)
	}
	return mapped{}, unsupported("DuckDB has no type that this sink loads it into: convert the column before, or leave it out")
}

// mapFlat maps the types that have no parameters.
func mapFlat(dt arrow.DataType) (mapped, bool) {
	asIs := func(sql string, fix fixer) (mapped, bool) { return mapped{sql: sql, view: dt, fix: fix}, true }
	switch dt.ID() {
	case arrow.NULL:
		// DuckDB itself makes INTEGER of a column that has only NULL.
		return asIs("INTEGER", nil)
	case arrow.BOOL:
		return asIs("BOOLEAN", fixOffset)
	case arrow.INT8:
		return asIs("TINYINT", nil)
	case arrow.INT16:
		return asIs("SMALLINT", nil)
	case arrow.INT32:
		return asIs("INTEGER", nil)
	case arrow.INT64:
		return asIs("BIGINT", nil)
	case arrow.UINT8:
		return asIs("UTINYINT", nil)
	case arrow.UINT16:
		return asIs("USMALLINT", nil)
	case arrow.UINT32:
		return asIs("UINTEGER", nil)
	case arrow.UINT64:
		return asIs("UBIGINT", nil)
	case arrow.FLOAT16:
		return mapped{sql: "FLOAT", view: arrow.PrimitiveTypes.Float32, fix: fixFloat16}, true
	case arrow.FLOAT32:
		return asIs("FLOAT", nil)
	case arrow.FLOAT64:
		return asIs("DOUBLE", nil)
	case arrow.STRING:
		return asIs("VARCHAR", fixString)
	case arrow.LARGE_STRING:
		return asIs("VARCHAR", fixLargeString)
	case arrow.STRING_VIEW:
		return mapped{sql: "VARCHAR", view: arrow.BinaryTypes.String, fix: fixStringView}, true
	case arrow.BINARY, arrow.LARGE_BINARY:
		return asIs("BLOB", nil)
	case arrow.FIXED_SIZE_BINARY:
		return mapped{sql: "BLOB", view: arrow.BinaryTypes.LargeBinary, fix: fixFixedBinary(dt.(*arrow.FixedSizeBinaryType).ByteWidth)}, true
	case arrow.BINARY_VIEW:
		return mapped{sql: "BLOB", view: arrow.BinaryTypes.Binary, fix: fixBinaryView}, true
	case arrow.DATE32:
		return asIs("DATE", fixDate32)
	case arrow.DATE64:
		return mapped{sql: "DATE", view: arrow.FixedWidthTypes.Date32, fix: fixDate64}, true
	case arrow.TIME32:
		return mapped{sql: "TIME", view: arrow.FixedWidthTypes.Time64us, fix: fixTime32(dt.(*arrow.Time32Type).Unit)}, true
	case arrow.TIME64:
		return mapped{sql: "TIME", view: arrow.FixedWidthTypes.Time64us, fix: fixTime64(dt.(*arrow.Time64Type).Unit)}, true
	case arrow.INTERVAL_MONTHS:
		return mapped{sql: "INTERVAL", view: arrow.FixedWidthTypes.MonthDayNanoInterval, fix: fixMonths}, true
	case arrow.INTERVAL_DAY_TIME:
		return mapped{sql: "INTERVAL", view: arrow.FixedWidthTypes.MonthDayNanoInterval, fix: fixDayTime}, true
	case arrow.INTERVAL_MONTH_DAY_NANO:
		return asIs("INTERVAL", fixMonthDayNano)
	}
	return mapped{}, false
}

func mapDecimal(precision, scale int32, fix fixer) (mapped, error) {
	if precision < 1 || precision > 38 || scale < 0 || scale > precision {
		return mapped{}, unsupported("DuckDB has DECIMAL of 1 to 38 digits, none to all of them behind the point: convert the column before")
	}
	return mapped{
		sql:  fmt.Sprintf("DECIMAL(%d,%d)", precision, scale),
		view: &arrow.Decimal128Type{Precision: precision, Scale: scale}, fix: fix,
	}, nil
}

func mapTimestamp(dt *arrow.TimestampType) mapped {
	if dt.TimeZone != "" {
		return mapped{
			sql:  "TIMESTAMP WITH TIME ZONE",
			view: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, fix: fixZoned(dt.Unit),
		}
	}
	sql := map[arrow.TimeUnit]string{
		arrow.Second: "TIMESTAMP_S", arrow.Millisecond: "TIMESTAMP_MS", arrow.Microsecond: "TIMESTAMP", arrow.Nanosecond: "TIMESTAMP_NS",
	}[dt.Unit]
	return mapped{sql: sql, view: dt, fix: fixTimestamp(dt.Unit)}
}

func mapDictionary(dt *arrow.DictionaryType) (mapped, error) {
	if arrow.IsNested(dt.ValueType.ID()) || dt.ValueType.ID() == arrow.DICTIONARY || dt.ValueType.ID() == arrow.NULL {
		return mapped{}, unsupported("a dictionary must be one of plain values: unpack the column before")
	}
	m, err := mapAny(arrow.Field{Type: dt.ValueType})
	if err != nil {
		return mapped{}, err
	}
	view := &arrow.DictionaryType{IndexType: dt.IndexType, ValueType: m.view, Ordered: dt.Ordered}
	m.view, m.fix = view, fixDictionary(m.fix, view)
	return m, nil
}

// mapChild maps what is inside a nested type. What would need a cast there is refused: a cast of a whole list
// costs more than the load. A dictionary is unpacked: one without rows makes DuckDB give up the whole database.
func mapChild(f arrow.Field) (mapped, error) {
	if d, ok := f.Type.(*arrow.DictionaryType); ok {
		return mapUnpacked(d)
	}
	m, err := mapAny(f)
	if err == nil && m.cast {
		return mapped{}, unsupported("a UUID inside a nested type cannot be loaded: make it text or binary before")
	}
	return m, err
}

func mapUnpacked(dt *arrow.DictionaryType) (mapped, error) {
	switch dt.ValueType.ID() {
	case arrow.STRING, arrow.LARGE_STRING:
		return mapped{sql: "VARCHAR", view: arrow.BinaryTypes.LargeString, fix: unpackText}, nil
	case arrow.BINARY, arrow.LARGE_BINARY:
		return mapped{sql: "BLOB", view: arrow.BinaryTypes.LargeBinary, fix: unpackBytes}, nil
	}
	return mapped{}, unsupported("inside a nested type a dictionary must be one of text or bytes: unpack it before")
}

func mapList(elem arrow.Field, suffix string, of func(arrow.Field) arrow.DataType) (mapped, error) {
	m, err := mapChild(elem)
	if err != nil {
		return mapped{}, fmt.Errorf("its elements (%s): %w", elem.Type, err)
	}
	view := of(arrow.Field{Name: elem.Name, Type: m.view, Nullable: true})
	return mapped{sql: m.sql + suffix, view: view, fix: fixNested(view, []fixer{m.fix})}, nil
}

func mapStruct(dt *arrow.StructType) (mapped, error) {
	if dt.NumFields() == 0 {
		return mapped{}, unsupported("a struct without fields cannot be loaded: leave the column out")
	}
	var parts []string
	var fields []arrow.Field
	var fixes []fixer
	seen := map[string]bool{}
	for _, f := range dt.Fields() {
		if err := checkName(f.Name); err != nil {
			return mapped{}, unsupported(fmt.Sprintf("the name of its field %q %v", f.Name, err))
		}
		if seen[fold(f.Name)] {
			return mapped{}, unsupported(fmt.Sprintf("DuckDB takes two of its fields for one: %q", f.Name))
		}
		seen[fold(f.Name)] = true
		m, err := mapChild(f)
		if err != nil {
			return mapped{}, fmt.Errorf("its field %q (%s): %w", f.Name, f.Type, err)
		}
		parts = append(parts, quote(f.Name)+" "+m.sql)
		fields = append(fields, arrow.Field{Name: f.Name, Type: m.view, Nullable: true})
		fixes = append(fixes, m.fix)
	}
	view := arrow.StructOf(fields...)
	return mapped{sql: "STRUCT(" + strings.Join(parts, ", ") + ")", view: view, fix: fixNested(view, fixes)}, nil
}

func mapMap(dt *arrow.MapType) (mapped, error) {
	key, err := mapChild(dt.KeyField())
	if err != nil {
		return mapped{}, fmt.Errorf("its keys (%s): %w", dt.KeyType(), err)
	}
	item, err := mapChild(dt.ItemField())
	if err != nil {
		return mapped{}, fmt.Errorf("its values (%s): %w", dt.ItemType(), err)
	}
	view := arrow.MapOf(key.view, item.view)
	return mapped{
		sql: "MAP(" + key.sql + ", " + item.sql + ")", view: view,
		fix: fixNested(view, []fixer{fixNested(view.Elem(), []fixer{key.fix, item.fix})}),
	}, nil
}
