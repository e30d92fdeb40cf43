package scalar

import (
	"database/sql/driver"
	"regexp"
	"strings"
	"sync"

	"github.com/marcboeker/go-duckdb"
)

// Subjects, patterns and parameters ("c", "i", "m", "e", "s") come first in all of these. Positions count from 1.
var patterns = map[string]*function{
	// the whole subject matches
	"floe_regexp_like": {in: []duckdb.Type{varchar, varchar, varchar}, out: boolean, call: func(a []driver.Value) (any, error) {
		re, err := compile(`\A(?:`+a[1].(string)+`)\z`, a[2].(string))
		if err != nil {
			return nil, err
		}
		return re.MatchString(a[0].(string)), nil
	}},
	// …, position
	"floe_regexp_count": {in: []duckdb.Type{varchar, varchar, varchar, bigint}, out: bigint, call: func(a []driver.Value) (any, error) {
		all, _, err := matches(a)
		return int64(len(all)), err
	}},
	// …, position, occurrence, group
	"floe_regexp_substr": {in: []duckdb.Type{varchar, varchar, varchar, bigint, bigint, bigint}, out: varchar, call: func(a []driver.Value) (any, error) {
		all, s, err := matches(a)
		n, group := int(a[4].(int64)), 2*int(a[5].(int64))
		if err != nil || n < 1 || n > len(all) || group < 0 || group >= len(all[n-1]) || all[n-1][group] < 0 {
			return nil, err
		}
		m := all[n-1]
		return s[m[group]:m[group+1]], nil
	}},
	// …, position, occurrence, 0 for the beginning and 1 for the end
	"floe_regexp_instr": {in: []duckdb.Type{varchar, varchar, varchar, bigint, bigint, bigint}, out: bigint, call: func(a []driver.Value) (any, error) {
		all, s, err := matches(a)
		n := int(a[4].(int64))
		if err != nil || n < 1 || n > len(all) {
			return int64(0), err
		}
		before := len([]rune(a[0].(string))) - len([]rune(s))
		return int64(before + len([]rune(s[:all[n-1][min(a[5].(int64), 1)]])) + 1), nil
	}},
	// …, position, occurrence (0 = all), replacement
	"floe_regexp_replace": {in: []duckdb.Type{varchar, varchar, varchar, bigint, bigint, varchar}, out: varchar, call: func(a []driver.Value) (any, error) {
		return replace(a)
	}},
}

// compiled are the patterns that were seen before.
var compiled sync.Map

// compile compiles a pattern with the flags of Snowflake.
func compile(pattern, params string) (*regexp.Regexp, error) {
	flags := ""
	for _, p := range params {
		switch p {
		case 'c':
			flags = strings.ReplaceAll(flags, "i", "")
		case 'i', 'm', 's':
			flags += string(p)
		case 'e':
		default:
			return nil, fault(100048, "2201B", "Invalid regular expression parameter: '%s'", params)
		}
	}
	if flags != "" {
		pattern = "(?" + flags + ")" + pattern
	}
	if re, ok := compiled.Load(pattern); ok {
		return re.(*regexp.Regexp), nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fault(100048, "2201B", "Invalid regular expression: '%s', %v", pattern, err)
	}
	compiled.Store(pattern, re)
	return re, nil
}

// matches returns where the pattern matches in what is left of the subject from the position on.
func matches(a []driver.Value) ([][]int, string, error) {
	re, err := compile(a[1].(string), a[2].(string))
	if err != nil {
		return nil, "", err
	}
	s := []rune(a[0].(string))
	rest := string(s[min(max(int(a[3].(int64))-1, 0), len(s)):])
	return re.FindAllStringSubmatchIndex(rest, -1), rest, nil
}

var backReference = regexp.MustCompile(`\\\\|\\(\d)|\$`)

func replace(a []driver.Value) (any, error) {
	all, s, err := matches(a)
	if err != nil {
		return nil, err
	}
	re, err := compile(a[1].(string), a[2].(string))
	if err != nil {
		return nil, err
	}
	template := backReference.ReplaceAllStringFunc(a[5].(string), func(m string) string {
		switch m {
		case "$":
			return "$$"
		case `\\`:
			return `\`
		}
		return "${" + m[1:] + "}"
	})
	whole := a[0].(string)
	out := []byte(whole[:len(whole)-len(s)])
	last := 0
	for i, m := range all {
		if n := int(a[4].(int64)); n != 0 && n != i+1 {
			continue
		}
		out = append(out, s[last:m[0]]...)
		out = re.ExpandString(out, template, s, m)
		last = m[1]
	}
	return string(append(out, s[last:]...)), nil
}
