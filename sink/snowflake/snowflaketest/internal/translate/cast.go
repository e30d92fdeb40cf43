package translate

import (
	"fmt"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// castMode is what asks for a cast.
type castMode uint8

const (
	explicit castMode = iota // x::type: a text is cut
	implicit                 // an assignment or operand: a text that is too long is an error
	try                      // TRY_CAST: NULL instead of an error
)

// flag is the last argument of the functions that convert.
func (m castMode) flag() string { return fmt.Sprint(m == try) }

// assignable says that a value may be stored in a column of a type without a cast in words.
func assignable(from, to types.Type) bool {
	switch {
	case from.Kind == 0 || from.Kind == to.Kind:
		return true
	case to.Kind == types.Object || to.Kind == types.Array:
		return from.Kind == types.Variant
	case to.Kind == types.Fixed || to.Kind == types.Real:
		return from.Kind == types.Fixed || from.Kind == types.Real || from.Kind == types.Text || from.Kind == types.Boolean || from.Kind == types.Variant
	case to.Kind == types.Boolean:
		return from.Kind == types.Fixed || from.Kind == types.Real || from.Kind == types.Text || from.Kind == types.Variant
	case to.Kind == types.Binary:
		return from.Kind == types.Text || from.Kind == types.Variant
	case to.Kind == types.Date || to.Kind == types.Time || rank[to.Kind] > 0:
		return from.Kind == types.Text || from.Kind == types.Variant || rank[from.Kind] > 0
	}
	return true // VARCHAR and VARIANT
}

// cast converts a value.
func (t *translator) cast(v value, to types.Type, mode castMode) value {
	out := value{typ: to, notNull: v.notNull && mode != try}
	switch {
	case v.typ == to:
		return v
	case v.typ.Kind == 0:
		out.sql = castSQL(v.sql, to.DuckDB())
		return out
	}
	switch to.Kind {
	case types.Fixed:
		out.sql = t.toFixed(v, to, mode)
	case types.Real:
		out.sql = t.toReal(v, mode)
	case types.Text:
		out.sql = t.toText(v, to, mode)
	case types.Binary:
		out.sql = t.toBinary(v, to, mode)
	case types.Boolean:
		out.sql = t.toBoolean(v, mode)
	case types.Date:
		out.sql = t.toDate(v, mode)
	case types.Time:
		out.sql = t.toTime(v, to, mode)
	case types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		out.sql = t.toTimestamp(v, to, mode)
	default:
		out.sql = t.toVariant(v, to, mode)
	}
	if out.sql == "" {
		panic(compilation(1065, "22000", syntax.Pos{}, "Function CAST cannot be used with arguments of types %v and %v", v.typ, to))
	}
	return out
}

func (t *translator) toFixed(v value, to types.Type, mode castMode) string {
	duck := to.DuckDB()
	digits := fmt.Sprintf("%d, %d, %s", to.Precision, to.Scale, mode.flag())
	switch v.typ.Kind {
	case types.Fixed:
		if cut := v.typ.Scale - to.Scale; cut > 0 && to.Precision+cut <= v.typ.Precision {
			// DuckDB rounds if every value fits and cuts if it has to look whether one does: so one after the other.
			v.sql = castSQL(v.sql, fixed(v.typ.Precision-cut+1, to.Scale).DuckDB())
		}
		if mode == try {
			return called("TRY_CAST", v.sql+" AS "+duck)
		}
		return castSQL(v.sql, duck)
	case types.Real:
		return castSQL(called("floe_real_number", v.sql, digits), duck)
	case types.Text:
		return castSQL(called("floe_number", v.sql, digits), duck)
	case types.Boolean:
		return castSQL(castSQL(v.sql, "INTEGER"), duck)
	case types.Variant:
		return castSQL(called("floe_variant_number", v.sql, digits), duck)
	}
	return ""
}

func (t *translator) toReal(v value, mode castMode) string {
	switch v.typ.Kind {
	case types.Fixed:
		return castSQL(v.sql, "DOUBLE")
	case types.Text:
		return called("floe_real", v.sql, mode.flag())
	case types.Boolean:
		return castSQL(castSQL(v.sql, "INTEGER"), "DOUBLE")
	case types.Variant:
		return called("floe_variant_real", v.sql, mode.flag())
	}
	return ""
}

// Snowflake's formats of times unless the session says otherwise.
var formats = map[types.Kind][2]string{
	types.Date:         {"DATE_OUTPUT_FORMAT", "YYYY-MM-DD"},
	types.Time:         {"TIME_OUTPUT_FORMAT", "HH24:MI:SS"},
	types.TimestampNTZ: {"TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD HH24:MI:SS.FF3"},
	types.TimestampLTZ: {"TIMESTAMP_LTZ_OUTPUT_FORMAT", ""},
	types.TimestampTZ:  {"TIMESTAMP_TZ_OUTPUT_FORMAT", ""},
}

// format is the session's format of a kind of times.
func (t *translator) format(k types.Kind) string {
	if f := t.r.Parameter(formats[k][0]); f != "" {
		return f
	}
	if formats[k][1] != "" {
		return formats[k][1]
	}
	if f := t.r.Parameter("TIMESTAMP_OUTPUT_FORMAT"); f != "" {
		return f
	}
	return "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"
}

// inputFormat is the session's format of texts that are times; AUTO detects it.
func (t *translator) inputFormat(parameter string) string {
	if f := t.r.Parameter(parameter); f != "" {
		return quote(f)
	}
	return "'AUTO'"
}

// zone is the session's time zone, quoted.
func (t *translator) zone() string {
	if z := t.r.Parameter("TIMEZONE"); z != "" {
		return quote(z)
	}
	return "'America/Los_Angeles'"
}

// timeText writes a time in a format, which is DuckDB's text.
func (t *translator) timeText(v value, format string) string {
	switch v.typ.Kind {
	case types.Date:
		return called("floe_ntz_text", called("floe_date_nanos", v.sql), format)
	case types.Time:
		return called("floe_ntz_text", castSQL(v.sql, "HUGEINT"), format)
	case types.TimestampNTZ:
		return called("floe_ntz_text", v.sql, format)
	case types.TimestampLTZ:
		return called("floe_ltz_text", v.sql, t.zone(), format)
	case types.TimestampTZ:
		return called("floe_tz_text", v.sql, format)
	}
	return ""
}

func (t *translator) toText(v value, to types.Type, mode castMode) string {
	length := int64(types.DefaultText)
	sql := ""
	switch v.typ.Kind {
	case types.Text:
		length = v.typ.Length
		sql = v.sql
	case types.Fixed, types.Boolean:
		sql = castSQL(v.sql, "VARCHAR")
		length = max(int64(v.typ.Precision)+2, 5)
	case types.Real:
		sql = called("floe_real_text", v.sql)
	case types.Binary:
		sql = called("hex", v.sql)
		length = 2 * v.typ.Length
	case types.Variant:
		sql = called("floe_variant_text", v.sql)
	case types.Object, types.Array:
		sql = v.sql
	default:
		sql = t.timeText(v, quote(t.format(v.typ.Kind)))
		length = 40
	}
	switch {
	case length <= to.Length:
		return sql
	case mode == explicit && v.typ.Kind == types.Text:
		return called("left", sql, fmt.Sprint(to.Length))
	case mode == try:
		return fmt.Sprintf("CASE WHEN length(%s) <= %d THEN %s END", sql, to.Length, sql)
	}
	return called("floe_fit", sql, fmt.Sprint(to.Length))
}

func (t *translator) toBinary(v value, to types.Type, mode castMode) string {
	switch v.typ.Kind {
	case types.Binary:
		if v.typ.Length <= to.Length {
			return v.sql
		}
		return called("floe_fit_binary", v.sql, fmt.Sprint(to.Length))
	case types.Text, types.Variant:
		decoded := called("floe_hex_decode", t.cast(v, textType, mode).sql, mode.flag())
		if to.Length < types.DefaultBinary {
			return called("floe_fit_binary", decoded, fmt.Sprint(to.Length))
		}
		return decoded
	}
	return ""
}

func (t *translator) toBoolean(v value, mode castMode) string {
	switch v.typ.Kind {
	case types.Text:
		return called("floe_boolean", v.sql, mode.flag())
	case types.Fixed, types.Real:
		return "(" + v.sql + " <> 0)"
	case types.Variant:
		return called("floe_variant_boolean", v.sql, mode.flag())
	}
	return ""
}

// wall is the wall clock of a date or timestamp: nanoseconds.
func (t *translator) wall(v value) string {
	switch v.typ.Kind {
	case types.Date:
		return called("floe_date_nanos", v.sql)
	case types.Time:
		return castSQL(v.sql, "HUGEINT")
	case types.TimestampNTZ:
		return v.sql
	case types.TimestampLTZ:
		return called("floe_instant_to_wall", v.sql, t.zone())
	case types.TimestampTZ:
		return called("floe_tz_to_wall", v.sql)
	}
	return ""
}

func (t *translator) toDate(v value, mode castMode) string {
	switch v.typ.Kind {
	case types.Text:
		return called("floe_date", v.sql, t.inputFormat("DATE_INPUT_FORMAT"), mode.flag())
	case types.Variant:
		return called("floe_variant_date", v.sql, mode.flag())
	case types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		return called("floe_nanos_date", t.wall(v))
	}
	return ""
}

func (t *translator) toTime(v value, to types.Type, mode castMode) string {
	sql := ""
	switch v.typ.Kind {
	case types.Time:
		sql = v.sql
	case types.Text:
		sql = called("floe_time", v.sql, t.inputFormat("TIME_INPUT_FORMAT"), mode.flag())
	case types.Variant:
		sql = called("floe_variant_time", v.sql, mode.flag())
	case types.TimestampNTZ, types.TimestampLTZ, types.TimestampTZ:
		sql = called("floe_nanos_time", t.wall(v))
	default:
		return ""
	}
	if to.Scale < types.DefaultScale && (v.typ.Kind != types.Time || v.typ.Scale > to.Scale) {
		return castSQL(called("floe_digits", castSQL(sql, "HUGEINT"), fmt.Sprint(to.Scale)), "BIGINT")
	}
	return sql
}

func (t *translator) toTimestamp(v value, to types.Type, mode castMode) string {
	sql := ""
	name := map[types.Kind]string{types.TimestampNTZ: "ntz", types.TimestampLTZ: "ltz", types.TimestampTZ: "tz"}[to.Kind]
	switch {
	case v.typ.Kind == to.Kind:
		sql = v.sql
	case v.typ.Kind == types.Text:
		sql = called("floe_"+name, t.timestampArgs(v.sql, to.Kind, t.inputFormat("TIMESTAMP_INPUT_FORMAT"), mode)...)
	case v.typ.Kind == types.Variant:
		sql = called("floe_variant_"+name, v.sql, t.zone(), mode.flag())
	case v.typ.Kind == types.Fixed:
		seconds := castSQL(castSQL(v.sql, "DECIMAL(38,9)")+" * 1000000000", "HUGEINT")
		sql = t.ofNTZ(seconds, to.Kind, "'UTC'")
	case v.typ.Kind == types.TimestampTZ && to.Kind == types.TimestampLTZ:
		sql = called("floe_tz_to_instant", v.sql)
	case v.typ.Kind == types.TimestampLTZ && to.Kind == types.TimestampTZ:
		sql = called("floe_instant_to_tz", v.sql, t.zone())
	case rank[v.typ.Kind] > 0:
		sql = t.ofNTZ(t.wall(v), to.Kind, t.zone())
	default:
		return ""
	}
	if to.Scale < types.DefaultScale && (rank[v.typ.Kind] <= 1 || v.typ.Scale > to.Scale) {
		if to.Kind == types.TimestampTZ {
			return called("floe_tz_digits", sql, fmt.Sprint(to.Scale))
		}
		return called("floe_digits", sql, fmt.Sprint(to.Scale))
	}
	return sql
}

// timestampArgs are the arguments of the functions that read a text.
func (t *translator) timestampArgs(text string, to types.Kind, format string, mode castMode) []string {
	args := []string{text, format}
	if to != types.TimestampNTZ {
		args = append(args, t.zone())
	}
	return append(args, mode.flag())
}

// ofNTZ makes a timestamp of a wall clock in a zone.
func (t *translator) ofNTZ(wall string, to types.Kind, zone string) string {
	switch to {
	case types.TimestampLTZ:
		return called("floe_wall_to_instant", wall, zone)
	case types.TimestampTZ:
		return called("floe_wall_to_tz", wall, zone)
	}
	return wall
}

// toVariant makes JSON of a value. What has no form of its own there becomes its text.
func (t *translator) toVariant(v value, to types.Type, mode castMode) string {
	if to.Kind != types.Variant && !semi(v.typ) {
		return ""
	}
	switch v.typ.Kind {
	case types.Variant, types.Object, types.Array:
		switch to.Kind {
		case types.Array:
			return called("floe_to_array", v.sql)
		case types.Object:
			return called("floe_to_object", v.sql, mode.flag())
		}
		return v.sql
	case types.Fixed:
		s := castSQL(v.sql, "VARCHAR")
		if v.typ.Scale > 0 {
			return called("rtrim", called("rtrim", s, "'0'"), "'.'")
		}
		return s
	case types.Real:
		return called("floe_json_real", v.sql)
	case types.Boolean:
		return castSQL(v.sql, "VARCHAR")
	}
	return called("floe_json_text", t.cast(v, textType, implicit).sql)
}
