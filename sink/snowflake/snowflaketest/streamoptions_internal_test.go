package snowflaketest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestStreamingOptions holds what the options of Snowpipe Streaming are by default, and which are refused.
func TestStreamingOptions(t *testing.T) {
	t.Parallel()
	o, err := Options{}.withDefaults()
	if err != nil || o.StreamingDelay != 5*time.Millisecond || o.StreamingTokens != time.Hour || o.StreamingRequestBytes != 4_000_000 {
		t.Errorf("the defaults are %+v, %v", o, err)
	}
	if o, err := (Options{StreamingDelay: -1}).withDefaults(); err != nil || o.StreamingDelay != -1 {
		t.Errorf("a delay without an end: %v, %v", o.StreamingDelay, err)
	}
	_, err = Options{StreamingTokens: -1, StreamingRequestBytes: -1, StreamingRate: StreamingRate{Bytes: -1}}.withDefaults()
	for _, name := range []string{"StreamingTokens", "StreamingRequestBytes", "StreamingRate"} {
		if err == nil || !strings.Contains(err.Error(), "Options."+name) {
			t.Errorf("the error does not name Options.%s: %v", name, err)
		}
	}
}

// TestRefuseCodes holds that every code has the HTTP status of an error.
func TestRefuseCodes(t *testing.T) {
	t.Parallel()
	for code := range streamingCodes {
		if e := Refuse(code); e.streaming.Code != code || e.streaming.Status < 400 || http.StatusText(e.streaming.Status) == "" {
			t.Errorf("%s: %+v", code, e.streaming)
		}
	}
}

// FuzzDecompress holds that bodies are read or refused, and that those that are not compressed stay as they are.
func FuzzDecompress(f *testing.F) {
	f.Add([]byte("{}\n"), "")
	f.Add([]byte("\x1f\x8b\x08\x00"), "gzip")
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x19\x00\x00{}\n"), "zstd")
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		got, err := decompress(body, encoding)
		if encoding == "" && (err != nil || string(got) != string(body)) {
			t.Errorf("%q became %q, %v", body, got, err)
		}
		if err != nil && got != nil {
			t.Errorf("an error, and %d bytes", len(got))
		}
	})
}
