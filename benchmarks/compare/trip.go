package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	gojson "github.com/goccy/go-json"

	"github.com/floedata/floe/benchmarks/internal/trips"
)

// trip is a row of the table, as a program has it that marshals structs: what may be null is left out then. Days and
// decimals, which Go has no type for, are the text that Snowflake wants.
type trip struct {
	ID          int64         `json:"id"`
	VendorID    int32         `json:"vendor_id"`
	PickupZone  int32         `json:"pickup_zone"`
	DropoffZone int32         `json:"dropoff_zone"`
	Passengers  *int32        `json:"passengers,omitempty"`
	Meter       int32         `json:"meter"`
	PickupAt    time.Time     `json:"pickup_at"`
	DropoffAt   *time.Time    `json:"dropoff_at,omitempty"`
	Day         string        `json:"day"`
	Stored      bool          `json:"stored"`
	Distance    float64       `json:"distance"`
	Fare        float64       `json:"fare"`
	Tip         *float64      `json:"tip,omitempty"`
	Lat         float64       `json:"lat"`
	Lon         float64       `json:"lon"`
	Tolls       gojson.Number `json:"tolls,omitempty"`
	Total       gojson.Number `json:"total"`
	Payment     *string       `json:"payment,omitempty"`
	Borough     string        `json:"borough"`
	Token       string        `json:"token"`
}

// filler makes trips of the rows of a record.
type filler struct {
	id                                         *array.Int64
	vendor, pickup, dropoff, passengers, meter *array.Int32
	pickupAt, dropoffAt                        *array.Timestamp
	day                                        *array.Date32
	stored                                     *array.Boolean
	distance, fare, tip, lat, lon              *array.Float64
	tolls, total                               *array.Decimal128
	payment, borough, token                    *array.String
}

func newFiller(rec arrow.Record) (f filler, err error) {
	into := []any{
		&f.id, &f.vendor, &f.pickup, &f.dropoff, &f.passengers, &f.meter, &f.pickupAt, &f.dropoffAt, &f.day, &f.stored,
		&f.distance, &f.fare, &f.tip, &f.lat, &f.lon, &f.tolls, &f.total, &f.payment, &f.borough, &f.token,
	}
	if !rec.Schema().Equal(trips.Schema()) {
		return f, fmt.Errorf("the rows are of another schema: %s", rec.Schema())
	}
	for i, col := range rec.Columns() {
		switch p := into[i].(type) {
		case **array.Int64:
			*p = col.(*array.Int64)
		case **array.Int32:
			*p = col.(*array.Int32)
		case **array.Timestamp:
			*p = col.(*array.Timestamp)
		case **array.Date32:
			*p = col.(*array.Date32)
		case **array.Boolean:
			*p = col.(*array.Boolean)
		case **array.Float64:
			*p = col.(*array.Float64)
		case **array.Decimal128:
			*p = col.(*array.Decimal128)
		case **array.String:
			*p = col.(*array.String)
		}
	}
	return f, nil
}

// row makes t the row i. The texts are those of the record.
func (f *filler) row(t *trip, i int) {
	*t = trip{
		ID: f.id.Value(i), VendorID: f.vendor.Value(i), PickupZone: f.pickup.Value(i), DropoffZone: f.dropoff.Value(i),
		Meter: f.meter.Value(i), PickupAt: instant(f.pickupAt.Value(i)), Day: day(f.day.Value(i)), Stored: f.stored.Value(i),
		Distance: f.distance.Value(i), Fare: f.fare.Value(i), Lat: f.lat.Value(i), Lon: f.lon.Value(i),
		Total: number(f.total, i), Borough: f.borough.Value(i), Token: f.token.Value(i),
	}
	if f.passengers.IsValid(i) {
		t.Passengers = &f.passengers.Int32Values()[i]
	}
	if f.dropoffAt.IsValid(i) {
		at := instant(f.dropoffAt.Value(i))
		t.DropoffAt = &at
	}
	if f.tip.IsValid(i) {
		t.Tip = &f.tip.Float64Values()[i]
	}
	if f.tolls.IsValid(i) {
		t.Tolls = number(f.tolls, i)
	}
	if f.payment.IsValid(i) {
		s := f.payment.Value(i)
		t.Payment = &s
	}
}

func instant(v arrow.Timestamp) time.Time { return time.UnixMicro(int64(v)).UTC() }

func day(v arrow.Date32) string {
	var b [16]byte
	return string(time.Unix(int64(v)*24*60*60, 0).UTC().AppendFormat(b[:0], time.DateOnly))
}

// number is a decimal of up to 64 bits and of two digits behind the point.
func number(a *array.Decimal128, i int) gojson.Number {
	var b [24]byte
	out, n := b[:0], int64(a.Value(i).LowBits())
	if n < 0 {
		out, n = append(out, '-'), -n
	}
	out = strconv.AppendInt(out, n/100, 10)
	return gojson.Number(append(out, '.', byte('0'+n%100/10), byte('0'+n%10)))
}
