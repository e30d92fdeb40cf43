package offset_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	_ "github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/offset"
)

var (
	table = offset.Table{Name: `"_floe_offsets?"`, Placeholder: func(n int) string { return fmt.Sprintf("$%d", n) }}
	key   = offset.Key{Pipeline: "p", Target: "t", Partition: "0"}
)

func openTable(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for range 2 {
		if err := table.Create(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// inTx runs do in a transaction, as the contract asks for claims and moves.
func inTx(t testing.TB, db *sql.DB, do func(tx *sql.Tx) error) {
	t.Helper()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := do(tx); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func claim(t testing.TB, db *sql.DB, key offset.Key) (row offset.Row) {
	t.Helper()
	inTx(t, db, func(tx *sql.Tx) (err error) {
		row, err = table.Claim(t.Context(), tx, key)
		return err
	})
	return row
}

func move(t testing.TB, db *sql.DB, epoch int64, from, to string) (moved bool) {
	t.Helper()
	inTx(t, db, func(tx *sql.Tx) (err error) {
		moved, err = table.Move(t.Context(), tx, key, epoch, from, to)
		return err
	})
	return moved
}

func TestClaimAndMove(t *testing.T) {
	db := openTable(t)
	first := claim(t, db, key)
	if diff := cmp.Diff(offset.Row{Epoch: 1}, first); diff != "" {
		t.Errorf("the first claim (-want +got):\n%s", diff)
	}
	if !move(t, db, first.Epoch, "", "a") {
		t.Error("the claim that stands does not move the offset")
	}
	if move(t, db, first.Epoch, "", "b") {
		t.Error("the offset moves from one that is not committed")
	}
	second := claim(t, db, key)
	if diff := cmp.Diff(offset.Row{Epoch: 2, Offset: "a"}, second); diff != "" {
		t.Errorf("the second claim (-want +got):\n%s", diff)
	}
	if move(t, db, first.Epoch, "a", "b") {
		t.Error("an older claim moves the offset")
	}
	if other := claim(t, db, offset.Key{Pipeline: "p", Target: "other", Partition: "0"}); other.Offset != "" {
		t.Errorf("another target has the offset %q", other.Offset)
	}
}

func TestOutcome(t *testing.T) {
	db := openTable(t)
	row := claim(t, db, key)
	move(t, db, row.Epoch, "", "a")
	for _, c := range []struct {
		name     string
		key      offset.Key
		epoch    int64
		from, to string
		want     offset.Outcome
	}{
		{"there", key, row.Epoch, "", "a", offset.Done},
		{"not yet", key, row.Epoch, "a", "b", offset.Pending},
		{"elsewhere", key, row.Epoch, "b", "c", offset.Fenced},
		{"another claim", key, row.Epoch + 1, "a", "b", offset.Fenced},
		{"no row", offset.Key{Partition: "none"}, row.Epoch, "", "a", offset.Fenced},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := table.Outcome(t.Context(), db, c.key, c.epoch, c.from, c.to)
			if err != nil || got != c.want {
				t.Errorf("Outcome = %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestAdoptResetForget(t *testing.T) {
	db := openTable(t)
	row := claim(t, db, key)
	for _, epoch := range []int64{row.Epoch - 1, row.Epoch} {
		adopted, err := table.Adopt(t.Context(), db, key, epoch, "mark", "a")
		if err != nil || adopted != (epoch == row.Epoch) {
			t.Errorf("Adopt under epoch %d = %t, %v", epoch, adopted, err)
		}
	}
	if err := table.Reset(t.Context(), db, "p", "t"); err != nil {
		t.Fatal(err)
	}
	list, err := table.List(t.Context(), db, "p", "t")
	if diff := cmp.Diff(map[string]offset.Row{"0": {Epoch: 2, Mark: "mark"}}, list); diff != "" || err != nil {
		t.Errorf("after Reset: %v (-want +got):\n%s", err, diff)
	}
	if err := table.Forget(t.Context(), db, "p", "t"); err != nil {
		t.Fatal(err)
	}
	if _, found, err := table.Read(t.Context(), db, key); found || err != nil {
		t.Errorf("after Forget the row is there: %t, %v", found, err)
	}
}

// A load that began before a claim must not move the offset behind the claim's back, though the two write
// different columns of interest.
func TestClaimConflictsWithMove(t *testing.T) {
	db := openTable(t)
	row := claim(t, db, key)
	load, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer load.Rollback()
	if _, _, err := table.Read(t.Context(), load, key); err != nil { // the snapshot is taken here
		t.Fatal(err)
	}
	claim(t, db, key)
	moved, err := table.Move(t.Context(), load, key, row.Epoch, "", "a")
	if err == nil && moved {
		err = load.Commit()
		moved = err == nil
	}
	if moved && err == nil {
		t.Error("a load moved the offset under a claim that had been fenced")
	}
}

// Positions and names may be any bytes.
func FuzzAnyBytes(f *testing.F) {
	for _, s := range []string{"a", `\`, `\\x00`, "\x00", "\xff\\xff", "é\xc3", `\x`, "?%s'\""} {
		f.Add(s, s+"b")
	}
	db := openTable(f)
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, a, b string) {
		k := offset.Key{Pipeline: a, Target: b, Partition: a + b}
		row, err := table.Claim(ctx, db, k)
		if err != nil {
			t.Fatal(err)
		}
		if moved, err := table.Move(ctx, db, k, row.Epoch, row.Offset, b); err != nil || !moved {
			t.Fatalf("Move to %q: %t, %v", b, moved, err)
		}
		list, err := table.List(ctx, db, a, b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, list[a+b].Offset); diff != "" {
			t.Errorf("offset (-want +got):\n%s", diff)
		}
	})
}

// TestStored: a row is found by the stored form of its key, whatever bytes that has.
func TestStored(t *testing.T) {
	db := openTable(t)
	for _, text := range []string{"", "plain", "back\\slash", "nul\x00", "bad\xff", "Ωmega"} {
		k := offset.Key{Pipeline: "p " + text, Target: "t " + text, Partition: text}
		if _, err := table.Claim(t.Context(), db, k); err != nil {
			t.Fatal(err)
		}
		k = k.Stored()
		var rows int
		err := db.QueryRow(`SELECT count(*) FROM "_floe_offsets?" WHERE pipeline = $1 AND target = $2 AND partition_id = $3`,
			k.Pipeline, k.Target, k.Partition).Scan(&rows)
		if err != nil || rows != 1 {
			t.Errorf("%q: %d rows, %v", text, rows, err)
		}
	}
}

func FuzzStoredForm(f *testing.F) {
	for _, seed := range []string{"", "plain", `a\b`, `\x00`, "\xff\x00naïve\n", "\uFFFD"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stored := offset.Escape(text)
		if !utf8.ValidString(stored) || strings.ContainsRune(stored, 0) {
			t.Errorf("%q is stored as %q", text, stored)
		}
		if back := offset.Unescape(stored); back != text {
			t.Errorf("%q is stored as %q, which reads as %q", text, stored, back)
		}
	})
}
