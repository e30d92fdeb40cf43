package sql

// ParsePosition reads a position and writes it again.
func ParsePosition(text string) (string, error) {
	p, err := parsePosition(text)
	return p.String(), err
}

// ParseLiteral reads a literal, and writes its value as a position does.
func ParseLiteral(text string) (string, error) {
	v, err := parseLiteral(text)
	return v.String(), err
}
