package engine

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/translate"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// resolver tells package translate what names stand for while one statement runs.
type resolver struct{ w *work }

func (w *work) resolver() resolver { return resolver{w: w} }

// Table is a table or view.
func (r resolver) Table(ref *syntax.TableRef) (translate.Relation, error) {
	w := r.w
	if ref == w.numbered {
		w.reads = true
		return w.relation(w.numberedTable, true), nil
	}
	parts, err := w.parts(ref.Name)
	if err != nil {
		return translate.Relation{}, err
	}
	if n := len(parts); n > 1 && parts[n-2] == informationSchema {
		return w.information(parts)
	}
	name := syntax.Name{Pos: ref.Name.Pos, Parts: parts}
	o, _, err := w.lookup(syntax.Table, name, "SELECT")
	if err != nil {
		return translate.Relation{}, err
	}
	if o == nil {
		return translate.Relation{}, missingObject(dotted(parts))
	}
	if !w.asOwner {
		if err := w.authorize(o, "SELECT"); err != nil {
			return translate.Relation{}, err
		}
	}
	w.reads = true
	if o.Kind == syntax.View {
		return w.viewed(o)
	}
	return w.relation(o, false), nil
}

// viewed is a view's query: its names are those of its own schema, and its owner's privileges hold.
func (w *work) viewed(o *object) (translate.Relation, error) {
	statements, err := syntax.Parse(o.View.Body)
	if err != nil {
		return translate.Relation{}, err
	}
	q, ok := statements[0].(*syntax.QueryStmt)
	if !ok {
		return translate.Relation{}, fmt.Errorf("the view %s has no query", w.e.catalog.full(o))
	}
	if w.depth++; w.depth > 50 {
		return translate.Relation{}, compilation(2037, "42P17", "View '%s' refers to itself.", w.e.catalog.full(o)) // approximate: the code
	}
	base, asOwner := w.base, w.asOwner
	w.base, w.asOwner = w.e.catalog.objects[o.Parent], true
	sql, columns, err := translate.Query(q.Query, w.resolver())
	w.base, w.asOwner = base, asOwner
	w.depth--
	if err != nil {
		return translate.Relation{}, err
	}
	if len(columns) != len(o.View.Columns) {
		return translate.Relation{}, compilation(2057, "42601", "View definition for '%s' declared %d column(s), but view query produces %d column(s).",
			w.e.catalog.full(o), len(o.View.Columns), len(columns))
	}
	for i := range columns {
		columns[i].Name = o.View.Columns[i].Name
	}
	return translate.Relation{SQL: sql, Columns: columns}, nil
}

// Variable is a variable of the block.
func (r resolver) Variable(name string) (translate.Value, error) {
	return r.named(name)
}

// Field is a field of a row of the block.
func (r resolver) Field(row, name string) (translate.Value, error) {
	return r.named(row, name)
}

func (r resolver) named(parts ...string) (translate.Value, error) {
	v, ok := r.w.s.field(parts)
	if !ok {
		return translate.Value{}, invalidIdentifier(dotted(parts))
	}
	return v.known(), nil
}

// SessionVariable is $name.
func (r resolver) SessionVariable(name string) (translate.Value, error) {
	v, ok := r.w.s.variables[name]
	if !ok {
		return translate.Value{}, compilation(2211, "42601", "Session variable '$%s' does not exist", name) // approximate: the code
	}
	return v.known(), nil
}

// Context is a function that tells of the session.
func (r resolver) Context(f *syntax.Func) (translate.Value, bool, error) {
	v, ok, err := r.w.contextual(f)
	if err != nil || !ok {
		return translate.Value{}, ok, err
	}
	return v.known(), true, nil
}

// Now is when the statement began.
func (r resolver) Now() time.Time { return r.w.s.started }

// Parameter is a session parameter.
func (r resolver) Parameter(name string) string { return shown(r.w.s.parameter(name)) }

// Bind is a placeholder's value.
func (r resolver) Bind(i int) (translate.Value, error) {
	binds := r.w.s.binds
	if i < 1 || i > len(binds) {
		return translate.Value{}, compilation(2049, "42601", "Bind variable %d not set.", i)
	}
	b := binds[i-1]
	if b.Values != nil {
		if r.w.array == nil {
			return translate.Value{}, unsupported("array binds of anything but INSERT … VALUES")
		}
		return r.w.array[i-1], nil
	}
	v, err := bound(b.Type, b.Value)
	if err != nil {
		return translate.Value{}, err
	}
	return v.known(), nil
}

