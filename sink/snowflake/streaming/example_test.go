package streaming_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"log"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/floedata/floe/sink/snowflake/snowflaketest"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// exampleAccount starts an account with a table EVENTS, and returns how to log in. Programs have a profile.json for that.
func exampleAccount() (srv *snowflaketest.Server, opts *streaming.ClientOptions) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		log.Fatal(err)
	}
	srv, err = snowflaketest.New(snowflaketest.Options{Users: []snowflaketest.User{{Name: "LOADER", PublicKey: &key.PublicKey}}})
	if err != nil {
		log.Fatal(err)
	}
	if err := srv.Exec(context.Background(), "CREATE TABLE EVENTS (ID NUMBER, NAME VARCHAR)"); err != nil {
		log.Fatal(err)
	}
	return srv, &streaming.ClientOptions{
		Profile:       streaming.Profile{URL: srv.URL(), Account: snowflaketest.DefaultAccount, User: "LOADER", Key: key},
		FlushInterval: 10 * time.Millisecond, PollInterval: 10 * time.Millisecond,
	}
}

// Rows that are numbered come exactly once, whatever happens: each start goes on behind the token that is committed.
func Example() {
	srv, opts := exampleAccount()
	defer srv.Close()
	ctx := context.Background()
	for range 2 { // as if the program was started again
		client, err := streaming.NewTableClient(ctx, "example", "test", "public", "events", opts)
		if err != nil {
			log.Fatal(err)
		}
		channel, status, err := client.OpenChannel(ctx, "PARTITION_0", "0")
		if err != nil {
			log.Fatal(err)
		}
		done, err := strconv.Atoi(*status.LatestCommittedOffsetToken)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("going on behind", done)
		for id := done + 1; id <= done+3; id++ {
			if err := channel.AppendRow(ctx, map[string]any{"ID": id, "NAME": "n"}, strconv.Itoa(id)); err != nil {
				log.Fatal(err)
			}
		}
		if err := channel.WaitForToken(ctx, strconv.Itoa(done+3)); err != nil {
			log.Fatal(err)
		}
		if err := client.Close(ctx, nil); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// going on behind 0
	// going on behind 3
}

func ExampleChannel_AppendRecordAt() {
	srv, opts := exampleAccount()
	defer srv.Close()
	ctx := context.Background()
	client, err := streaming.NewTableClient(ctx, "example", "test", "public", "events", opts)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(ctx, nil)
	channel, _, err := client.OpenChannel(ctx, "PARTITION_0", "")
	if err != nil {
		log.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "ID", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 2, 3}, nil)
	rec := b.NewRecord()
	defer rec.Release()
	rows, err := channel.AppendRecordAt(ctx, rec, func(rows int64) string { return fmt.Sprint("row ", rows) })
	if err != nil {
		log.Fatal(err)
	}
	status, err := channel.WaitForStatus(ctx, func(s streaming.ChannelStatus) bool { return s.RowsInserted == rows })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*status.LatestCommittedOffsetToken, "is committed,", status.RowsErrorCount, "rows did not fit")
	// Output: row 3 is committed, 0 rows did not fit
}

func ExampleClient_ElasticChannel() {
	srv, opts := exampleAccount()
	defer srv.Close()
	ctx := context.Background()
	client, err := streaming.NewTableClient(ctx, "example", "test", "public", "events", opts)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(ctx, nil)
	err = client.ElasticChannel().AppendRow(ctx, map[string]any{"ID": 1, "NAME": "at least once"})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleError() {
	srv, opts := exampleAccount()
	defer srv.Close()
	ctx := context.Background()
	client, err := streaming.NewTableClient(ctx, "example", "test", "public", "events", opts)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close(ctx, nil)
	first, _, err := client.OpenChannel(ctx, "PARTITION_0", "")
	if err != nil {
		log.Fatal(err)
	}
	if _, _, err := client.OpenChannel(ctx, "PARTITION_0", ""); err != nil {
		log.Fatal(err)
	}
	err = first.AppendRow(ctx, map[string]any{"ID": 1}, "1")
	var e *streaming.Error
	if errors.As(err, &e) {
		switch e.Class {
		case streaming.Retry:
			fmt.Println("call again")
		case streaming.Reopen:
			fmt.Println("open the channel again, and go on behind its committed token")
		case streaming.Rebuild:
			fmt.Println("make another client")
		case streaming.Configuration:
			fmt.Println("mend what the error says")
		}
	}
	// Output: open the channel again, and go on behind its committed token
}

func ExampleParseProfile() {
	profile, err := streaming.ParseProfile([]byte(`{
		"account": "myorg-account",
		"user": "loader",
		"private_key_file": "rsa_key.p8",
		"role": "ingest"
	}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(profile)
	// Output: profile of "loader" at "myorg-account" by JWT
}
