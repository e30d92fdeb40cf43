package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
)

const path = "../quickstart/seattle-weather.csv"

const rows = `1461 rows in floe_weather, of which the last are
2015-12-31 sun       5.6 °C, wind 3.5 m/s
2015-12-30 sun       5.6 °C, wind 3.4 m/s
2015-12-29 fog       7.2 °C, wind 2.6 m/s
`

func output(t *testing.T, dsn string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), &out, dsn, path); err != nil {
		t.Fatal(err)
	}
	counts, _, _ := strings.Cut(out.String(), " rows/s=")
	return counts
}

// Without an account it brings its own.
func TestFake(t *testing.T) {
	want := "a fake Snowflake; set SNOWFLAKE_DSN to load into an account\n" + rows + "read=1461 written=1461 rejected=0"
	if diff := cmp.Diff(want, output(t, "")); diff != "" {
		t.Error(diff)
	}
}

// A second run finds everything loaded.
func TestAgain(t *testing.T) {
	s := snowflaketest.Start(t, nil)
	for _, counts := range []string{"read=1461 written=1461 rejected=0", "read=0 written=0 rejected=0"} {
		if diff := cmp.Diff(rows+counts, output(t, s.DSN())); diff != "" {
			t.Error(diff)
		}
	}
}
