package sqlite

import (
	"strings"
	"sync"

	"github.com/floedata/floe/dialect"
)

// box takes one value for database/sql.
type box struct {
	value any
	unfit *dialect.Unfit
	bad   func(row int, u *dialect.Unfit) // notes unfit
}

// boxes are reused: there is one for every value.
var boxes = sync.Pool{New: func() any {
	p := new(box)
	p.bad = func(_ int, u *dialect.Unfit) { p.unfit = u }
	return p
}}

func (b *box) BindNull(int)               { b.value = nil }
func (b *box) BindInt64(_ int, v int64)   { b.value = v }
func (b *box) BindFloat(_ int, v float64) { b.value = v }

// BindText copies, because a text may stand in memory that the next one is written to.
func (b *box) BindText(_ int, v string) { b.value = strings.Clone(v) }

// BindBytes makes sure that no bytes are not nil, which would be NULL.
func (b *box) BindBytes(_ int, v []byte) {
	if v == nil {
		v = []byte{}
	}
	b.value = v
}
