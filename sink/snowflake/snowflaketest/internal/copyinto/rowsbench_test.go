package copyinto_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

// What rows of Snowpipe Streaming cost, in rows a second: of the usual forms, and of forms that DuckDB has to convert.
func BenchmarkLoadRows(b *testing.B) {
	h := newBench(b)
	format, err := copyinto.NewFormat(nil, []copyinto.Setting{{Name: "TYPE", Text: "JSON"}})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ form, flag string }{{"usual", "true"}, {"unusual", `"yes"`}} {
		b.Run("form="+c.form, func(b *testing.B) {
			var text bytes.Buffer
			for i := range benchRows {
				fmt.Fprintf(&text, `{"ID":%d,"A":%d,"PRICE":%d.%02d,"F":%g,"OK":%s,"D":"2024-02-29","AT":"2024-02-29T12:34:56.%06d","LTZ":"2024-02-29T12:34:56.%06d+00:00","NAME":"name of %d","CODE":"c%d"}`+"\n",
					i, i%1000, i%100000/7, i%100, float64(i)/3, c.flag, i, i, i, i%10)
			}
			h.measure(b, copyinto.LoadRows, func() copyinto.Request {
				req := h.table(format, benchColumns...)
				req.Source.Files = []copyinto.File{{Name: "C", Text: text.Bytes()}}
				req.Options.Match = copyinto.MatchInsensitive
				return req
			})
		})
	}
}
