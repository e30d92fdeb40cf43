package parquet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// pages are of kinds that compress differently. The test is inside the package for what no file shows: which way a page
// was compressed.
func pages(n int) map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 1))
	list := map[string][]byte{"zeros": make([]byte, n), "random": nil, "hex": nil, "times": nil, "text": nil, "two bytes": nil}
	for len(list["random"]) < n {
		list["random"] = append(list["random"], byte(rnd.Uint32()))
		list["hex"] = append(list["hex"], "0123456789abcdef"[rnd.IntN(16)])
		t := 1_700_000_000_000_000 + uint64(len(list["times"])/8)*1_000_000 + rnd.Uint64N(1_000_000)
		list["times"] = append(list["times"], byte(t>>(8*(len(list["random"])-1)%64)))
		list["two bytes"] = append(list["two bytes"], byte(rnd.IntN(2)))
	}
	for i := 0; len(list["text"]) < n; i++ {
		list["text"] = fmt.Appendf(list["text"], "row %d of the city of %s; ", i, []string{"Oslo", "Bergen", "Bodø"}[rnd.IntN(3)])
	}
	list["text"] = list["text"][:n]
	list["half"] = append(bytes.Clone(list["hex"][:n/2]), make([]byte, n-n/2)...)
	return list
}

// TestLiterals: a frame of literals is a zstd frame of the same bytes, whatever they are and how many.
func TestLiterals(t *testing.T) {
	p, err := newCompressor(Zstd)
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, n := range []int{1, 2, 5, 6, 100, 1023, 1024, 5000, blockMost - 1, blockMost, blockMost + 1, 3*blockMost + 7} {
		for name, page := range pages(n) {
			got, err := d.DecodeAll(p.literals(nil, page), nil)
			if err != nil || !bytes.Equal(got, page) {
				t.Errorf("%d bytes of %s: %d bytes, %v", n, name, len(got), err)
			}
		}
	}
}

// TestScattered: pages without matches are found, and lose little or win.
func TestScattered(t *testing.T) {
	p, err := newCompressor(Zstd)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"random": true, "hex": true, "times": true, "two bytes": true, "text": false}
	for name, page := range pages(1 << 20) {
		w, ok := want[name]
		if !ok {
			continue
		}
		if got := p.scattered(page); got != w {
			t.Errorf("%s: scattered is %t", name, got)
		}
		with, size := len(p.zstd.EncodeAll(page, nil)), len(p.compress(page))
		if size > with*115/100 {
			t.Errorf("%s: %d bytes, %d with matches", name, size, with)
		}
		t.Logf("%s: %d bytes, %d with matches", name, size, with)
	}
}

// TestSnappyLiterals: literals are snappy of the same bytes, whatever they are and how many.
func TestSnappyLiterals(t *testing.T) {
	for _, n := range []int{1, 100, snappyBlock - 1, snappyBlock, snappyBlock + 1, 3*snappyBlock + 7} {
		for name, page := range pages(n) {
			got, err := snappy.Decode(nil, snappyLiterals(nil, page))
			if err != nil || !bytes.Equal(got, page) {
				t.Errorf("%d bytes of %s: %d bytes, %v", n, name, len(got), err)
			}
		}
	}
}

// TestIncompressible: pages of which snappy makes nothing are found, and lose next to nothing.
func TestIncompressible(t *testing.T) {
	p, err := newCompressor(Snappy)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"random": true, "hex": true, "times": true}
	for name, page := range pages(1 << 20) {
		got := bytes.Clone(p.compress(page))
		if p.incompressible(page) != want[name] {
			t.Errorf("%s: incompressible is %t", name, !want[name])
		}
		if plain := s2.EncodeSnappy(nil, page); len(got) > len(plain)+len(plain)/32 {
			t.Errorf("%s: %d bytes, %d with matches", name, len(got), len(plain))
		}
		if back, err := snappy.Decode(nil, got); err != nil || !bytes.Equal(back, page) {
			t.Errorf("%s: %d bytes, %v", name, len(back), err)
		}
	}
}
