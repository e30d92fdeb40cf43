package syntax

// params consumes NAME = value …, with or without commas between.
func (p *parser) params() (list []Param) {
	for {
		if len(list) > 0 {
			p.sign(",")
		}
		if !p.paramNext() {
			return list
		}
		list = append(list, p.param("="))
	}
}

// paramNext says that NAME = comes next.
func (p *parser) paramNext() bool {
	behind := p.ahead(1)
	return p.peek().kind == word && behind.kind == sign && behind.value == "="
}

// param consumes one option, whose name and value are joined by a sign.
func (p *parser) param(by string) Param {
	t := p.next()
	if t.kind != word {
		p.at--
		p.unexpected()
	}
	p.needSign(by)
	return Param{Pos: t.Pos, Name: t.value, Value: p.value()}
}

// value consumes the value of an option.
func (p *parser) value() Value {
	switch t := p.peek(); t.kind {
	case text:
		p.at++
		return Value{Kind: StringValue, Text: t.value}
	case number:
		p.at++
		return Value{Kind: NumberValue, Text: t.value}
	case word, quoted:
		return p.wordValue(t)
	case sign:
		switch t.value {
		case "-", "+":
			if n := p.ahead(1); n.kind == number {
				p.at += 2
				return Value{Kind: NumberValue, Text: t.value + n.value}
			}
		case "(":
			return p.listValue()
		case "?", ":":
			return Value{Kind: ExprValue, Expr: p.primary()}
		}
	case variable:
		return Value{Kind: ExprValue, Expr: p.primary()}
	}
	p.unexpected()
	return Value{}
}

// wordValue consumes a word, a name with dots, or SKIP_FILE_10%.
func (p *parser) wordValue(t *token) Value {
	p.at++
	v := Value{Kind: WordValue, Text: t.value, Parts: []string{t.value}}
	for {
		switch next := p.peek(); {
		case next.kind == sign && next.value == "%" && next.start == p.tokens[p.at-1].end:
			p.at++
			v.Text += "%"
			return v
		case p.sign("."):
			v.Parts = append(v.Parts, p.part())
			v.Text += "." + v.Parts[len(v.Parts)-1]
		default:
			return v
		}
	}
}

// listValue consumes ('a', 'b') or (NAME = value …).
func (p *parser) listValue() Value {
	p.needSign("(")
	if p.paramNext() {
		v := Value{Kind: ParamsValue, Params: p.params()}
		p.needSign(")")
		return v
	}
	v := Value{Kind: ListValue}
	for !p.sign(")") {
		if len(v.List) > 0 {
			p.needSign(",")
		}
		v.List = append(v.List, p.value())
	}
	return v
}
