package servers_test

import (
	"testing"

	"github.com/floedata/floe/internal/netfault"
)

// TestCommitIsLost holds the proxy's faults against real servers: a transaction whose COMMIT does not arrive is not
// there, and one whose answer does not arrive is.
func TestCommitIsLost(t *testing.T) {
	for _, k := range kinds {
		for _, tc := range []struct {
			name  string
			fault netfault.Fault
			want  int
		}{
			{"request", netfault.Fault{Seen: "COMMIT"}, 0},
			{"request, in order", netfault.Fault{Seen: "COMMIT", Cut: netfault.Finish}, 0},
			{"reply", netfault.Fault{Seen: "COMMIT", Reply: true}, 1},
			{"reply, in order", netfault.Fault{Seen: "COMMIT", Reply: true, Cut: netfault.Finish}, 1},
		} {
			t.Run(k.name+"/"+tc.name, func(t *testing.T) {
				server := k.shared(t)
				dsn := server.Database(t)
				proxy := netfault.Start(t, server.Addr())
				c := connect(t, server.Via(dsn, proxy.Addr()))
				c.must(t, "CREATE TABLE kept (x INT)", "BEGIN", "INSERT INTO kept VALUES (1)")
				fired := proxy.Arm(tc.fault)
				if err := c.exec("COMMIT"); err == nil {
					t.Error("COMMIT is answered")
				}
				<-fired
				if n := query[int](t, connect(t, dsn), "SELECT count(*) FROM kept"); n != tc.want {
					t.Errorf("%d rows, want %d", n, tc.want)
				}
			})
		}
	}
}
