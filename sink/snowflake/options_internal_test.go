package snowflake

import (
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/config"
	"github.com/floedata/floe/sink"
)

// TestOptionFaults: every faulty field is named, all at once.
func TestOptionFaults(t *testing.T) {
	_, err := checked("sink/snowflake.New", "", &Options{
		Mode: 7, Evolve: -1, Key: []string{"a", "A", ""}, Database: "\x00", Schema: strings.Repeat("s", 256), Rejects: "\xff",
		Stage: "\x00", Prefix: "/it's", FileSize: 1, FlushInterval: -1, Compression: 9, OnError: SkipFileOver(101), Uploads: 1000, CopyFiles: 1001,
		SchemaEvolution: true, External: &External{}, InMemory: -1, StagingDir: "it's", Warehouse: "\x00", Role: "\x00", LockTimeout: time.Millisecond, StatementTimeout: 8 * 24 * time.Hour,
	})
	var faults *config.Error
	if !errors.As(err, &faults) {
		t.Fatalf("%v is no *config.Error", err)
	}
	seen := map[string]bool{}
	for _, f := range faults.Faults {
		field, _, _ := strings.Cut(strings.TrimPrefix(f.Field, "Options."), ".") // of what is in a struct of its own
		seen[f.Field], seen["Options."+field] = true, true
		if f.Problem == "" {
			t.Errorf("%s has no problem", f.Field)
		}
	}
	fields := reflect.TypeFor[Options]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		switch name {
		case "KeepCase", "KeepStaged", "Manifest", "QueryTag", "Logger": // take anything
		default:
			if !seen["Options."+name] {
				t.Errorf("%s is not among the faults", name)
			}
		}
	}
	if !seen["table"] {
		t.Error("the empty name of the table is not among the faults")
	}
}

func TestOptionFaultsTogether(t *testing.T) {
	for _, tc := range []struct {
		name, table string
		o           Options
		want        string // "" = none
	}{
		{"nothing", "t", Options{}, ""},
		{"key without upsert", "t", Options{Key: []string{"a"}}, "Options.Key: has no effect in mode append"},
		{"upsert without key", "t", Options{Mode: sink.Upsert}, "Options.Key: is needed by Upsert"},
		{"key twice", "t", Options{Mode: sink.Upsert, Key: []string{"a", "A"}}, `names "A" twice`},
		{"two keys by case", "t", Options{Mode: sink.Upsert, Key: []string{"a", "A"}, KeepCase: true}, ""},
		{"rejects into the table", "t", Options{Rejects: "T"}, "Options.Rejects: is the table itself"},
		{"rejects into another", "t", Options{Rejects: "T", KeepCase: true}, ""},
		{"rejects into the offsets", "t", Options{Rejects: "_floe_offsets"}, "is the name of the table of offsets"},
		{"the table's stage when it is replaced", "t", Options{Mode: sink.Replace, Stage: "%"}, "Options.Stage: the table's own stage goes"},
		{"the user's stage", "t", Options{Mode: sink.Replace, Stage: "~"}, ""},
		{"evolving by Snowflake alone", "t", Options{SchemaEvolution: true, Evolve: sink.Widen}, "Options.SchemaEvolution: needs Evolve"},
		{"a hostile name", `a"b $$ ☃`, Options{}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := checked("x", tc.table, &tc.o)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestOptionDefaults(t *testing.T) {
	o, err := checked("x", "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Logger = nil
	want := Options{
		Stage: "_FLOE_STAGE", Prefix: "floe", FileSize: 128_000_000, FlushInterval: time.Minute, Uploads: 4, CopyFiles: 1000,
		QueryTag: "floe", LockTimeout: time.Minute, StatementTimeout: time.Hour,
	}
	if diff := cmp.Diff(want, o, cmp.Comparer(func(a, b *slog.Logger) bool { return a == b }), cmp.AllowUnexported(OnError{})); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestNewWithoutDatabase(t *testing.T) {
	if _, err := New(nil, "t", nil); err == nil || !strings.Contains(err.Error(), "the database is nil") {
		t.Errorf("%v", err)
	}
}

func TestOffsetsTable(t *testing.T) {
	for table, want := range map[string]string{"EVENTS": "_FLOE_OFFSETS", "_FLOE_OFFSETS": "_FLOE_OFFSETS_", "_floe_offsets": "_FLOE_OFFSETS"} {
		if got := offsetsTable(table); got != want {
			t.Errorf("of %q: %q, want %q", table, got, want)
		}
	}
}
