package batching_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/batching"
)

func TestPolicyStricter(t *testing.T) {
	for _, tc := range []struct {
		name       string
		p, q, want batching.Policy
	}{
		{"both zero", batching.Policy{}, batching.Policy{}, batching.Policy{}},
		{
			"one zero",
			batching.Policy{},
			batching.Policy{Rows: 5, Bytes: 6, Delay: 7},
			batching.Policy{Rows: 5, Bytes: 6, Delay: 7},
		},
		{
			"field by field",
			batching.Policy{Rows: 1, Bytes: 20, Delay: time.Second},
			batching.Policy{Rows: 10, Bytes: 2, Delay: time.Minute},
			batching.Policy{Rows: 1, Bytes: 2, Delay: time.Second},
		},
		{
			"zero fields bound nothing",
			batching.Policy{Rows: 9, Delay: 3},
			batching.Policy{Bytes: 4},
			batching.Policy{Rows: 9, Bytes: 4, Delay: 3},
		},
		{"equal", batching.Policy{Rows: 3}, batching.Policy{Rows: 3}, batching.Policy{Rows: 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.p.Stricter(tc.q)); diff != "" {
				t.Errorf("p.Stricter(q) mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, tc.q.Stricter(tc.p)); diff != "" {
				t.Errorf("q.Stricter(p) mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPolicyReached(t *testing.T) {
	for _, tc := range []struct {
		name        string
		p           batching.Policy
		rows, bytes int64
		want        bool
	}{
		{"no bound", batching.Policy{}, 1 << 40, 1 << 40, false},
		{"rows below", batching.Policy{Rows: 10}, 9, 1 << 40, false},
		{"rows at", batching.Policy{Rows: 10}, 10, 0, true},
		{"bytes below", batching.Policy{Bytes: 10}, 1 << 40, 9, false},
		{"bytes at", batching.Policy{Bytes: 10}, 0, 10, true},
		{"either", batching.Policy{Rows: 10, Bytes: 10}, 3, 11, true},
		{"time is the caller's", batching.Policy{Delay: 1}, 1 << 40, 1 << 40, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.p.Reached(tc.rows, tc.bytes); got != tc.want {
				t.Errorf("%+v.Reached(%d, %d) = %v, want %v", tc.p, tc.rows, tc.bytes, got, tc.want)
			}
		})
	}
}
