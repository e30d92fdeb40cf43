package snowflake

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/floedata/floe/offset"
)

func TestChannelName(t *testing.T) {
	long := strings.Repeat("p", 300)
	seen := map[string]offset.Key{}
	for _, key := range []offset.Key{
		{Pipeline: "orders", Target: "T", Partition: "topic/0"},
		{Pipeline: "orders", Target: "T", Partition: "topic-0"},
		{Pipeline: "Orders", Target: "T", Partition: "topic/0"},
		{Pipeline: "orders", Target: "U", Partition: "topic/0"},
		{Pipeline: "orderstopic", Target: "T", Partition: "/0"},
		{Pipeline: "", Target: "T", Partition: "orderstopic/0"},
		{Pipeline: long, Target: "T", Partition: long},
		{Pipeline: long, Target: "T", Partition: long + "x"},
		{Pipeline: "naïve", Target: "T", Partition: "\xff\x00"},
	} {
		name := channelName(key)
		if other, twice := seen[name]; twice {
			t.Errorf("%+v and %+v have one channel, %s", key, other, name)
		}
		seen[name] = key
		if name != channelName(key) {
			t.Errorf("%+v has two names", key)
		}
		if len(name) > 119 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			t.Errorf("the channel of %+v is %q", key, name)
		}
	}
	const want = "FLOE_ORDERS_TOPIC_0_7EFF51417B101025B5521AE6BFD0C69F"
	if got := channelName(offset.Key{Pipeline: "orders", Target: "T", Partition: "topic/0"}); got != want {
		t.Errorf("the channel is %q, want %q: another name would begin anew", got, want)
	}
}

func TestToken(t *testing.T) {
	for _, r := range []reached{
		{},
		{3, offset.Offset{Position: "p/1", Ordinal: 5, Skip: 2, Fingerprint: "f00"}.String()},
		{1 << 40, offset.Offset{Position: "naïve \\ \xff\x00\n%?&", Ordinal: 1 << 40}.String()},
	} {
		text := r.token()
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("the token %q is not text", text)
		}
		back, err := parseToken(text)
		if err != nil || back != r {
			t.Errorf("%q reads as %+v, %v; want %+v", text, back, err, r)
		}
	}
	for _, bad := range []string{"", "5", "x/", "-1/", "01/", "+1/", "1/floe1//0/0/", "0/floe2//0/0/", "9/"} {
		if r, err := parseToken(bad); err == nil {
			t.Errorf("%q reads as %+v", bad, r)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("3/floe1/f00/5/2/p")
	f.Add("0/")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseToken(text)
		if err != nil {
			return
		}
		if back, err := parseToken(r.token()); err != nil || back != r {
			t.Errorf("%q reads as %+v, whose token reads as %+v, %v", text, r, back, err)
		}
	})
}

func FuzzParseNote(f *testing.F) {
	f.Add("channel/open/1/3/floe1/f00/5/2/p")
	f.Add("floe1//0/0/p")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseNote(text)
		if err != nil || n.state == unknown {
			return
		}
		if back, err := parseNote(n.String()); err != nil || back != n {
			t.Errorf("%q reads as %+v, which reads as %+v, %v", text, n, back, err)
		}
	})
}

func TestResume(t *testing.T) {
	at := func(sent, ordinal int64) reached {
		return reached{sent, offset.Offset{Position: "p", Ordinal: ordinal}.String()}
	}
	token := func(r reached) *string {
		text := r.token()
		return &text
	}
	beginning, foreignToken := reached{}, "42"
	for _, tc := range []struct {
		name  string
		note  note
		there bool
		token *string
		want  reached
		err   error
	}{
		{name: "never opened"},
		{name: "made, and not noted", there: true},
		{name: "rows, and not noted", there: true, token: token(at(3, 3)), err: errForeign},
		{name: "new", note: note{state: fresh}, there: true},
		{name: "new, and rows", note: note{state: fresh}, there: true, token: token(at(3, 4)), want: at(3, 4)},
		{name: "new behind a backfill", note: note{state: fresh, at: at(0, 9)}, there: true, want: at(0, 9)},
		{name: "new behind a backfill, and rows", note: note{state: fresh, at: at(0, 9)}, there: true, token: token(at(2, 11)), want: at(2, 11)},
		{name: "new behind a backfill, and a token before it", note: note{state: fresh, at: at(0, 9)}, there: true, token: token(at(2, 8)), err: errForeign},
		{name: "new, and vanished", note: note{state: fresh}, err: errVanished},
		{name: "open", note: note{state: opened, at: at(3, 3)}, there: true, token: token(at(5, 5)), want: at(5, 5)},
		{name: "open, not moved", note: note{state: opened, at: at(3, 3)}, there: true, token: token(at(3, 3)), want: at(3, 3)},
		{name: "open, rows that were not sent behind", note: note{state: opened, at: at(3, 7)}, there: true, token: token(at(3, 3)), want: at(3, 7)},
		{name: "open, back", note: note{state: opened, at: at(3, 3)}, there: true, token: token(at(2, 2)), err: errForeign},
		{name: "open, more rows sent and an offset before", note: note{state: opened, at: at(3, 7)}, there: true, token: token(at(4, 4)), err: errForeign},
		{name: "open, another's token", note: note{state: opened, at: at(3, 3)}, there: true, token: &foreignToken, err: errForeign},
		{name: "open, and vanished", note: note{state: opened, at: at(3, 3)}, err: errVanished},
		{name: "open, vanished and made anew", note: note{state: opened, at: at(3, 3)}, there: true, err: errVanished},
		{name: "done", note: note{state: ended, at: at(3, 4)}, there: true, token: token(at(3, 3)), want: at(3, 4)},
		{name: "done, and vanished", note: note{state: ended, at: at(3, 4)}, want: at(0, 4)},
		{name: "done, vanished and made anew", note: note{state: ended, at: at(3, 4)}, there: true, want: at(0, 4)},
		{name: "done, and more rows", note: note{state: ended, at: at(3, 4)}, there: true, token: token(at(4, 5)), err: errForeign},
		{name: "loaded by files", note: note{state: ended, at: at(0, 4)}, want: at(0, 4)},
		{name: "being forgotten", note: note{state: void, at: at(3, 3)}, there: true, token: token(at(3, 3)), want: beginning},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.note.resume(tc.there, tc.token)
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("resume = %+v, %v; want %+v, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestNote(t *testing.T) {
	text := offset.Offset{Position: "a/b", Ordinal: 5}.String()
	for _, n := range []note{
		{},
		{state: fresh},
		{state: opened, refused: 2, at: reached{4, text}},
		{state: ended, at: reached{5, text}},
		{state: void},
	} {
		if back, err := parseNote(n.String()); err != nil || back != n {
			t.Errorf("%q reads as %+v, %v", n, back, err)
		}
	}
	if n, err := parseNote(text); err != nil || n != (note{state: ended, at: reached{0, text}}) {
		t.Errorf("the offset of a load by files reads as %+v, %v", n, err)
	}
	for _, bad := range []string{"x", "channel", "channel/", "channel/open/", "channel/open/0", "channel/shut/0/0/", "channel/open/-1/0/", "channel/open/0/x"} {
		if n, err := parseNote(bad); err == nil {
			t.Errorf("%q reads as %+v", bad, n)
		}
	}
}
