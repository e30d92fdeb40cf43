package syntax

// tokenKind tells tokens apart.
type tokenKind uint8

const (
	end       tokenKind = iota
	word                // an unquoted identifier or keyword
	quoted              // "name"
	text                // '…' or $$…$$
	number              // 12, 1.5e3
	binaryHex           // X'00ff'
	variable            // $name
	ordinal             // $1
	location            // @stage/path
	fileURL             // file://…, not quoted
	sign                // operators and punctuation
)

// token is one token. Offsets are bytes of the text.
type token struct {
	Pos
	kind       tokenKind
	start, end int
	// value is the word in capital letters, the name or text without its quotes, the number as written, the hex digits, the
	// name or number behind $, the URL behind file://, or the sign.
	value string
	// at is the parsed form of a location.
	at *Location
}
