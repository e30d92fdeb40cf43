package source

// In the package itself: a tag cannot be made up at run time on a type that is known when it is compiled.

import (
	"fmt"
	"testing"
)

func FuzzTag(f *testing.F) {
	for _, s := range []string{"", "-", "name", "a,omitzero", ",precision=12,scale=2", "a,precision=39", "a,scale=1", "a,,", "a,precision=-1", "é,omitzero=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		field, err := parseTag(tag)
		if err != nil {
			return
		}
		if field.precision < 0 || field.precision > 38 || field.scale < 0 || field.scale > field.precision {
			t.Fatalf("%q has precision %d and scale %d", tag, field.precision, field.scale)
		}
		// What was understood, written anew, is understood the same.
		again := field.name
		if field.omitZero {
			again += ",omitzero"
		}
		if field.precision > 0 {
			again += fmt.Sprintf(",precision=%d,scale=%d", field.precision, field.scale)
		}
		back, err := parseTag(again)
		if err != nil || fmt.Sprint(back) != fmt.Sprint(field) {
			t.Fatalf("%q is %+v, and %q is %+v, %v", tag, field, again, back, err)
		}
	})
}
