package main

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/source"
	"github.com/floedata/floe/source/sourcetest"
)

func TestSource(t *testing.T) {
	sourcetest.Run(t, func(t testing.TB) sourcetest.Harness {
		s := newStation("cellar", "roof", "silent")
		want := map[string][]arrow.Record{"silent": nil}
		for name, n := range map[string]int{"cellar": 1000, "roof": 3*pageRows + 7} {
			s.measure(name, n)
			r := &reader{sensor: &sensor{&stationSource{s, memory.DefaultAllocator}, name}}
			rec := r.record(s.sensors[name])
			t.Cleanup(rec.Release)
			want[name] = []arrow.Record{rec}
		}
		return sourcetest.Harness{
			Open: func(_ context.Context, mem memory.Allocator) (source.Source, error) {
				return &stationSource{s, mem}, nil
			},
			Want: want,
			Fail: func(context.Context) error {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.busy++
				return nil
			},
			Lose: func(_ context.Context, _, position string) error {
				s.mu.Lock()
				defer s.mu.Unlock()
				last, err := strconv.ParseInt(position, 10, 64)
				s.first = last + 1
				return err
			},
		}
	})
}

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	want := `read=3500 written=3500 rejected=0 rows/s=N; 3500 rows are there
read=0 written=0 rejected=0 rows/s=N; 3500 rows are there
read=42 written=42 rejected=0 rows/s=N; 3542 rows are there
`
	got := regexp.MustCompile(`rows/s=\d+`).ReplaceAllString(out.String(), "rows/s=N")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("output mismatch (-want +got):\n%s", diff)
	}
}
