package engine

import (
	"fmt"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

// properties are the options of a file format with all their values.
func properties(s settings) []copyinto.Property {
	f, err := copyinto.NewFormat(nil, s.copying())
	if err != nil {
		return nil // it was checked when it was made
	}
	return append([]copyinto.Property{{Name: "TYPE", Type: "String", Value: f.Type(), Default: "CSV"}}, f.Properties()...)
}

// shownFormat is a file format as SHOW has it.
func shownFormat(s settings) (kind, options string) {
	var out []string
	for _, p := range properties(s) {
		if p.Name == "TYPE" {
			kind = p.Value
		}
		value := p.Value
		switch p.Type {
		case "String":
			value = fmt.Sprintf("%q", value)
		case "List":
			value = strings.ReplaceAll(fmt.Sprintf("[%q]", strings.Trim(value, "[]")), `[""]`, "[]")
		}
		out = append(out, fmt.Sprintf("%q:%s", p.Name, value))
	}
	return kind, "{" + strings.Join(out, ",") + "}"
}

// describeFormat is DESCRIBE FILE FORMAT.
func describeFormat(s settings) *Result {
	res := &Result{Class: Describe, Columns: headed([]string{"property", "property_type", "property_value", "property_default"})}
	for _, p := range properties(s) {
		res.Rows = append(res.Rows, []any{p.Name, p.Type, p.Value, p.Default})
	}
	return res
}

// describeSettings is DESCRIBE STAGE: the same, below the heads of its parts.
func describeSettings(parents []string, s settings) *Result {
	res := &Result{Class: Describe, Columns: headed([]string{"parent_property", "property", "property_type", "property_value", "property_default"})}
	for _, parent := range parents {
		for _, p := range properties(s) {
			res.Rows = append(res.Rows, []any{parent, p.Name, p.Type, p.Value, p.Default})
		}
	}
	return res
}
