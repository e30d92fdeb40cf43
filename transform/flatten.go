package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/compute"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// FlattenOptions are the options of [Flatten]; nil means the zero value.
type FlattenOptions struct {
	// Separator stands between the name of a struct and that of its field; "" means "_".
	Separator string
	// Depth is how many levels of structs become columns; 0 means all.
	Depth int
}

type flattening struct{ opts FlattenOptions }

// Flatten makes a column of each field of the columns of structs, in the place of the struct: of a column
// place with the fields city and lat the columns place_city and place_lat. Where the struct is null, all of
// its columns are. Structs inside of lists and maps stay as they are. Two columns of one name are an error of
// Bind. Values are shared with the record given, not copied.
func Flatten(opts *FlattenOptions) Transform {
	f := flattening{}
	if opts != nil {
		f.opts = *opts
	}
	if f.opts.Depth < 0 {
		return failed{"flatten", errors.New("FlattenOptions.Depth cannot be negative")}
	}
	if f.opts.Separator == "" {
		f.opts.Separator = "_"
	}
	return f
}

func (f flattening) Fingerprint() string {
	return fmt.Sprintf("flatten(%q, %d)", f.opts.Separator, f.opts.Depth)
}

func (f flattening) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	var fields []arrow.Field
	from := map[string]string{}
	var walk func(field arrow.Field, path string, depth int) error
	walk = func(field arrow.Field, path string, depth int) error {
		s, ok := field.Type.(*arrow.StructType)
		if !ok || f.opts.Depth > 0 && depth >= f.opts.Depth {
			if _, union := field.Type.(arrow.UnionType); depth > 0 && (union || field.Type.ID() == arrow.RUN_END_ENCODED) {
				return fmt.Errorf("transform: flatten: %s of type %s has no nulls of its own and cannot leave its struct; drop it or use Depth", path, field.Type)
			}
			if other, twice := from[field.Name]; twice {
				return fmt.Errorf("transform: flatten: %s and %s both become the column %q; rename one of them or use another Separator", other, path, field.Name)
			}
			from[field.Name] = path
			fields = append(fields, field)
			return nil
		}
		for _, child := range s.Fields() {
			inner := fmt.Sprintf("%s.%q", path, child.Name)
			child.Name = field.Name + f.opts.Separator + child.Name
			child.Nullable = child.Nullable || field.Nullable
			if err := walk(child, inner, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	for _, field := range in.Fields() {
		if err := walk(field, fmt.Sprintf("%q", field.Name), 0); err != nil {
			return nil, err
		}
	}
	if len(fields) == 0 {
		return nil, errors.New("transform: flatten: no column is left: all columns are structs without fields")
	}
	out := schemaOf(in, fields)
	return &processor{kind: "flatten", in: in, out: out, fn: func(ctx context.Context, rec arrow.Record) (result, error) {
		mem := compute.GetAllocator(ctx)
		cols := make([]arrow.Array, 0, len(fields))
		defer func() {
			for _, c := range cols {
				c.Release()
			}
		}()
		for _, col := range rec.Columns() {
			cols = f.columns(mem, cols, col, 0)
		}
		return result{out: array.NewRecord(out, cols, rec.NumRows())}, nil
	}}, nil
}

// columns appends the columns that col becomes; they are the caller's.
func (f flattening) columns(mem memory.Allocator, cols []arrow.Array, col arrow.Array, depth int) []arrow.Array {
	s, ok := col.(*array.Struct)
	if !ok || f.opts.Depth > 0 && depth >= f.opts.Depth {
		col.Retain()
		return append(cols, col)
	}
	for i := range s.NumField() {
		child := underNulls(mem, s, s.Field(i))
		cols = f.columns(mem, cols, child, depth+1)
		child.Release()
	}
	return cols
}

// underNulls returns the child with nulls where the struct is null.
func underNulls(mem memory.Allocator, s *array.Struct, child arrow.Array) arrow.Array {
	if s.NullN() == 0 || child.DataType().ID() == arrow.NULL {
		child.Retain()
		return child
	}
	n, d := child.Len(), child.Data()
	// The bits lie behind the child's offset, so that its other buffers can be shared.
	buf := newBuffer(mem, int(bitutil.BytesForBits(int64(d.Offset()+n))))
	defer buf.Release()
	clear(buf.Bytes())
	nulls := 0
	for i := range n {
		if s.IsValid(i) && child.IsValid(i) {
			bitutil.SetBit(buf.Bytes(), d.Offset()+i)
		} else {
			nulls++
		}
	}
	buffers := append([]*memory.Buffer{buf}, d.Buffers()[1:]...)
	var data arrow.ArrayData
	if dictionary, ok := child.(*array.Dictionary); ok {
		data = array.NewDataWithDictionary(child.DataType(), n, buffers, nulls, d.Offset(), dictionary.Dictionary().Data().(*array.Data))
	} else {
		data = array.NewData(child.DataType(), n, buffers, d.Children(), nulls, d.Offset())
	}
	defer data.Release()
	return array.MakeFromData(data)
}
