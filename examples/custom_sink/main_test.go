package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, "../quickstart/seattle-weather.csv"); err != nil {
		t.Fatal(err)
	}
	want := `shelf: read=1461 written=1461 rejected=0 rows/s=N
table: read=1461 written=1461 rejected=0 rows/s=N
shelf: read=0 written=0 rejected=0 rows/s=N
table: read=0 written=0 rejected=0 rows/s=N
`
	got := regexp.MustCompile(`rows/s=\d+`).ReplaceAllString(out.String(), "rows/s=N")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("output mismatch (-want +got):\n%s", diff)
	}
}
