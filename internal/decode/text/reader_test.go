package text_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floedata/floe/internal/decode/text"
)

// lineCutter cuts behind line breaks.
type lineCutter struct{}

func (lineCutter) Cut(data []byte, _, end bool) (text.Cut, error) {
	if end {
		return text.Cut{End: len(data), Next: len(data), Done: true}, nil
	}
	n := bytes.LastIndexByte(data, '\n') + 1
	return text.Cut{End: n, Next: n}, nil
}

// stretch is a block and where it stands.
type stretch struct {
	Offset, Line int64
	Data         string
	After        text.Mark
}

func stretches(t *testing.T, r io.Reader, size int, at text.Mark, free bool) (out []stretch) {
	t.Helper()
	blocks := text.NewReader(r, lineCutter{}, '\n', size, 0, at)
	for {
		b, err := blocks.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, stretch{b.Offset, b.Line, string(b.Data), b.After})
		if free {
			b.Free()
		}
	}
}

// TestReaderCutsAlike: neither how the text is read, nor where reading began, nor whether buffers come back
// changes where blocks end behind a mark.
func TestReaderCutsAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var in strings.Builder
		for range rng.IntN(40) {
			n := rng.IntN(12)
			if rng.IntN(10) == 0 {
				n = rng.IntN(300) // rows longer than a block, and much shorter ones behind
			}
			in.WriteString(strings.Repeat("x", n) + "\n")
		}
		in.WriteString(strings.Repeat("y", rng.IntN(20)))
		s, size := in.String(), 1+rng.IntN(64)
		want := stretches(t, strings.NewReader(s), size, text.Mark{}, true)
		all := ""
		for _, b := range want {
			all += b.Data
		}
		if diff := cmp.Diff(s, all); diff != "" {
			t.Fatalf("blocks of %d bytes: mismatch (-want +got):\n%s", size, diff)
		}
		for name, r := range map[string]io.Reader{
			"a byte at once": iotest.OneByteReader(strings.NewReader(s)),
			"halves":         iotest.HalfReader(strings.NewReader(s)),
			"early end":      iotest.DataErrReader(strings.NewReader(s)),
		} {
			if diff := cmp.Diff(want, stretches(t, r, size, text.Mark{}, false), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("blocks of %d bytes, %s: mismatch (-want +got):\n%s", size, name, diff)
			}
		}
		for i, b := range want {
			got := stretches(t, strings.NewReader(s[b.After.Offset:]), size, b.After, true)
			if diff := cmp.Diff(want[i+1:], got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("blocks of %d bytes, after block %d: mismatch (-want +got):\n%s", size, i, diff)
			}
		}
	}
}
