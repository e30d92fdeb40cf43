package snowpipe_test

import (
	"errors"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// golden is an exchange that was written from Snowflake's documentation, and from what is known of the service.
type golden struct {
	request string // its line, headers and body
	status  int
	answer  string
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/golden/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	for line := range strings.Lines(string(text)) {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "< "):
			if g.status, err = strconv.Atoi(strings.TrimSpace(line[2:])); err != nil {
				t.Fatal(err)
			}
		case g.status == 0:
			g.request += strings.TrimPrefix(line, "> ")
		default:
			g.answer += line
		}
	}
	return g
}

var (
	uuids  = regexp.MustCompile(`requestId=[0-9a-f-]{36}`)
	tokens = regexp.MustCompile(`Bearer [\w-]+\.[\w-]+\.[\w-]+`)
)

// written writes a call as the golden files have it.
func (c call) written() string {
	var b strings.Builder
	b.WriteString(c.Method + " " + c.URL.RequestURI() + "\n")
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "X-Snowflake-Authorization-Token-Type"} {
		if value := c.Header.Get(name); value != "" {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	if c.body != "" {
		b.WriteString(c.body + "\n")
	}
	return tokens.ReplaceAllString(uuids.ReplaceAllString(b.String(), "requestId=<uuid>"), "Bearer <jwt>")
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestGolden(t *testing.T) {
	ctx := t.Context()
	two := []snowpipe.StagedFile{{Path: "filePath/file1.csv", Size: 100}, {Path: "filePath/file2.csv"}}
	insert := func(c *snowpipe.Client) (any, error) {
		answer, err := c.InsertFiles(ctx, two)
		if err == nil && (len(answer.RequestIDs) != 1 || len(answer.RequestIDs[0]) != 36) {
			t.Errorf("request ids %q", answer.RequestIDs)
		}
		answer.RequestIDs = nil
		return answer, err
	}
	for _, tc := range []struct {
		name    string
		do      func(c *snowpipe.Client) (any, error)
		want    any
		wantErr *snowpipe.Error
	}{
		{name: "insertFiles", do: insert, want: snowpipe.Inserted{Unmatched: []string{"some_file.txt", "another_file.dat"}}},
		{name: "insertFiles-live", do: insert, want: snowpipe.Inserted{Skipped: []string{"filePath/file2.csv"}}},
		{name: "insertReport", do: func(c *snowpipe.Client) (any, error) {
			return c.InsertReport(ctx, &snowpipe.ReportOptions{After: "1_38", Recent: 89500 * time.Millisecond})
		}, want: snowpipe.Report{Pipe: "TESTDB.TESTSCHEMA.pipe2", Complete: true, Next: "1_39", Files: []snowpipe.File{
			{
				Path: "data2859002086815673867.csv", StageLocation: "s3://mybucket/", Size: 57,
				Received: at("2017-06-21T04:47:41.453Z"), LastInsert: at("2017-06-21T04:48:28.575Z"),
				RowsInserted: 1, RowsParsed: 1, ErrorLimit: 1, Complete: true, Status: snowpipe.Loaded,
			},
			{
				Path: "bad.csv", StageLocation: "s3://mybucket/", Size: 12,
				Received: at("2017-06-21T04:47:41.453Z"), LastInsert: at("2017-06-21T04:48:29Z"),
				RowsParsed: 3, Errors: 1, ErrorLimit: 1, FirstError: "Numeric value 'x' is not recognized", FirstErrorLine: 3,
				FirstErrorCharacter: 7, FirstErrorColumn: `"T"["ID":1]`, Complete: true, Status: snowpipe.Failed,
			},
		}}},
		{name: "loadHistoryScan", do: func(c *snowpipe.Client) (any, error) {
			var list []snowpipe.File
			for f, err := range c.LoadHistory(ctx, at("2017-08-25T18:42:31.081Z"), at("2017-08-25T22:43:45.552Z")) {
				if err != nil {
					return nil, err
				}
				list = append(list, f)
			}
			return list, nil
		}, want: []snowpipe.File{{
			Path: "data2859002086815673867.csv", StageLocation: "s3://mystage/", Size: 57,
			Received: at("2017-08-25T22:43:45.383Z"), LastInsert: at("2017-08-25T22:43:45.383Z"),
			RowsInserted: 1, RowsParsed: 1, ErrorLimit: 1, Complete: true, Status: snowpipe.Loaded,
		}}},
		{name: "refused", do: insert, want: snowpipe.Inserted{}, wantErr: &snowpipe.Error{
			Status: http.StatusUnauthorized, Code: "390144", Message: "JWT token is invalid.",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := readGolden(t, tc.name)
			c, s := open(t, once, says(g.status, g.answer))
			got, err := tc.do(c)
			if diff := cmp.Diff(g.request, s.calls[0].written()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			var refused *snowpipe.Error
			errors.As(err, &refused)
			if diff := cmp.Diff(tc.wantErr, refused); diff != "" || (err != nil) != (tc.wantErr != nil) {
				t.Errorf("error %v (-want +got):\n%s", err, diff)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}
