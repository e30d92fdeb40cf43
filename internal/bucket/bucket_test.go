package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"syscall"
	"testing"

	_ "gocloud.dev/blob/memblob"

	"github.com/floedata/floe/internal/bucket"
	"github.com/floedata/floe/retry"
)

func TestOpen(t *testing.T) {
	b, err := bucket.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	_, err = bucket.Open(t.Context(), "mem://x?secret_key=hunter22")
	if err == nil || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("error %v, want one without the parameters", err)
	}
	if err := bucket.CheckScheme("mem"); err != nil {
		t.Error(err)
	}
	if err := bucket.CheckScheme("s4"); err == nil || !strings.Contains(err.Error(), "s4://") {
		t.Errorf("error %v, want one that names the scheme", err)
	}
}

func TestRedact(t *testing.T) {
	cause := errors.New("refused")
	for _, tc := range []struct{ url, text, want string }{
		{"s3://b", "cannot open s3://b", "cannot open s3://b"},
		{"s3://b?key=geheim&on=1", "cannot open s3://b?key=geheim&on=1", "cannot open s3://b?..."},
		{"s3://b?key=geheim&on=1", "key geheim is wrong, 1 is not", "key ... is wrong, 1 is not"},
	} {
		err := bucket.Redact(fmt.Errorf("%s: %w", tc.text, cause), tc.url)
		if err.Error() != tc.want+": refused" || !errors.Is(err, cause) {
			t.Errorf("%q of %q, want %q", err, tc.url, tc.want)
		}
	}
	if err := bucket.Redact(nil, "s3://b?key=geheim"); err != nil {
		t.Errorf("no error became %v", err)
	}
}

func TestClassify(t *testing.T) {
	empty, err := bucket.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	_, missing := empty.ReadAll(t.Context(), "nothing")
	for _, tc := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("no"), false},
		{missing, false},
		{context.Canceled, false},
		{io.ErrUnexpectedEOF, true},
		{fmt.Errorf("write: %w", syscall.ECONNRESET), true},
		{syscall.EPIPE, true},
		{context.DeadlineExceeded, true},
		{&url.Error{Op: "Put", URL: "https://a.example/b/c?sig=geheim", Err: syscall.ECONNRESET}, true},
		{fmt.Errorf("write: %w", &url.Error{Op: "Put", URL: "https://a.example/b/c?sig=geheim", Err: errors.New("no")}), false},
	} {
		got := bucket.Classify(tc.err)
		if tc.err != nil && strings.Contains(got.Error(), "geheim") {
			t.Errorf("%v tells a signature", got)
		}
		if retry.IsTransient(got) != tc.want || !errors.Is(got, tc.err) {
			t.Errorf("%v: transient %t, want %t", tc.err, !tc.want, tc.want)
		}
	}
}
