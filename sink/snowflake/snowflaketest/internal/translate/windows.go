package translate

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// windows are the functions that are called OVER a window alone.
var windows map[string]func(c *call) value

// whole is the frame of FIRST_VALUE and its like, unless another is said.
const whole = " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"

func init() {
	windows = map[string]func(c *call) value{
		"ROW_NUMBER":   func(c *call) value { return c.ranked("row_number") },
		"RANK":         func(c *call) value { return c.ranked("rank") },
		"DENSE_RANK":   func(c *call) value { return c.ranked("dense_rank") },
		"PERCENT_RANK": func(c *call) value { return value{"percent_rank()" + c.over(""), realType, true} },
		"CUME_DIST":    func(c *call) value { return value{"cume_dist()" + c.over(""), realType, true} },
		"NTILE": func(c *call) value {
			c.count(1, 1)
			return givesInt(18, "ntile(%s)%s", c.int(0), c.over(""))
		},
		"LAG": func(c *call) value { return c.shifted("lag") }, "LEAD": func(c *call) value { return c.shifted("lead") },
		"FIRST_VALUE": func(c *call) value { return c.nth("first_value", 1) },
		"LAST_VALUE":  func(c *call) value { return c.nth("last_value", 1) },
		"NTH_VALUE":   func(c *call) value { return c.nth("nth_value", 2) },
	}
}

func (t *translator) windowed(c *call, build func(*call) value) value {
	if c.x.Over == nil {
		panic(compilation(2303, "42601", c.x.Pos, "Window function type does not have an OVER clause: %s", c.x.Name))
	}
	return build(c)
}

// over writes the window; frame is what stands for none.
func (c *call) over(frame string) string { return c.t.over(c.x.Over, c.s, frame) }

func (t *translator) over(w *syntax.Window, s *scope, frame string) string {
	var parts []string
	if len(w.Partition) > 0 {
		keys := make([]string, len(w.Partition))
		for i, x := range w.Partition {
			keys[i] = comparable(t.expr(x, s)).sql
		}
		parts = append(parts, "PARTITION BY "+strings.Join(keys, ", "))
	}
	if len(w.Order) > 0 {
		keys := make([]string, len(w.Order))
		for i, o := range w.Order {
			keys[i] = t.ordered(comparable(t.expr(o.X, s)), o)
		}
		parts = append(parts, "ORDER BY "+strings.Join(keys, ", "))
	}
	if w.Frame != nil {
		frame = fmt.Sprintf("%s BETWEEN %s AND %s", w.Frame.Unit, t.bound(w.Frame.From, w.Frame.Unit, s), t.bound(w.Frame.To, w.Frame.Unit, s))
	}
	if frame != "" {
		parts = append(parts, strings.TrimSpace(frame))
	}
	return " OVER (" + strings.Join(parts, " ") + ")"
}

func (t *translator) bound(b syntax.Bound, unit string, s *scope) string {
	if b.Offset == nil {
		return b.Kind
	}
	if unit == "RANGE" {
		panic(unsupported("RANGE with an offset"))
	}
	return castSQL(t.cast(t.expr(b.Offset, s), fixed(18, 0), implicit).sql, "BIGINT") + " " + b.Kind
}

// ranked numbers the rows.
func (c *call) ranked(name string) value {
	c.count(0, 0)
	v := givesInt(18, "%s()%s", name, c.over(""))
	v.notNull = true
	return v
}

func (c *call) nulls() string {
	if c.x.IgnoreNulls {
		return " IGNORE NULLS"
	}
	return ""
}

// shifted is the value of a row before or behind.
func (c *call) shifted(name string) value {
	c.count(1, 3)
	v := c.arg(0)
	args := v.sql + ", " + c.intOr(1, "1")
	if c.has(2) {
		of := c.t.commonOf(c.x.Pos, []value{v, c.arg(2)})
		args = c.t.cast(v, of, implicit).sql + ", " + c.intOr(1, "1") + ", " + c.as(2, of)
		v.typ = of
	}
	return value{fmt.Sprintf("%s(%s%s)%s", name, args, c.nulls(), c.over("")), v.typ, false}
}

func (c *call) nth(name string, args int) value {
	c.count(args, args)
	v := c.arg(0)
	list := v.sql
	if args == 2 {
		list += ", " + c.int(1)
	}
	return value{fmt.Sprintf("%s(%s%s)%s", name, list, c.nulls(), c.over(whole)), v.typ, false}
}
