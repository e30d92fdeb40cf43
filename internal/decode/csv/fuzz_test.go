package csv_test

import (
	stdcsv "encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/internal/decode/csv"
)

// FuzzDecode compares with encoding/csv what that package can read, and blocks of any size with one another,
// whatever the text.
func FuzzDecode(f *testing.F) {
	for _, in := range []string{"a,b\n1,\"x\ny\"\n", "a\n\n\"\"\n", "\"\"\"\",b\r\n\r\n1,\"\"", "a,b\nx\"y,\"z\" \n\"", "\xef\xbb\xbfé,\xff\n"} {
		f.Add(in, uint8(3))
	}
	f.Fuzz(func(t *testing.T, in string, size uint8) {
		o := csv.Options{NoHeader: true, Nulls: []string{}}
		names, _, err := csv.Header([]byte(in), true, o)
		if err != nil || len(names) == 0 {
			return
		}
		schema := schemaOf(slices.Repeat([]arrow.DataType{str}, len(names))...)
		got := decode(t, in, schema, o, 1<<16)
		if diff := cmp.Diff(got, decode(t, in, schema, o, int(size)+1)); diff != "" {
			t.Errorf("other blocks: mismatch (-large +small):\n%s", diff)
		}
		// encoding/csv strips a CR before a line break inside quotes and takes a lone one at the end for none.
		if strings.Contains(in, "\r") || !utf8.ValidString(in) || strings.HasPrefix(in, "\ufeff") || len(names) == 1 {
			return
		}
		want, err := stdcsv.NewReader(strings.NewReader(in)).ReadAll()
		if err != nil {
			return
		}
		if diff := cmp.Diff(result{Rows: want}, got); diff != "" {
			t.Errorf("encoding/csv: mismatch (-want +got):\n%s", diff)
		}
	})
}
