package syntax

import "fmt"

// Error is a text that is no Snowflake SQL, or none that this package knows.
type Error struct {
	Pos
	// Near is the token that is wrong, as it was written; "" at the end of the text.
	Near string
	// Message says what is wrong, in Snowflake's words for an unexpected token.
	Message string
	// Unsupported is set when Snowflake may know it, and this package does not: Message names what.
	Unsupported bool
}

func (e *Error) Error() string {
	if e.Unsupported {
		return fmt.Sprintf("line %d at position %d: Unsupported feature '%s'.", e.Line, e.Column-1, e.Message)
	}
	return fmt.Sprintf("syntax error line %d at position %d %s.", e.Line, e.Column-1, e.Message)
}