// bound makes a value of a bind.
func bound(kind string, text *string) (value, error) {
	v := value{}
	switch strings.ToUpper(kind) {
	case "FIXED":
		v.typ = integer
		if text != nil {
			whole, fraction, _ := strings.Cut(strings.TrimPrefix(*text, "-"), ".")
			v.typ.Precision = min(max(len(whole)+len(fraction), 1), types.MaxPrecision)
			v.typ.Scale = len(fraction)
		}
	case "REAL":
		v.typ = types.Type{Kind: types.Real}
	case "TEXT", "ANY":
		v.typ = varchar
	case "BOOLEAN":
		v.typ = boolean
	case "DATE":
		v.typ = types.Type{Kind: types.Date}
	case "TIME":
		v.typ = types.Type{Kind: types.Time, Scale: types.DefaultScale}
	case "TIMESTAMP_NTZ":
		v.typ = types.Type{Kind: types.TimestampNTZ, Scale: types.DefaultScale}
	case "TIMESTAMP_LTZ":
		v.typ = types.Type{Kind: types.TimestampLTZ, Scale: types.DefaultScale}
	case "TIMESTAMP_TZ":
		v.typ = types.Type{Kind: types.TimestampTZ, Scale: types.DefaultScale}
	case "BINARY":
		v.typ = types.Type{Kind: types.Binary, Length: types.DefaultBinary}
	default:
		return v, unsupported("binds of type %s", kind)
	}
	if text == nil {
		return v, nil
	}
	var ok bool
	if v.v, ok = parsed(v.typ, *text); !ok {
		return v, execution(100038, "22018", "Bind value '%s' is not recognized as %s", *text, kind) // approximate
	}
	return v, nil
}

// parsed reads a value in the protocol's form for binds.
func parsed(t types.Type, text string) (any, bool) {
	switch t.Kind {
	case types.Fixed:
		_, ok := new(big.Rat).SetString(text)
		return text, ok && !strings.ContainsAny(text, "/eEpPxX_")
	case types.Real:
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	case types.Boolean:
		b, err := strconv.ParseBool(strings.ToLower(text))
		return b, err == nil
	case types.Binary:
		b, err := hex.DecodeString(text)
		return b, err == nil
	case types.Date:
		// Milliseconds, as the protocol has them; drivers that send the text of a date are understood, too.
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
			return time.UnixMilli(ms).UTC(), true
		}
		d, err := time.Parse(time.DateOnly, text)
		return d, err == nil
	case types.Time:
		n, err := strconv.ParseInt(text, 10, 64)
		return midnight.Add(time.Duration(n)), err == nil
	case types.TimestampNTZ, types.TimestampLTZ:
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil, false
		}
		return types.AtNanos(n), true
	case types.TimestampTZ:
		nanos, offset, ok := strings.Cut(text, " ")
		n, whole := new(big.Int).SetString(nanos, 10)
		minutes, err := strconv.Atoi(offset)
		if !ok || !whole || err != nil {
			return nil, false
		}
		return types.AtNanos(n).In(time.FixedZone("", (minutes-1440)*60)), true
	}
	return text, true
}

// bind is a value as a bind: how USING hands it on.
func (v value) bind() Bind {
	b := Bind{Type: strings.ToUpper(v.typ.Kind.Wire())}
	text, ok := v.text()
	if !ok {
		return b
	}
	if t, isTime := v.v.(time.Time); isTime {
		switch v.typ.Kind {
		case types.Date:
			text = itoa(t.UnixMilli())
		case types.Time:
			text = itoa(int64(t.Sub(midnight)))
		case types.TimestampTZ:
			_, offset := t.Zone()
			text = fmt.Sprintf("%s %d", types.Nanos(t), offset/60+1440)
		default:
			text = types.Nanos(t).String()
		}
	}
	switch v.typ.Kind {
	case types.Variant, types.Object, types.Array:
		b.Type = "TEXT"
	}
	b.Value = &text
	return b
}
