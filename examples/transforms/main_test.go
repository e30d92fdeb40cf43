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
	want := `day         high  frost
2012-12***  4.4   false
2012-12***  6.7   false
2012-12***  3.9   false
2012-12***  5.6   false
2013-01***  3.3   true
2014-02***  5.6   true
2014-11***  4.4   true

day         _floe_stage  _floe_reason
2012-12-19  transform 3  column "high": "8.3" breaks the rule range -30 to 8
2013-03-21  transform 3  column "high": "10" breaks the rule range -30 to 8
2013-12-20  transform 3  column "high": "8.3" breaks the rule range -30 to 8

read=1461 written=7 rejected=3 rows/s=N
`
	got := regexp.MustCompile(`rows/s=\d+`).ReplaceAllString(out.String(), "rows/s=N")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("output mismatch (-want +got):\n%s", diff)
	}
}
