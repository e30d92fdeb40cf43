package snowflake

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// ManifestLine is what [Options].Manifest is told of a file.
type ManifestLine struct {
	// BatchID is the pipeline, the partition, and the rows of the partition that the batch spans: "orders/part 0/0-100";
	// of a [Loader] the batch's own.
	BatchID string `json:"batch_id"`
	// StagePath is the file's, below the stage.
	StagePath string `json:"stage_path"`
	// RowCount is the rows that were loaded from it.
	RowCount int64 `json:"row_count"`
	// LoadedAt is when the load was seen to have committed.
	LoadedAt time.Time `json:"loaded_at"`
	// QueryID is that of the load in Snowflake's history.
	QueryID string `json:"query_id"`
}

// manifest writes lines. The first fault is kept, and ends it: what is loaded stays loaded.
type manifest struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (m *manifest) write(loads []*loading, queryID string) {
	if m.w == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := json.NewEncoder(m.w)
	now := time.Now().UTC()
	for _, l := range loads {
		if l.st == nil {
			continue
		}
		for _, f := range l.st.files {
			if m.err != nil {
				return
			}
			m.err = e.Encode(ManifestLine{
				BatchID: l.batchID(), StagePath: l.w.s.directory() + l.w.lane + f.name, RowCount: f.rows, LoadedAt: now, QueryID: queryID,
			})
		}
	}
}

// batchID names a batch in the manifest.
func (l *loading) batchID() string {
	if l.w.batchID != "" {
		return l.w.batchID
	}
	return fmt.Sprintf("%s/%s/%d-%d", l.w.Key.Pipeline, l.w.Key.Partition, l.st.start, l.st.end)
}

// failed is the fault that ended the manifest.
func (m *manifest) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		return nil
	}
	return fmt.Errorf("write the manifest, which lacks files since: %w", m.err)
}
