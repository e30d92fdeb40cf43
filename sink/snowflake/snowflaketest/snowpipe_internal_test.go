package snowflaketest

import (
	"strings"
	"testing"
	"time"
)

func FuzzPipeFiles(f *testing.F) {
	for _, seed := range []struct{ kind, body string }{
		{"application/json", `{"files":[{"path":"a/b.csv","size":100},{"path":"c"}]}`},
		{"application/json; charset=utf-8", `{"files":[]}`},
		{"application/json", `{"files":[{"path":null}]}`},
		{"text/plain", "a.csv\r\nb.csv\n\n/c"},
		{"text/plain", "\xff\n"},
		{"text/csv", "a"},
		{"", ""},
	} {
		f.Add(seed.kind, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		files, err := parsePipeFiles(kind, body)
		if err != nil {
			if files != nil {
				t.Errorf("files with the error %v", err)
			}
			return
		}
		if len(files) == 0 || len(files) > mostPipeFiles {
			t.Errorf("%d files", len(files))
		}
		for _, x := range files {
			if strings.Trim(x.Path, "/") == "" || len(x.Path) > mostPathBytes || strings.ContainsAny(x.Path, "\x00") || x.Size < 0 {
				t.Errorf("a file %+v", x)
			}
		}
	})
}

func FuzzMoment(f *testing.F) {
	for _, seed := range []string{"2017-06-21T04:47:41.453Z", "2018-07-30T13:56:46-07:00", "2017-06-21T04:47:41", "2017-06-21", "", "yesterday"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseMoment(text)
		if err != nil {
			return
		}
		again, err := parseMoment(moment(at))
		if err != nil || !again.Equal(at.Truncate(time.Millisecond)) {
			t.Errorf("%q is %v, and that %v, %v", text, at, again, err)
		}
	})
}

func FuzzMark(f *testing.F) {
	for _, seed := range []string{"", "1_39", "1_", "2_39", "1_-1", "1_9223372036854775807"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseMark(text)
		if err == nil && text != "" {
			if again, err := parseMark(mark(n)); again != n || err != nil {
				t.Errorf("%q is %d, and that %d, %v", text, n, again, err)
			}
		}
	})
}
