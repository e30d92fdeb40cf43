package snowflaketest

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strconv"
)

// chunkInfo tells a driver where some rows of a result are.
type chunkInfo struct {
	URL              string `json:"url"`
	RowCount         int    `json:"rowCount"`
	UncompressedSize int    `json:"uncompressedSize"`
	CompressedSize   int    `json:"compressedSize"`
}

// chunkKeyHeader carries the key that chunks are fetched by.
const chunkKeyHeader = "x-amz-server-side-encryption-customer-key"

// newKey makes the key of a result.
func newKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

// chunkHeaders are what a driver has to send to fetch chunks.
func chunkHeaders(key string) map[string]string {
	sum := md5.Sum([]byte(key))
	return map[string]string{
		"x-amz-server-side-encryption-customer-algorithm": "AES256",
		chunkKeyHeader:          key,
		chunkKeyHeader + "-md5": base64.StdEncoding.EncodeToString(sum[:]),
	}
}

// chunk serves some rows of a result, compressed.
func (r *run) chunk(x *exchange) {
	q := r.queries.find(x.PathValue("id"))
	n, err := strconv.Atoi(x.PathValue("n"))
	switch {
	case q == nil, !q.over(), err != nil, n < 0, n >= len(q.chunks):
		http.Error(x, "no such chunk", http.StatusNotFound)
	case x.Request.Header.Get(chunkKeyHeader) != q.qrmk:
		http.Error(x, "the key is missing or wrong", http.StatusForbidden)
	default:
		x.Header().Set("Content-Encoding", "gzip")
		x.Header().Set("Content-Type", "application/octet-stream")
		_, _ = x.Write(q.chunks[n]) // the client may be gone
	}
}

// compressed returns data in gzip's format.
func compressed(data []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // a level that exists
	_, _ = z.Write(data)                            // into memory
	_ = z.Close()
	return b.Bytes()
}
