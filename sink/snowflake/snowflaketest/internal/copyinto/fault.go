package copyinto

import (
	"fmt"
	"strings"
)

// fault is a kind of error of a row. Certain are the codes, states and texts of those below that are not marked.
type fault struct {
	code     int
	state    string
	category string
	text     string // "%s" stands for the value
}

const (
	conversionFault = "conversion"
	parsingFault    = "parsing"
	otherFault      = "other"
)

var (
	notNumber    = fault{100038, "22018", conversionFault, "Numeric value '%s' is not recognized"}
	outOfRange   = fault{100039, "22003", conversionFault, "Numeric value '%s' is out of range"}
	notBoolean   = fault{100037, "22018", conversionFault, "Boolean value '%s' is not recognized"}
	notDate      = fault{100040, "22007", conversionFault, "Date '%s' is not recognized"}
	notTime      = fault{100108, "22007", conversionFault, "Time '%s' is not recognized"}
	notTimestamp = fault{100035, "22007", conversionFault, "Timestamp '%s' is not recognized"}
	notHex       = fault{100115, "22000", conversionFault, "The following string is not a legal hex-encoded value: '%s'"}
	notBase64    = fault{100116, "22000", conversionFault, "The following string is not a legal base64-encoded value: '%s'"} // approximate
	isNull       = fault{100072, "22000", conversionFault, "NULL result in a non-nullable column"}
	isNullField  = fault{100088, "22000", parsingFault, isNull.text + ". Use quotes if an empty field should be interpreted as an empty string instead of a null"}
	cutString    = fault{100078, "22000", conversionFault, "String '%s' is too long and would be truncated"}
	cutBinary    = fault{100078, "22000", conversionFault, "Binary '%s' is too long and would be truncated"} // approximate
	tooLarge     = fault{100082, "22000", conversionFault, "Max LOB size (134217728) exceeded, actual size of parsed column is %s"}
	notUTF8      = fault{100144, "22000", parsingFault, "Invalid UTF8 detected in string '%s'"} // the code is approximate
	notJSON      = fault{100069, "22P02", parsingFault, "Error parsing JSON: %s"}
	columnCount  = fault{100080, "22000", parsingFault, "Number of columns in file (%s) does not match that of the corresponding table (%d), use file format option error_on_column_count_mismatch=false to ignore this error"}
	extraField   = fault{100016, "22000", parsingFault, "Field delimiter '%s' found while expecting record delimiter '%s'"}
	endOfRecord  = fault{100068, "22000", parsingFault, "End of record reached while expected to parse column '%s'"}
	strayField   = fault{100066, "22000", parsingFault, "Found character '%s' instead of field delimiter '%s'"}                           // the code is approximate
	strayRecord  = fault{100065, "22000", parsingFault, "Found character '%s' instead of record delimiter '%s'"}                          // the code is approximate
	openField    = fault{100067, "22000", parsingFault, "Matching enclosing character '%s' not found before end of file"}                 // approximate
	cutRecord    = fault{100066, "22000", parsingFault, "Record delimiter found in an enclosed field, and MULTI_LINE is FALSE"}           // approximate
	wideRecord   = fault{100080, "22000", parsingFault, "Error with CSV header: error caused more fields in data than fields in header."} // the code is approximate
	notParquet   = fault{100084, "22000", parsingFault, "Error parsing the parquet file: %s"}                                             // the code is approximate
	notReadable  = fault{100084, "22000", parsingFault, "Error reading the file: %s"}                                                     // approximate
	twiceNamed   = fault{100069, "22P02", parsingFault, "Error parsing JSON: more than one key for column %s"}                            // approximate
	missingFile  = fault{100112, "22000", otherFault, "%s"}
)

// tooLong is a text of CSV that is longer than its column: words of its own in Snowflake.
func tooLong(limit int64) fault {
	return fault{100074, "54000", conversionFault, fmt.Sprintf("User character length limit (%d) exceeded by string '%%s'", limit)}
}

// notVariant is a value of a record that is not of the column's type. kind is Snowflake's inner name of the type.
func notVariant(kind string) fault {
	return fault{100071, "22000", conversionFault, "Failed to cast variant value %s to " + kind}
}

// message is the fault's text about value.
func (f fault) message(value string) string { return strings.Replace(f.text, "%s", value, 1) }

const advice = "\n  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' or 'CONTINUE'" +
	" for the ON_ERROR option. For more information on loading options, please run 'info loading_data' in a SQL client."

// abort is the error of a statement that stops at e. Certain for CSV.
func (e RowError) abort() *Error {
	var b strings.Builder
	b.WriteString(e.Message)
	b.WriteString("\n  File '" + e.File + "'")
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	if e.Character > 0 {
		fmt.Fprintf(&b, ", character %d", e.Character)
	}
	if e.Row > 0 {
		fmt.Fprintf(&b, "\n  Row %d", e.Row)
		if e.RowStart > 0 && e.RowStart != e.Line {
			fmt.Fprintf(&b, " starts at line %d", e.RowStart)
		}
		if e.Column != "" {
			b.WriteString(", column " + e.Column)
		}
	}
	b.WriteString(advice)
	return &Error{Code: e.Code, SQLState: e.SQLState, Message: b.String()}
}
