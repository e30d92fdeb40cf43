package json

import (
	"math/rand/v2"
	"testing"
)

// TestSkipNested compares the search for the end of a value by words with one by bytes.
func TestSkipNested(t *testing.T) {
	byBytes := func(data []byte) int {
		depth, inside := 0, false
		for i := 0; i < len(data); i++ {
			switch c := data[i]; {
			case inside && c == '\\':
				i++
			case c == '"':
				inside = !inside
			case inside:
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return -1
	}
	r := rand.New(rand.NewPCG(3, 4))
	const alphabet = "{}[]\"\"\"\\ ay_Y,:1\x7f\xdb\xfb\x80\n"
	ends := map[int]int{}
	for range 200_000 {
		data := make([]byte, 1+r.IntN(40))
		for i := range data {
			data[i] = alphabet[r.IntN(len(alphabet))]
		}
		data[0] = "{["[r.IntN(2)]
		want := byBytes(data)
		ends[want]++
		if got := skipNested(data, 0); got != want {
			t.Fatalf("skipNested(%q) = %d, want %d", data, got, want)
		}
	}
	for _, end := range []int{-1, 2, 8, 9, 16, 17} {
		if ends[end] == 0 {
			t.Errorf("no value ended at %d", end)
		}
	}
}
