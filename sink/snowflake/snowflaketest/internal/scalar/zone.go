package scalar

import (
	"database/sql/driver"
	"math/big"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are the same on every machine

	"github.com/marcboeker/go-duckdb"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/types"
)

var zones = map[string]*function{
	// wall clock, zone
	"floe_wall_to_instant": {in: []duckdb.Type{hugeint, varchar}, out: hugeint, call: func(a []driver.Value) (any, error) {
		zone, err := location(a[1].(string))
		if err != nil {
			return nil, err
		}
		return types.Nanos(inZone(types.AtNanos(a[0].(*big.Int)), zone)), nil
	}},
	// instant, zone
	"floe_instant_to_wall": {in: []duckdb.Type{hugeint, varchar}, out: hugeint, call: func(a []driver.Value) (any, error) {
		zone, err := location(a[1].(string))
		if err != nil {
			return nil, err
		}
		return wallOf(types.AtNanos(a[0].(*big.Int)).In(zone)), nil
	}},
	// instant, zone
	"floe_instant_to_tz": {in: []duckdb.Type{hugeint, varchar}, out: hugeint, call: func(a []driver.Value) (any, error) {
		zone, err := location(a[1].(string))
		if err != nil {
			return nil, err
		}
		return types.Zoned(types.AtNanos(a[0].(*big.Int)).In(zone)), nil
	}},
	"floe_tz_to_instant": {in: []duckdb.Type{hugeint}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return types.Nanos(types.AtZoned(a[0].(*big.Int))), nil
	}},
	"floe_tz_to_wall": {in: []duckdb.Type{hugeint}, out: hugeint, call: func(a []driver.Value) (any, error) {
		return wallOf(types.AtZoned(a[0].(*big.Int))), nil
	}},
	// wall clock, zone
	"floe_wall_to_tz": {in: []duckdb.Type{hugeint, varchar}, out: hugeint, call: func(a []driver.Value) (any, error) {
		zone, err := location(a[1].(string))
		if err != nil {
			return nil, err
		}
		return types.Zoned(inZone(types.AtNanos(a[0].(*big.Int)), zone)), nil
	}},
}

// wallOf is what the clocks of a time's zone show.
func wallOf(t time.Time) *big.Int {
	return types.Nanos(inZone(t, time.UTC))
}

// locations are those that were asked for before.
var locations sync.Map

// location is the zone of a name.
func location(name string) (*time.Location, error) {
	if at, ok := locations.Load(name); ok {
		return at.(*time.Location), nil
	}
	at, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fault(100289, "22023", "Unknown timezone: '%s'", name)
	}
	locations.Store(name, at)
	return at, nil
}

func trim(s string) string { return strings.TrimSpace(s) }
