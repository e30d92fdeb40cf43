package parquet

import (
	"math/rand/v2"
	"testing"
)

// TestByteTable holds the table against a map, with strings of all lengths, of which many differ in one byte alone.
func TestByteTable(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	table := newByteTable(0)
	for round := range 3 {
		want := map[string]int32{}
		for range 60_000 {
			b := make([]byte, rnd.IntN(3*shortBytes))
			if len(b) > 0 {
				b[rnd.IntN(len(b))] = byte(rnd.IntN(3))
				b[rnd.IntN(len(b))] = byte(rnd.IntN(100))
			}
			s := string(b)
			index := table.index(s)
			if old, there := want[s]; there && index != old || !there && int(index) != len(want) {
				t.Fatalf("round %d: %q has index %d, and there are %d", round, s, index, len(want))
			}
			want[s] = index
		}
		for s, index := range want {
			if got := table.entry(index); got != s {
				t.Fatalf("entry %d is %q, want %q", index, got, s)
			}
		}
		table.reset()
	}
}
