package snowflaketest

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// binding is a value of a statement's placeholder, or one for each row.
type binding struct {
	Type   string          `json:"type"`
	Value  json.RawMessage `json:"value"`
	Schema json.RawMessage `json:"schema"` // of structured types
}

// bindings returns values, which come by their places from "1" on, as the engine has them.
func bindings(values map[string]binding) ([]engine.Bind, error) {
	if len(values) == 0 {
		return nil, nil
	}
	binds := make([]engine.Bind, len(values))
	for name, v := range values {
		place, err := strconv.Atoi(name)
		if err != nil || place < 1 || place > len(values) || strconv.Itoa(place) != name {
			return nil, fmt.Errorf("bind variable '%s' is not one of 1 to %d: names are not supported", name, len(values))
		}
		if present(v.Schema) {
			return nil, fmt.Errorf("bind variable %s: structured types are not supported", name)
		}
		b := engine.Bind{Type: v.Type}
		if present(v.Value) && v.Value[0] == '[' {
			b.Values = []*string{}
			err = json.Unmarshal(v.Value, &b.Values)
		} else if present(v.Value) {
			err = json.Unmarshal(v.Value, &b.Value)
		}
		if err != nil {
			return nil, fmt.Errorf("bind variable %s: the value is neither a text nor null nor a list of them", name)
		}
		binds[place-1] = b
	}
	return binds, nil
}

// present reports whether JSON has a value.
func present(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" }
