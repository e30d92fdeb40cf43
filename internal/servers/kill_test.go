package servers_test

import (
	"os"
	"strings"
	"testing"

	"github.com/floedata/floe/internal/servers"
)

// A PostgreSQL that was killed and not started again leaves nothing behind, neither processes nor shared memory.
func TestKilledPostgresLeavesNothing(t *testing.T) {
	segment := ""
	t.Run("killed", func(t *testing.T) {
		server := servers.StartPostgres(t)
		dir := query[string](t, connect(t, server.DSN()), "SHOW data_directory")
		pid, err := os.ReadFile(dir + "/postmaster.pid")
		if err != nil {
			t.Fatal(err)
		}
		key := strings.Fields(strings.Split(string(pid), "\n")[6])
		segment = key[len(key)-1]
		server.Kill()
		if !segments(t)[segment] {
			t.Errorf("segment %s is gone before its server", segment)
		}
	})
	if segment != "" && segments(t)[segment] {
		t.Errorf("segment %s is still there", segment)
	}
}

// segments returns the ids of the shared memory of System V.
func segments(t *testing.T) map[string]bool {
	t.Helper()
	table, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, line := range strings.Split(string(table), "\n")[1:] {
		if f := strings.Fields(line); len(f) > 1 {
			ids[f[1]] = true
		}
	}
	return ids
}
