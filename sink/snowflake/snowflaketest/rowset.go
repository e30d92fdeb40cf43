package snowflaketest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

// jsonRows returns rows as JSON has them: every cell is a text or null.
func jsonRows(columns []engine.Column, rows [][]any) ([][]*string, error) {
	out := make([][]*string, 0, len(rows))
	for _, row := range rows {
		if len(row) != len(columns) {
			return nil, fmt.Errorf("a row of %d values in a result of %d columns", len(row), len(columns))
		}
		cells := make([]*string, len(row))
		for i, v := range row {
			if v == nil {
				continue
			}
			text, err := cell(columns[i].Type, v)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", columns[i].Name, err)
			}
			cells[i] = &text
		}
		out = append(out, cells)
	}
	return out, nil
}

// jsonChunk returns rows as a chunk has them: lists with commas between, and nothing around.
func jsonChunk(columns []engine.Column, rows [][]any) ([]byte, error) {
	cells, err := jsonRows(columns, rows)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(cells)
	return bytes.TrimSuffix(bytes.TrimPrefix(body, []byte("[")), []byte("]")), err
}

// cell returns a value as text: numbers in decimal, truth as 1 or 0, binaries in hex, dates as days since 1970, times as
// seconds since midnight, timestamps as seconds since 1970, TIMESTAMP_TZ with minutes of the zone beside, 1440 being UTC.
func cell(t types.Type, value any) (string, error) {
	switch v := value.(type) {
	case string:
		switch t.Kind {
		case types.Fixed, types.Text, types.Variant, types.Object, types.Array:
			return v, nil
		}
	case float64:
		if t.Kind == types.Real {
			return real(v), nil
		}
	case bool:
		if t.Kind == types.Boolean && v {
			return "1", nil
		} else if t.Kind == types.Boolean {
			return "0", nil
		}
	case []byte:
		if t.Kind == types.Binary {
			return strings.ToUpper(hex.EncodeToString(v)), nil
		}
	case time.Time:
		switch t.Kind {
		case types.Date:
			return strconv.FormatInt(days(v), 10), nil
		case types.Time:
			return decimalSeconds(int64(v.UTC().Sub(midnight(v))/time.Second), v.Nanosecond(), t.Scale), nil
		case types.TimestampNTZ, types.TimestampLTZ:
			return decimalSeconds(v.Unix(), v.Nanosecond(), t.Scale), nil
		case types.TimestampTZ:
			return decimalSeconds(v.Unix(), v.Nanosecond(), t.Scale) + " " + strconv.Itoa(zoneMinutes(v)), nil
		}
	}
	return "", mismatch(t, value)
}

func mismatch(t types.Type, value any) error {
	return fmt.Errorf("a value of Go type %T in a column of type %v", value, t)
}

func real(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(v, 'g', -1, 64), "+"))
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// days since 1970 of a date, which is midnight UTC.
func days(date time.Time) int64 { return floorDiv(date.Unix(), 24*60*60) }

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// zoneMinutes is the offset of a time from UTC as the protocol has it.
func zoneMinutes(t time.Time) int {
	_, offset := t.Zone()
	return offset/60 + 1440
}

// decimalSeconds is a number of seconds with its sign before and scale digits behind the point: half a second before 1970
// is -0.5, though sec is -1 then and nsec counts on from there.
func decimalSeconds(sec int64, nsec, scale int) string {
	sign := ""
	if sec < 0 {
		sign = "-"
		if nsec > 0 {
			sec, nsec = sec+1, 1_000_000_000-nsec
		}
		sec = -sec
	}
	text := sign + strconv.FormatInt(sec, 10)
	if scale == 0 {
		return text
	}
	return text + "." + fmt.Sprintf("%09d", nsec)[:scale]
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
