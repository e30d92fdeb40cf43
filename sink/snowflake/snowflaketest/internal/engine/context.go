package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/syntax"
)

// version is the release that the fake answers to be. Drivers show it.
const version = "9.30.0"

// contextual is a function that tells of the session: false if it is none.
func (w *work) contextual(call *syntax.Func) (v value, ok bool, err error) {
	c, s := &w.e.catalog, w.s
	name := func(id int64) value {
		if o := c.objects[id]; o != nil {
			return textValue(o.Name)
		}
		return null
	}
	switch call.Name {
	case "CURRENT_USER":
		return name(s.user), true, nil
	case "CURRENT_ROLE":
		return name(s.role), true, nil
	case "CURRENT_DATABASE":
		return name(s.database), true, nil
	case "CURRENT_SCHEMA":
		return name(s.schema), true, nil
	case "CURRENT_WAREHOUSE":
		return name(s.warehouse), true, nil
	case "CURRENT_ACCOUNT", "CURRENT_ACCOUNT_NAME":
		return textValue(w.e.options.Account), true, nil
	case "CURRENT_ORGANIZATION_NAME":
		return textValue("FLOE"), true, nil
	case "CURRENT_REGION":
		return textValue("LOOPBACK"), true, nil
	case "CURRENT_VERSION":
		return textValue(version), true, nil
	case "CURRENT_SESSION":
		return textValue(itoa(s.id)), true, nil
	case "CURRENT_SECONDARY_ROLES":
		text := `{"roles":"","value":""}`
		if s.secondary {
			text = `{"roles":"","value":"ALL"}`
		}
		return textValue(text), true, nil
	case "CURRENT_SCHEMAS":
		if sc := c.objects[s.schema]; sc != nil {
			return textValue(`["` + strings.ReplaceAll(c.full(sc), `"`, `\"`) + `"]`), true, nil
		}
		return textValue("[]"), true, nil
	case "CURRENT_TRANSACTION":
		if s.tx == nil {
			return null, true, nil
		}
		return textValue(itoa(s.tx.id)), true, nil
	case "LAST_TRANSACTION":
		if s.lastTransaction == 0 {
			return null, true, nil
		}
		return textValue(itoa(s.lastTransaction)), true, nil
	case "LAST_QUERY_ID":
		v, err := w.lastQueryID(call)
		return v, true, err
	case "IS_ROLE_IN_SESSION":
		args, err := w.arguments(call, "ROLE")
		if err != nil {
			return value{}, true, err
		}
		text, _ := args["ROLE"].text()
		r := c.find(0, syntax.Role, text, 0)
		return boolValue(r != nil && w.roles()[r.ID]), true, nil
	case "SYSTEM$ABORT_TRANSACTION":
		v, err := w.abortTransaction(call)
		return v, true, err
	case "SYSTEM$PIPE_STATUS":
		v, err := w.pipeStatus(call)
		return v, true, err
	case "SYSTEM$PIPE_FORCE_RESUME":
		v, err := w.forceResume(call)
		return v, true, err
	case wait:
		return value{}, true, unsupported("%s in a larger statement", wait)
	}
	return value{}, false, nil
}

// lastQueryID is LAST_QUERY_ID([n]): -1 is the last one, 1 the first.
func (w *work) lastQueryID(call *syntax.Func) (value, error) {
	args, err := w.arguments(call, "NUM")
	if err != nil {
		return value{}, err
	}
	n := int64(-1)
	if v, ok := args["NUM"]; ok {
		text, _ := v.text()
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			return value{}, execution(100038, "22018", "Numeric value '%s' is not recognized", text)
		}
	}
	ids := w.s.last
	if n < 0 {
		n += int64(len(ids)) + 1
	}
	if n < 1 || n > int64(len(ids)) {
		return null, nil
	}
	return textValue(ids[n-1]), nil
}

// abortTransaction is SYSTEM$ABORT_TRANSACTION(id): what an administrator does about a client that is gone.
func (w *work) abortTransaction(call *syntax.Func) (value, error) {
	args, err := w.arguments(call, "ID")
	if err != nil {
		return value{}, err
	}
	text, _ := args["ID"].text()
	id, _ := strconv.ParseInt(text, 10, 64)
	for _, s := range w.e.sessions {
		if s.tx == nil || s.tx.id != id || s == w.s {
			continue
		}
		if s.user != w.s.user && !w.has(w.e.account, ownership) {
			return value{}, execution(3001, "42501", "SQL access control error:\nInsufficient privileges to abort transaction '%d'.", id)
		}
		if err := w.settle(s.tx, undo); err != nil {
			return value{}, err
		}
		return textValue("Aborted transaction id: " + text), nil // approximate: the text
	}
	return textValue("Transaction id: " + text + " is not running"), nil
}

const wait = "SYSTEM$WAIT"

// waiting are the arguments of a statement that is SELECT SYSTEM$WAIT(n [, unit]).
func waiting(st syntax.Statement) ([]syntax.Expr, bool) {
	q, ok := st.(*syntax.QueryStmt)
	if !ok {
		return nil, false
	}
	sel, ok := q.Query.Body.(*syntax.Select)
	if !ok || len(sel.Items) != 1 || len(sel.From) > 0 {
		return nil, false
	}
	call, ok := sel.Items[0].X.(*syntax.Func)
	if !ok || call.Name != wait {
		return nil, false
	}
	return call.Args, true
}

// pause is SYSTEM$WAIT. It holds no lock of the engine's meanwhile.
func (s *Session) pause(ctx context.Context, args []syntax.Expr) (*Result, error) {
	texts := []string{"", "SECONDS"}
	err := s.atomically(ctx, func(w *work) error {
		for i, x := range args[:min(len(args), 2)] {
			v, err := w.evaluate(x)
			if err != nil {
				return err
			}
			texts[i], _ = v.text()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseFloat(texts[0], 64)
	if err != nil || n < 0 {
		return nil, execution(100038, "22018", "Numeric value '%s' is not recognized", texts[0])
	}
	unit, ok := map[string]time.Duration{
		"MILLISECONDS": time.Millisecond, "SECONDS": time.Second, "MINUTES": time.Minute, "HOURS": time.Hour,
	}[strings.ToUpper(texts[1])]
	if !ok {
		return nil, unsupported("%s in %s", wait, texts[1])
	}
	timer := time.NewTimer(time.Duration(n * float64(unit)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	said := "waited " + texts[0] + " " + strings.ToLower(texts[1])
	return &Result{Class: Select, Columns: []Column{{Name: wait, Type: varchar, Nullable: true}}, Rows: [][]any{{said}}}, nil
}
