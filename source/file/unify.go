package file

import (
	"fmt"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/decode/json"
	"github.com/floedata/floe/internal/decode/text"
)

// shape is what is known of a file before it is read.
type shape struct {
	schema  *arrow.Schema // nil = the file is empty
	soft    bool          // the types were inferred from text
	rows    int64         // -1 = unknown
	dialect dialect
	strings json.Strings // text columns of a JSON file that take strings alone
}

// column is one of the columns of all files together.
type column struct {
	field arrow.Field
	soft  bool
	text  bool   // a text has it
	fixed bool   // Options.Types says the type
	file  string // the first that has it
	files int
}

// unifier finds the schema of all files together.
type unifier struct {
	types   map[string]arrow.DataType
	columns []*column
	byName  map[string]*column
	files   int
}

func newUnifier(types map[string]arrow.DataType) *unifier {
	return &unifier{types: types, byName: map[string]*column{}}
}

// add merges the columns of a file.
func (u *unifier) add(name string, s shape) error {
	u.files++
	own := make(map[string]bool, s.schema.NumFields())
	for _, f := range s.schema.Fields() {
		if own[f.Name] {
			return fmt.Errorf("source/file: %q: the name %q is that of two columns; rename one, or give the columns by Options.Schema", name, f.Name)
		}
		own[f.Name] = true
		c := u.byName[f.Name]
		if c == nil {
			c = u.column(name, f, s.soft)
		}
		c.files++
		if err := c.add(name, f, s.soft); err != nil {
			return err
		}
	}
	return nil
}

// column begins a column with a field of the first file that has it.
func (u *unifier) column(name string, f arrow.Field, soft bool) *column {
	c := &column{field: f, soft: soft, text: soft, file: name}
	if t := u.types[f.Name]; t != nil {
		c.field.Type, c.fixed, c.soft = t, true, false
	}
	u.byName[f.Name] = c
	u.columns = append(u.columns, c)
	return c
}

// add widens the column to what a further file has.
func (c *column) add(name string, f arrow.Field, soft bool) error {
	c.field.Nullable = c.field.Nullable || f.Nullable
	c.text = c.text || soft
	if c.fixed {
		if soft || widens(f.Type, c.field.Type) {
			return nil
		}
		return fmt.Errorf("source/file: %q: column %q is %s and does not widen to the %s of Options.Types; read it as it is and use transform.Cast", name, f.Name, f.Type, c.field.Type)
	}
	t, both, ok := mergeSoft(c.field.Type, f.Type, c.soft, soft)
	if !ok {
		return fmt.Errorf("source/file: %q: column %q is %s, in %q it is %s; set its type by Options.Types, or load the files apart", name, f.Name, f.Type, c.file, c.field.Type)
	}
	c.field.Type, c.soft = t, both
	return nil
}

// schema returns the schema of all files together. Columns that a file lacks are nullable.
func (u *unifier) schema() (*arrow.Schema, error) {
	var missing []string
	for name := range u.types {
		if u.byName[name] == nil {
			missing = append(missing, fmt.Sprintf("%q", name))
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		return nil, fmt.Errorf("source/file: Options.Types names %s, which no file has; the columns are %s", strings.Join(missing, ", "), u.names())
	}
	fields := make([]arrow.Field, len(u.columns))
	for i, c := range u.columns {
		fields[i] = c.field
		fields[i].Nullable = c.field.Nullable || c.files < u.files
		if c.text {
			fields[i].Type = text.NullsAsText(c.field.Type) // no file has a value, and no text is read as null type
		}
	}
	return arrow.NewSchema(fields, nil), nil
}

func (u *unifier) names() string {
	names := make([]string, len(u.columns))
	for i, c := range u.columns {
		names[i] = fmt.Sprintf("%q", c.field.Name)
	}
	return strings.Join(names, ", ")
}

// conform checks that a file can be read in a schema that the user gave.
func conform(name string, s shape, want *arrow.Schema) error {
	for _, f := range want.Fields() {
		at := s.schema.FieldIndices(f.Name)
		switch {
		case len(at) > 1:
			return fmt.Errorf("source/file: %q: the name %q is that of two columns", name, f.Name)
		case len(at) == 0 && !f.Nullable:
			return fmt.Errorf("source/file: %q: column %q of Options.Schema is missing and takes no null", name, f.Name)
		case len(at) == 1 && !s.soft && !widens(s.schema.Field(at[0]).Type, f.Type):
			return fmt.Errorf("source/file: %q: column %q is %s and does not widen to the %s of Options.Schema; read it as it is and use transform.Cast", name, f.Name, s.schema.Field(at[0]).Type, f.Type)
		}
	}
	return nil
}

// widens reports whether values of one type are values of the other without loss.
func widens(from, to arrow.DataType) bool {
	t, ok := mergeTypes(from, to)
	return ok && arrow.TypeEqual(t, to)
}
