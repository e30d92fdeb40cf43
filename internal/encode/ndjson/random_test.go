package ndjson_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/floedata/floe/internal/decimaltext"
	"github.com/floedata/floe/internal/encode/internal/sample"
	"github.com/floedata/floe/internal/encode/ndjson"
)

// TestRandom writes random values of random, nested types and reads them back.
func TestRandom(t *testing.T) {
	seeds := 400
	if testing.Short() {
		seeds = 80
	}
	faulty := 0
	for seed := range seeds {
		if roundTrip(t, uint64(seed)) {
			faulty++
		}
	}
	if faulty == 0 || faulty == seeds {
		t.Errorf("%d of %d records had faults, want some", faulty, seeds)
	}
}

// FuzzEncoder does for any seed what TestRandom does.
func FuzzEncoder(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(func(t *testing.T, seed uint64) { roundTrip(t, seed) })
}

// roundTrip holds what the rows of a record are against its values, and says whether some had no form.
func roundTrip(t *testing.T, seed uint64) (faulty bool) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 1))
	opts := &ndjson.Options{Binary: ndjson.Binary(rnd.IntN(2))}
	schema, e := sample.Schema(rnd, 3), (*ndjson.Encoder)(nil)
	for e == nil {
		var err error
		if e, err = ndjson.New(schema, opts); err != nil {
			schema = sample.Schema(rnd, 3)
		}
	}
	rec := sample.Record(rnd, checked(t), schema, rnd.IntN(60))
	defer rec.Release()
	m := model{hex: opts.Binary == ndjson.Hex}
	var each []byte
	for row := range int(rec.NumRows()) {
		want, fault := m.row(rec, row)
		one := rec.NewSlice(int64(row), int64(row+1))
		err := e.Bind(one)
		if (err != nil) != fault {
			t.Fatalf("seed %d, row %d of %s: Bind = %v, want an error: %t", seed, row, schema, err, fault)
		}
		if err == nil {
			line := e.AppendRow(nil, 0)
			if err := m.compare(line, want); err != nil {
				t.Fatalf("seed %d, row %d of %s: %q: %v", seed, row, schema, line, err)
			}
			each = append(each, line...)
		}
		one.Release()
		faulty = faulty || fault
	}
	err := e.Bind(rec)
	var fault *ndjson.ValueError
	if faulty != errors.As(err, &fault) {
		t.Fatalf("seed %d: Bind of all rows = %v, want an error: %t", seed, err, faulty)
	}
	if fault != nil {
		if _, isFault := m.row(rec, int(fault.Row)); !isFault {
			t.Errorf("seed %d of %s: Bind = %v, and the row has a form", seed, schema, err)
		}
		return true
	}
	if all, _ := e.Append(nil, 0, int(rec.NumRows()), math.MaxInt); !bytes.Equal(all, each) {
		t.Errorf("seed %d of %s: all rows are\n%s\nand one by one\n%s", seed, schema, all, each)
	}
	return false
}

// model says what a value is once it is read back: nil, a bool, a json.Number, a string, a list or a map.
type model struct{ hex bool }

// row are the values of a row by their keys; fault says that one has no form.
func (m model) row(rec arrow.Record, row int) (want map[string]any, fault bool) {
	want = map[string]any{}
	for i, f := range rec.Schema().Fields() {
		v, bad := m.value(rec.Column(i), row, false)
		if fault = fault || bad; v != nil {
			want[f.Name] = v
		}
	}
	return want, fault
}

// double is a float, which may be written in several ways.
type double float64

