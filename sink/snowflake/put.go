package snowflake

import (
	"context"
	"crypto/aes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/snowflakedb/gosnowflake"

	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/retry"
)

// put uploads a file into a lane of the stage. The driver looks at ctx before it moves the bytes and after, not meanwhile.
func (s *Sink) put(ctx context.Context, path string, size int64, lane string) error {
	if err := s.startUpload(ctx); err != nil {
		return err
	}
	defer s.endUpload()
	return s.session(ctx, func(c *sql.Conn) error { return s.putOn(ctx, c, path, size, lane) })
}

func (s *Sink) putOn(ctx context.Context, c *sql.Conn, path string, size int64, lane string) error {
	rows, err := c.QueryContext(ctx, s.putStatement(path, lane))
	if err != nil {
		return err
	}
	defer rows.Close()
	return uploaded(rows, size)
}

// putBytes uploads a file from memory. Where the driver tries an upload again, it has read what it had to send: it uploads
// nothing then, and says that all went well. What the stage has tells.
func (s *Sink) putBytes(ctx context.Context, name string, content []byte, lane string) error {
	if err := s.startUpload(ctx); err != nil {
		return err
	}
	defer s.endUpload()
	size := int64(len(content))
	return s.session(ctx, func(c *sql.Conn) error {
		stream := gosnowflake.WithFileStream(ctx, &again{content: content})
		if err := s.putOn(stream, c, "/floe/"+name, size, lane); err != nil { // a path that there is not
			return err
		}
		there := int64(-1)
		err := sf.Each(ctx, c, "LIST "+s.stage(s.directory()+lane+name), func(row map[string]string) {
			if n, err := strconv.ParseInt(row["size"], 10, 64); err == nil {
				there = n
			}
		})
		// Encryption makes files longer, by up to a block.
		if err == nil && (there < size || there > size+aes.BlockSize) {
			err = retry.Transient(fmt.Errorf("the stage has %d bytes of %d", there, size))
		}
		return err
	})
}

// again is a reader that begins anew after its end: the driver reads a stream once for its bytes and once for its sum.
type again struct {
	content []byte
	at      int
}

func (r *again) Read(p []byte) (int, error) {
	if r.at == len(r.content) {
		r.at = 0
		return 0, io.EOF
	}
	n := copy(p, r.content[r.at:])
	r.at += n
	return n, nil
}

// startUpload waits for a place among the uploads, which endUpload gives back.
func (s *Sink) startUpload(ctx context.Context) error {
	select {
	case s.uploads <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Sink) endUpload() { <-s.uploads }

// putStatement is the PUT of a file. Its name is fresh: the driver does not shorten a file that is there.
func (s *Sink) putStatement(path, lane string) string {
	return "PUT " + sf.Literal("file://"+filepath.ToSlash(path)) + " " + s.stage(s.directory()+lane) +
		" AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = NONE OVERWRITE = TRUE PARALLEL = 4"
}

// uploaded sees to it that the one file of a PUT is there with all its bytes: the driver does not raise every fault.
func uploaded(rows *sql.Rows, size int64) error {
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.NullString, len(names))
	into := make([]any, len(names))
	for i := range into {
		into[i] = &values[i]
	}
	n := 0
	for rows.Next() {
		n++
		if err := rows.Scan(into...); err != nil {
			return err
		}
		column := func(name string) string {
			for i, have := range names {
				if strings.EqualFold(have, name) {
					return values[i].String
				}
			}
			return ""
		}
		if column("status") != "UPLOADED" {
			return fmt.Errorf("the driver answers %s: %s", column("status"), column("message"))
		}
		if got, err := strconv.ParseInt(column("source_size"), 10, 64); err != nil || got != size {
			return fmt.Errorf("the driver saw %s bytes of %d", column("source_size"), size)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n != 1 {
		return errors.New("the driver does not say what became of the file")
	}
	return nil
}
