package copyinto

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// nested makes the JSON of the columns of a Parquet file, as Snowflake's scanners do: the vectorized one shows nulls and
// makes objects of maps, the other leaves nulls out and makes lists of pairs.
type nested struct {
	format    *Parquet
	converter *converter
	depth     int // of lambdas, whose parameters need names of their own
}

// json is the expression of an element's JSON over DuckDB's value s; NULL for NULL.
func (n *nested) json(e *element, s string) (string, error) {
	switch {
	case e.leaf():
		typ, value, err := n.format.value(e, s)
		if err != nil {
			return "", err
		}
		return "CASE WHEN " + s + " IS NULL THEN NULL ELSE " + n.converter.json(typ, value) + " END", nil
	case e.list():
		return n.list(e.item(), s)
	case e.mapping():
		return n.mapping(e.children[0], s)
	}
	var names, values []string
	for _, child := range e.children {
		names = append(names, child.name)
		v, err := n.child(child, "struct_extract("+s+", "+lit(child.name)+")")
		if err != nil {
			return "", err
		}
		values = append(values, v)
	}
	return "CASE WHEN " + s + " IS NULL THEN NULL ELSE " + n.object(names, values) + " END", nil
}

// child is the JSON of a member, which may be repeated without being in a list.
func (n *nested) child(e *element, s string) (string, error) {
	if e.repeated {
		return n.list(e, s)
	}
	return n.json(e, s)
}

// object is the JSON of an object whose members have names and values, in their order.
func (n *nested) object(names, values []string) string {
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	var members []string
	for _, i := range order {
		name := lit(jsonString(names[i]) + ":")
		if n.format.UseVectorizedScanner {
			members = append(members, name+" || coalesce("+values[i]+", 'null')")
		} else {
			members = append(members, name+" || "+values[i])
		}
	}
	if len(members) == 0 {
		return "'{}'"
	}
	return "'{' || concat_ws(',', " + strings.Join(members, ", ") + ") || '}'"
}

func (n *nested) list(item *element, s string) (string, error) {
	each, err := n.lambda(func(p string) (string, error) { return n.json(item, p) })
	if err != nil {
		return "", err
	}
	return "CASE WHEN " + s + " IS NULL THEN NULL ELSE '[' || " + joined(s, each) + " || ']' END", nil
}

// joined is the texts that each makes of the elements of a list, with commas between. DuckDB's own join of none is NULL.
func joined(list, each string) string {
	return "coalesce(array_to_string(list_transform(" + list + ", " + each + "), ','), '')"
}

func (n *nested) mapping(pair *element, s string) (string, error) {
	key, value := pair.children[0], pair.children[1]
	each, err := n.lambda(func(p string) (string, error) {
		if n.format.UseVectorizedScanner {
			typ, k, err := n.format.value(key, p+".key")
			if err != nil {
				return "", err
			}
			v, err := n.json(value, p+".value")
			return "CAST(to_json(" + n.converter.shown(typ, k) + ") AS VARCHAR) || ':' || coalesce(" + v + ", 'null')", err
		}
		k, err := n.json(key, p+".key")
		if err != nil {
			return "", err
		}
		v, err := n.json(value, p+".value")
		return n.object([]string{"key", "value"}, []string{k, v}), err
	})
	if err != nil {
		return "", err
	}
	inner := joined("list_sort(map_entries("+s+"))", each)
	if n.format.UseVectorizedScanner {
		inner = "'{' || " + inner + " || '}'"
	} else {
		inner = "'{\"key_value\":[' || " + inner + " || ']}'"
	}
	return "CASE WHEN " + s + " IS NULL THEN NULL ELSE " + inner + " END", nil
}

// lambda is a function of one parameter. Nulls in lists are shown by the vectorized scanner alone.
func (n *nested) lambda(body func(parameter string) (string, error)) (string, error) {
	n.depth++
	defer func() { n.depth-- }()
	p := fmt.Sprintf("e%d", n.depth)
	text, err := body(p)
	if n.format.UseVectorizedScanner {
		text = "coalesce(" + text + ", 'null')"
	}
	return p + " -> " + text, err
}

// jsonString is s as a string of JSON.
func jsonString(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string has no errors
	return strings.TrimSuffix(b.String(), "\n")
}
