package crashtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/offset"
	"github.com/floedata/floe/retry"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/sinktest"
)

// RivalRows is how many rows a rival loads of one partition, in two batches.
const RivalRows = 10

// Two rivals are processes that do what they are told by lines on standard input, and answer each with one:
//
//	claim PARTITION   claimed, or fenced where the other one came before the table was ready
//	load              loaded, or fenced
//
// A load is of two batches, so that a rival is fenced before its first or its second.

// Rival is one of two processes that claim the same partitions. Its rows tell its name.
func Rival(ctx context.Context, name string, dst sink.Sink) (err error) {
	defer func() { err = errors.Join(err, dst.Close(ctx)) }()
	var c contender
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		order, partition, _ := strings.Cut(lines.Text(), " ")
		answer := ""
		switch order {
		case "claim":
			answer, err = "claimed", c.claim(ctx, dst, partition)
		case "load":
			answer, err = "loaded", c.load(ctx, name)
		}
		switch {
		case errors.Is(err, sink.ErrFenced):
			answer = "fenced"
		case err != nil:
			return err
		}
		fmt.Println(answer)
	}
	return nil
}

// contender holds the claim of a rival on one partition.
type contender struct {
	w                    sink.Writer
	partition, committed string
}

// claim gives an older claim up and makes one. What is transient is tried again, as the engine does.
func (c *contender) claim(ctx context.Context, dst sink.Sink, partition string) error {
	if c.w != nil {
		if err := c.w.Close(ctx); err != nil {
			return err
		}
		c.w = nil
	}
	c.partition = partition
	err := again(ctx, func(ctx context.Context) (err error) {
		c.w, c.committed, err = dst.Open(ctx, "rivals", partition)
		return err
	})
	if err != nil {
		return err
	}
	return again(ctx, func(ctx context.Context) error { return c.w.Prepare(ctx, Schema) })
}

// load loads what is left of the partition, in two batches; where the sink asks for it, it goes back to what is committed.
func (c *contender) load(ctx context.Context, name string) error {
	for {
		rows, err := offset.Ordinal(c.committed)
		if err != nil || rows == RivalRows {
			return err
		}
		err = c.loadHalf(ctx, name, int(rows)/(RivalRows/2))
		if r, ok := c.w.(sink.Rewinder); ok && errors.Is(err, sink.ErrRewind) {
			err = again(ctx, func(ctx context.Context) (err error) {
				c.committed, err = r.Rewind(ctx)
				return err
			})
		}
		if err != nil {
			return err
		}
	}
}

func (c *contender) loadHalf(ctx context.Context, name string, half int) error {
	rec := rivalRows(name, half)
	b, err := sinktest.NewBatch("rivals", c.partition, c.committed, fmt.Sprint("half ", half), Schema, rec)
	rec.Release()
	if err != nil {
		return err
	}
	defer b.Release()
	err = again(ctx, func(ctx context.Context) error {
		if s, ok := c.w.(sink.Stager); ok {
			if err := s.Stage(ctx, b); err != nil {
				return err
			}
		}
		_, err := c.w.Load(ctx, b)
		return err
	})
	if err == nil {
		c.committed = b.To
	}
	return err
}

func again(ctx context.Context, op func(ctx context.Context) error) error {
	p := retry.Policy{Retries: 20, Base: 20 * time.Millisecond, Max: time.Second}
	return p.Do(ctx, func(ctx context.Context, _ int) error { return op(ctx) }, nil)
}

// rivalRows are the rows of one of a rival's two batches, for the caller to release.
func rivalRows(name string, half int) arrow.Record {
	b := array.NewRecordBuilder(memory.DefaultAllocator, Schema)
	defer b.Release()
	for i := range RivalRows / 2 {
		b.Field(0).(*array.Int64Builder).Append(int64(half*RivalRows/2 + i))
		b.Field(1).(*array.Int64Builder).Append(int64(half))
		b.Field(2).(*array.StringBuilder).Append(name)
		b.Field(3).(*array.Float64Builder).AppendNull()
	}
	return b.NewRecord()
}

// Rivals lets two processes, which run the jobs named, claim one partition in each round, and load it at once when both
// have claimed it: that is the very first load of the partition, in the first round of the table too. Where one claims
// after the other it must win, where they claim at once one of them. verify is told the winner, holds its rows against the
// table, and deletes them.
func Rivals(t *testing.T, jobs [2]string, rounds int, verify func(t *testing.T, partition, winner string)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(Seed(t), 0))
	var rivals [2]*rival
	for i, job := range jobs {
		rivals[i] = startRival(t, job)
	}
	fenced := 0
	for round := range rounds {
		partition := fmt.Sprint("round-", round)
		older, newer := rivals[0], rivals[1]
		if rng.IntN(2) == 0 {
			older, newer = newer, older
		}
		older.tell(t, "claim "+partition)
		inOrder := rng.IntN(3) > 0
		answers := map[*rival]string{}
		if inOrder {
			answers[older] = older.hear(t, "claimed")
		}
		newer.tell(t, "claim "+partition)
		if inOrder {
			answers[newer] = newer.hear(t, "claimed")
		} else {
			answers[older], answers[newer] = older.hear(t, "claimed", "fenced"), newer.hear(t, "claimed", "fenced")
		}
		// Now both have it, or one of them knows that it has not.
		first, second := older, newer
		if rng.IntN(2) == 0 {
			first, second = newer, older
		}
		var loading []*rival
		for _, r := range []*rival{first, second} {
			if answers[r] == "claimed" {
				r.tell(t, "load")
				loading = append(loading, r)
				time.Sleep(time.Duration(rng.Int64N(int64(4 * time.Millisecond))))
			}
		}
		for _, r := range loading {
			answers[r] = r.hear(t, "loaded", "fenced")
		}
		winner := newer
		if !inOrder && answers[older] == "loaded" {
			winner = older
		}
		for r, answer := range answers {
			if won := r == winner; won != (answer == "loaded") {
				t.Fatalf("round %d, claims in order %t: the older answered %q, the newer %q", round, inOrder, answers[older], answers[newer])
			}
			if answer == "fenced" {
				fenced++
			}
		}
		verify(t, partition, winner.job)
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d rounds, %d fenced", rounds, fenced)
}

// rival is the parent's end of one process.
type rival struct {
	job  string
	in   io.WriteCloser
	out  *bufio.Scanner
	errs *strings.Builder
}

func startRival(t *testing.T, job string) *rival {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // the test's own ends before its cleanup
	cmd := command(ctx, job, t.TempDir())
	r := &rival{job: job, errs: &strings.Builder{}}
	cmd.Stderr = r.errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		r.in, err = cmd.StdinPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r.out = bufio.NewScanner(out)
	t.Cleanup(func() {
		defer cancel()
		r.in.Close() // which ends it
		for r.out.Scan() {
		}
		if err := cmd.Wait(); err != nil && !t.Failed() {
			t.Errorf("the rival %q: %v: %s", job, err, r.errs)
		}
	})
	return r
}

func (r *rival) tell(t *testing.T, order string) {
	t.Helper()
	if _, err := fmt.Fprintln(r.in, order); err != nil {
		t.Fatalf("tell %q to %s: %v", order, r.job, err)
	}
}

func (r *rival) hear(t *testing.T, wanted ...string) string {
	t.Helper()
	if !r.out.Scan() {
		t.Fatalf("the rival %q ended: %s", r.job, r.errs)
	}
	for _, w := range wanted {
		if r.out.Text() == w {
			return w
		}
	}
	t.Fatalf("the rival %q answered %q, not one of %q", r.job, r.out.Text(), wanted)
	return ""
}
