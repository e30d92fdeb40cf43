package syntax

import "strings"

// call consumes a function's name, its arguments, and what may stand behind them.
func (p *parser) call() Expr {
	t := p.next()
	p.needSign("(")
	switch t.value {
	case "CAST", "TRY_CAST":
		x := p.expr()
		p.need("AS")
		c := &Cast{node(t), x, p.dataType(), t.value == "TRY_CAST"}
		p.needSign(")")
		return c
	case "IDENTIFIER":
		p.at -= 2
		n := p.identifier()
		if n.Dynamic != nil {
			p.unsupported("IDENTIFIER of a column that is not literal")
		}
		return &ColumnRef{node(t), n.Parts}
	}
	f := &Func{Node: node(t), Name: t.value}
	switch {
	case t.value == "EXTRACT" && p.ahead(1).value == "FROM":
		f.Args = []Expr{p.column()}
		p.need("FROM")
		f.Args = append(f.Args, p.expr())
	case t.value == "POSITION":
		p.position(f)
	default:
		p.args(f)
	}
	p.nulls(f)
	p.needSign(")")
	p.behind(f)
	return f
}

// position consumes x IN y, or x, y.
func (p *parser) position(f *Func) {
	f.Args = []Expr{p.additive()}
	if p.words("IN") {
		f.Args = append(f.Args, p.additive())
		return
	}
	for p.sign(",") {
		f.Args = append(f.Args, p.expr())
	}
}

func (p *parser) args(f *Func) {
	f.Distinct = p.words("DISTINCT")
	if p.isSign(")") {
		return
	}
	for {
		if t := p.peek(); t.kind == word && p.ahead(1).kind == sign && p.ahead(1).value == "=>" {
			p.at += 2
			f.Named = append(f.Named, NamedArg{t.value, p.arg()})
		} else {
			f.Args = append(f.Args, p.arg())
		}
		if !p.sign(",") {
			return
		}
	}
}

// arg consumes an argument: a query may stand without brackets of its own.
func (p *parser) arg() Expr {
	if p.isWords("SELECT") || p.isWords("WITH") {
		return &Subquery{node(p.peek()), p.query()}
	}
	return p.expr()
}

// nulls consumes IGNORE NULLS, inside the brackets or behind them.
func (p *parser) nulls(f *Func) {
	if p.words("IGNORE NULLS") {
		f.IgnoreNulls = true
	} else {
		p.words("RESPECT NULLS")
	}
}

func (p *parser) behind(f *Func) {
	if p.words("WITHIN GROUP") {
		p.needSign("(")
		p.need("ORDER BY")
		f.Within = p.orders()
		p.needSign(")")
	}
	p.nulls(f)
	if p.isWords("OVER") && p.ahead(1).value == "(" {
		p.at += 2
		f.Over = p.window()
		p.needSign(")")
	}
}

func (p *parser) window() *Window {
	w := &Window{}
	if p.words("PARTITION BY") {
		w.Partition = p.exprs()
	}
	if p.words("ORDER BY") {
		w.Order = p.orders()
	}
	if unit := p.oneOf("ROWS", "RANGE"); unit != "" {
		w.Frame = &Frame{Unit: unit, To: Bound{Kind: "CURRENT ROW"}}
		if p.words("BETWEEN") {
			w.Frame.From = p.bound()
			p.need("AND")
			w.Frame.To = p.bound()
		} else {
			w.Frame.From = p.bound()
		}
	}
	return w
}

func (p *parser) bound() Bound {
	if kind := p.oneOf("UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING", "CURRENT ROW"); kind != "" {
		return Bound{Kind: kind}
	}
	x := p.additive()
	kind := p.oneOf("PRECEDING", "FOLLOWING")
	if kind == "" {
		p.unexpected()
	}
	return Bound{kind, x}
}

// orders consumes the keys of an ORDER BY.
func (p *parser) orders() (keys []Order) {
	for {
		if p.isWords("ALL") {
			p.unsupported("ORDER BY ALL")
		}
		o := Order{X: p.expr()}
		o.Desc = p.oneOf("ASC", "DESC") == "DESC"
		if nulls := p.oneOf("NULLS FIRST", "NULLS LAST"); nulls != "" {
			first := strings.HasSuffix(nulls, "FIRST")
			o.NullsFirst = &first
		}
		keys = append(keys, o)
		if !p.sign(",") {
			return keys
		}
	}
}
