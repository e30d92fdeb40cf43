package transform

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/compute"

	"github.com/floedata/floe/deadletter"
)

// Rule is something that every row must keep to; see [Validate].
type Rule struct {
	text string // unambiguous: a part of the fingerprint
	says string // for people
	bind func(in *arrow.Schema) (check, error)
}

// check finds the rows of a record that break a rule.
type check struct {
	at     int    // the column shown in messages; -1: none
	column string // "": none
	code   string
	broken func(ctx context.Context, rec arrow.Record) (rowSet, error)
}

// NotNull refuses rows that have no value in the column ([deadletter.CodeNull]).
func NotNull(column string) Rule {
	return Rule{fmt.Sprintf("not null(%q)", column), "not null", func(in *arrow.Schema) (check, error) {
		return ruleOn(in, column, deadletter.CodeNull, Where(column).IsNotNull())
	}}
}

// Range refuses rows whose value is below low or above high. What the bounds may be says [Operand]; a null
// passes.
func Range(column string, low, high any) Rule {
	text := fmt.Sprintf("range(%q, %s to %s)", column, constantText(low), constantText(high))
	return Rule{text, fmt.Sprintf("range %v to %v", low, high), func(in *arrow.Schema) (check, error) {
		return ruleOn(in, column, deadletter.CodeValidation, Where(column).GreaterEqual(low).And(Where(column).LessEqual(high)))
	}}
}

// OneOf refuses rows whose value is none of those given. What they may be says [Operand]; a null passes.
func OneOf(column string, values ...any) Rule {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = constantText(v)
	}
	text := fmt.Sprintf("one of(%q, %s)", column, strings.Join(texts, ", "))
	return Rule{text, "one of " + shortened(strings.Trim(fmt.Sprintf("%v", values), "[]")), func(in *arrow.Schema) (check, error) {
		return ruleOn(in, column, deadletter.CodeValidation, Where(column).In(values...))
	}}
}

// Pattern refuses rows whose string does not match the regular expression, in the syntax of package regexp;
// anchor it with ^ and $ to match the whole value. A null passes.
func Pattern(column, expression string) Rule {
	return Rule{fmt.Sprintf("pattern(%q, %q)", column, expression), "pattern " + shortened(expression), func(in *arrow.Schema) (check, error) {
		re, err := regexp.Compile(expression)
		if err != nil {
			return check{}, fmt.Errorf("transform: validate: column %q: the pattern: %w", column, err)
		}
		return textRule(in, column, re.MatchString)
	}}
}

// Length refuses rows whose string has fewer letters (Unicode code points) than low or more than high. A
// null passes.
func Length(column string, low, high int) Rule {
	return Rule{fmt.Sprintf("length(%q, %d to %d)", column, low, high), fmt.Sprintf("length %d to %d", low, high), func(in *arrow.Schema) (check, error) {
		return textRule(in, column, func(s string) bool {
			n := utf8.RuneCountInString(s)
			return n >= low && n <= high
		})
	}}
}

// Holds refuses rows for which the condition is false; where it is unknown, because a null is compared, the
// row passes, as with a CHECK of SQL.
func Holds(condition Condition) Rule {
	return Rule{fmt.Sprintf("holds(%s)", condition.text), "holds " + shortened(condition.text), func(in *arrow.Schema) (check, error) {
		return ruleOn(in, "", deadletter.CodeValidation, condition)
	}}
}

// ruleOn makes a check of a condition; column may be "".
func ruleOn(in *arrow.Schema, column, code string, condition Condition) (check, error) {
	if condition.bind == nil {
		return check{}, errors.New("transform: validate: the Condition is empty; begin it with Where")
	}
	at := -1
	if column != "" {
		var err error
		if at, err = find("validate", in, column); err != nil {
			return check{}, err
		}
	}
	holds, err := condition.bind(in)
	if err != nil {
		return check{}, fmt.Errorf("transform: validate: %w", err)
	}
	return check{at, column, code, func(ctx context.Context, rec arrow.Record) (rowSet, error) {
		t, err := holds(ctx, rec)
		return t.no, err
	}}, nil
}

// textRule makes a check of the strings of a column, and of a dictionary's.
func textRule(in *arrow.Schema, column string, holds func(string) bool) (check, error) {
	at, err := find("validate", in, column)
	if err != nil {
		return check{}, err
	}
	dt := in.Field(at).Type
	compare := ordering(openText, holds)
	if d, ok := dt.(*arrow.DictionaryType); ok {
		compare, dt = overEntries(compare), d.ValueType
	}
	if familyOf(dt) != familyText {
		return check{}, fmt.Errorf("transform: validate: column %q of type %s: only strings have a pattern or length; cast it first", column, in.Field(at).Type)
	}
	return check{at, column, deadletter.CodeValidation, func(ctx context.Context, rec arrow.Record) (rowSet, error) {
		t, err := compare(ctx, rec.Column(at))
		return t.no, err
	}}, nil
}

type validation struct{ rules []Rule }

// Validate rejects the rows that break a rule; of several the first that is broken is the reason, which names
// the column, the rule and the value. The others go on as they are.
func Validate(rules ...Rule) Transform {
	if len(rules) == 0 {
		return failed{"validate", errors.New("no rule is given")}
	}
	for i, r := range rules {
		if r.bind == nil {
			return failed{"validate", fmt.Errorf("rule %d is empty", i+1)}
		}
	}
	return validation{slices.Clone(rules)}
}

func (v validation) Fingerprint() string {
	texts := make([]string, len(v.rules))
	for i, r := range v.rules {
		texts[i] = r.text
	}
	return "validate(" + strings.Join(texts, ", ") + ")"
}

func (v validation) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	checks := make([]check, len(v.rules))
	for i, r := range v.rules {
		var err error
		if checks[i], err = r.bind(in); err != nil {
			return nil, err
		}
	}
	return &processor{kind: "validate", in: in, out: in, fn: func(ctx context.Context, rec arrow.Record) (result, error) {
		var broken reasons
		for i, c := range checks {
			set, err := c.broken(ctx, rec)
			if err != nil {
				return result{}, fmt.Errorf("transform: validate: %w", err)
			}
			for _, row := range set.numbers(int(rec.NumRows())) {
				broken.add(row, c.code, c.column, func() string { return c.message(rec, row, v.rules[i].says) })
			}
		}
		rec.Retain()
		return broken.split(compute.GetAllocator(ctx), rec, rec)
	}}, nil
}

func (c check) message(rec arrow.Record, row int, rule string) string {
	if c.at < 0 {
		return "it breaks the rule " + rule
	}
	value := "null"
	if !isNull(rec.Column(c.at), row) {
		value = valueText(rec.Column(c.at), row)
	}
	return fmt.Sprintf("column %q: %s breaks the rule %s", c.column, value, rule)
}