func (m model) value(arr arrow.Array, i int, nested bool) (v any, fault bool) {
	if arr.DataType().ID() == arrow.NULL || arr.IsNull(i) {
		return nil, false
	}
	switch a := arr.(type) {
	case *array.Dictionary:
		return m.value(a.Dictionary(), a.GetValueIndex(i), nested)
	case *array.Struct:
		want := map[string]any{}
		for k, f := range a.DataType().(*arrow.StructType).Fields() {
			v, bad := m.value(a.Field(k), i, true)
			want[f.Name], fault = v, fault || bad
		}
		return want, fault
	case *array.Map:
		want := map[string]any{}
		from, to := a.ValueOffsets(i)
		for k := int(from); k < int(to); k++ {
			v, bad := m.value(a.Items(), k, true)
			key := a.Keys().(*array.String).Value(k)
			_, twice := want[key]
			want[key], fault = v, fault || bad || twice
		}
		return want, fault
	case array.ListLike:
		want := []any{}
		from, to := a.ValueOffsets(i)
		for k := from; k < to; k++ {
			v, bad := m.value(a.ListValues(), int(k), true)
			want, fault = append(want, v), fault || bad
		}
		return want, fault
	}
	if d, ok := doubleOf(arr, i); ok {
		return d, nested && (math.IsNaN(float64(d)) || math.IsInf(float64(d), 0))
	}
	return m.leaf(arr, i), false
}

func doubleOf(arr arrow.Array, i int) (double, bool) {
	switch a := arr.(type) {
	case *array.Float16:
		return double(a.Value(i).Float32()), true
	case *array.Float32:
		return double(a.Value(i)), true
	case *array.Float64:
		return double(a.Value(i)), true
	}
	return 0, false
}

func (m model) leaf(arr arrow.Array, i int) any {
	if n, scale, ok := decimaltext.Value(arr, i); ok {
		return json.Number(decimaltext.Append(nil, n, scale, scale))
	}
	fraction := func(at time.Time, layout string, unit arrow.TimeUnit) string {
		if at.Nanosecond() == 0 {
			return at.Format(layout)
		}
		return at.Format(layout + "." + strings.Repeat("0", 3*int(unit)))
	}
	switch v := sample.Value(arr, i).(type) {
	case bool:
		return v
	case int64, uint64:
		return json.Number(fmt.Sprint(v))
	case sample.Text:
		return string(v)
	case sample.Bytes:
		if m.hex {
			return hex.EncodeToString([]byte(v))
		}
		return base64.StdEncoding.EncodeToString([]byte(v))
	}
	switch a := arr.(type) {
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly)
	case *array.Date64:
		return a.Value(i).ToTime().Format(time.DateOnly)
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		return fraction(a.Value(i).ToTime(unit), time.TimeOnly, unit)
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		return fraction(a.Value(i).ToTime(unit), time.TimeOnly, unit)
	case *array.Timestamp:
		dt := a.DataType().(*arrow.TimestampType)
		text := fraction(a.Value(i).ToTime(dt.Unit), "2006-01-02T15:04:05", dt.Unit)
		if dt.TimeZone != "" {
			text += "+00:00"
		}
		return text
	}
	panic(fmt.Sprintf("no values of type %s", arr.DataType()))
}

// compare says how a row is not what is wanted.
func (m model) compare(line []byte, want map[string]any) error {
	if !utf8.Valid(line) || len(line) == 0 || bytes.IndexByte(line, '\n') != len(line)-1 {
		return errors.New("it is not one line of UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var got any
	if err := d.Decode(&got); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("behind it there is more: %v", err)
	}
	return alike(got, want)
}

func alike(got, want any) error {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok || len(got) != len(want) {
			return fmt.Errorf("%v is not %v", got, want)
		}
		for key, v := range want {
			g, there := got[key]
			if err := alike(g, v); err != nil || !there {
				return fmt.Errorf("key %q: there is one: %t: %w", key, there, err)
			}
		}
		return nil
	case []any:
		got, ok := got.([]any)
		if !ok || len(got) != len(want) {
			return fmt.Errorf("%v is not %v", got, want)
		}
		for i, v := range want {
			if err := alike(got[i], v); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
		return nil
	case double:
		return alikeDouble(got, float64(want))
	}
	if got != want {
		return fmt.Errorf("%v is not %v", got, want)
	}
	return nil
}

func alikeDouble(got any, want float64) error {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		text, ok := got.(string)
		v, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || v != want && !(v != v && want != want) {
			return fmt.Errorf("%v is not %v", got, want)
		}
		return nil
	}
	number, ok := got.(json.Number)
	v, err := number.Float64()
	if !ok || err != nil || math.Float64bits(v) != math.Float64bits(want) {
		return fmt.Errorf("%v is not %v", got, want)
	}
	return nil
}
