package snowflake_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/dialect"
	"github.com/floedata/floe/dialect/snowflake"
)

func TestClassify(t *testing.T) {
	answer := func(number int, state string) error {
		return fmt.Errorf("load: %w", &gosnowflake.SnowflakeError{Number: number, SQLState: state, Message: "m"})
	}
	for _, tc := range []struct {
		err  error
		want dialect.Class
	}{
		{answer(100038, "22018"), dialect.RowFault},
		{answer(100072, "22000"), dialect.Unknown},
		{answer(2003, "42S02"), dialect.Missing},
		{answer(2003, "02000"), dialect.Missing},
		{answer(2002, "42710"), dialect.Conflict},
		{answer(3001, "42501"), dialect.Denied},
		{answer(625, "57014"), dialect.Conflict},
		{answer(630, "57014"), dialect.Conflict},
		{answer(606, "57P03"), dialect.Missing},
		{answer(1003, "42000"), dialect.Unknown},
		{answer(999999, ""), dialect.Unknown},
		{answer(390100, "08004"), dialect.Denied},
		{answer(390112, "08001"), dialect.Unavailable},
		{answer(gosnowflake.ErrCodeServiceUnavailable, "08001"), dialect.Unavailable},
		{answer(gosnowflake.ErrFailedToUploadToStage, ""), dialect.Unavailable},
		{&url.Error{Op: "Post", URL: "http://x", Err: io.EOF}, dialect.Unavailable},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, dialect.Unavailable},
		{driver.ErrBadConn, dialect.Unavailable},
		{context.Canceled, dialect.Unknown},
		{errors.New("x"), dialect.Unknown},
	} {
		if got := (snowflake.Dialect{}).Classify(tc.err); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.err, got, tc.want)
		}
	}
}

func TestMessage(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("x: %w", &gosnowflake.SnowflakeError{Number: 1, SQLState: "22000", Message: "it is %v", MessageArgs: []any{"so"}}), "it is so"},
		{&gosnowflake.SnowflakeError{Message: " 100% \n"}, "100%"},
		{errors.New("plain"), "plain"},
	} {
		if got := (snowflake.Dialect{}).Message(tc.err); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}
