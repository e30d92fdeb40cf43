package snowflaketest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// parquetOf returns a Parquet file of some rows.
func parquetOf(t testing.TB, rows int) []byte {
	t.Helper()
	type row struct {
		ID int64
		V  string
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b)
	for i := range rows {
		if _, err := w.Write([]row{{ID: int64(i), V: "a value"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFooterCounter(t *testing.T) {
	file := parquetOf(t, 12_345)
	for _, step := range []int{1, 7, 4096, len(file)} {
		c := &footerCounter{}
		for rest := file; len(rest) > 0; rest = rest[min(step, len(rest)):] {
			if _, err := c.Write(rest[:min(step, len(rest))]); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		rows, err := c.writeTo(&out)
		if err != nil || rows != 12_345 {
			t.Errorf("in steps of %d: %d rows, %v", step, rows, err)
		}
		if !bytes.HasSuffix(file, out.Bytes()[4:]) || !bytes.HasPrefix(out.Bytes(), []byte("PAR1")) || out.Len() >= len(file) {
			t.Errorf("in steps of %d: what is kept is not the footer", step)
		}
	}
}

// TestFooterCounterKeepsLittle holds that files of any size fit.
func TestFooterCounterKeepsLittle(t *testing.T) {
	c := &footerCounter{}
	page := make([]byte, 1<<20)
	for range 100 {
		_, _ = c.Write(page)
	}
	_, _ = c.Write(make([]byte, 3*maxFooter))
	_, _ = c.Write(parquetOf(t, 7))
	if cap(c.tail) > 4*maxFooter {
		t.Errorf("%d bytes are kept", cap(c.tail))
	}
	if rows, err := c.writeTo(&bytes.Buffer{}); rows != 7 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// FuzzFooterCounter holds that what is not Parquet is refused, whatever it is.
func FuzzFooterCounter(f *testing.F) {
	f.Add(parquetOf(f, 3))
	f.Add([]byte("PAR1"))
	f.Add([]byte("xxxxPAR1"))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 'P', 'A', 'R', '1'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &footerCounter{}
		_, _ = c.Write(data)
		if _, err := c.writeTo(&bytes.Buffer{}); err != nil && !errors.Is(err, errNotParquet) {
			t.Errorf("error %v", err)
		}
	})
}
