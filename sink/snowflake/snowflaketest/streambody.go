package snowflaketest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxRows bounds the rows of a request, not compressed: what a few megabytes may be compressed from.
const maxRows = 256 << 20

// errTooLong says that a body is longer than it may be.
var errTooLong = errors.New("too long")

// rows reads the rows of a request: lines of JSON, as they are or compressed by gzip or zstd. The limit of a request's size
// is of the bytes as they are sent.
func (r *run) rows(x *exchange) ([]byte, *streamRefusal) {
	limit := r.server.options.StreamingRequestBytes
	wire, err := readAll(x.Body, limit)
	if errors.Is(err, errTooLong) {
		// Approximate: the code and the words; 400 is as possible.
		return nil, &streamRefusal{Status: http.StatusRequestEntityTooLarge, Code: "ERR_REQUEST_TOO_LARGE", Message: fmt.Sprintf("The body has more than %d bytes.", limit)}
	}
	if err == nil {
		wire, err = decompress(wire, x.Request.Header.Get("Content-Encoding"))
	}
	if err != nil {
		x.note(func(c *Call) { c.Reason = err.Error() })
		return nil, &streamRefusal{Status: http.StatusBadRequest, Code: "ERR_INVALID_REQUEST", Message: "The body cannot be read: " + err.Error() + "."} // approximate
	}
	return wire, nil
}

func readAll(from io.Reader, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(from, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, errTooLong
	}
	return b.Bytes(), nil
}

// decompress undoes a Content-Encoding.
func decompress(body []byte, encoding string) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return body, nil
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return readAll(z, maxRows)
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRows))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return readAll(z, maxRows)
	}
	return nil, fmt.Errorf("Content-Encoding %q is neither gzip nor zstd", encoding)
}
