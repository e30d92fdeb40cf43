package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"reflect"
	"strings"

	"github.com/floedata/floe/dialect"
)

// Result codes, see sqlite.org/rescode.html. The lower byte is the primary code.
const (
	codeError      = 1
	codePerm       = 3
	codeBusy       = 5
	codeLocked     = 6
	codeReadOnly   = 8
	codeFull       = 13
	codeCantOpen   = 14
	codeProtocol   = 15
	codeSchema     = 17
	codeTooBig     = 18
	codeConstraint = 19
	codeMismatch   = 20
	codeAuth       = 23

	codeBusySnapshot = codeBusy | 2<<8
	codeCommitHook   = codeConstraint | 2<<8
)

// Classify implements [dialect.Dialect].
func (Dialect) Classify(err error) dialect.Class {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return dialect.Unavailable
	}
	code, text, ok := result(err)
	if !ok || code == codeCommitHook {
		return dialect.Unknown
	}
	switch code & 0xff {
	case codeConstraint, codeMismatch, codeTooBig:
		return dialect.RowFault
	case codeBusy, codeLocked, codeProtocol, codeSchema:
		return dialect.Conflict
	case codeFull:
		return dialect.Full
	case codeReadOnly:
		return dialect.ReadOnly
	case codePerm, codeAuth:
		return dialect.Denied
	case codeCantOpen:
		return dialect.Missing
	case codeError:
		return classifyText(text)
	}
	return dialect.Unknown
}

// classifyText tells apart what has one code: SQLite's texts are part of its tests and do not change.
func classifyText(text string) dialect.Class {
	for _, missing := range []string{"no such table", "no such column", "has no column named", "unknown database"} {
		if strings.Contains(text, missing) {
			return dialect.Missing
		}
	}
	// Functions in a CHECK, a generated column or an index that fail for a value.
	for _, value := range []string{"malformed JSON", "JSON cannot hold BLOB values", "integer overflow"} {
		if strings.Contains(text, value) {
			return dialect.RowFault
		}
	}
	return dialect.Unknown
}

// Message implements [dialect.Dialect].
func (Dialect) Message(err error) string {
	_, text, ok := result(err)
	if !ok {
		return err.Error()
	}
	// modernc and zombiezen write the code's name before SQLite's text, modernc its number behind.
	if i := strings.LastIndex(text, " ("); i > 0 && strings.HasSuffix(text, ")") && strings.Trim(text[i+2:len(text)-1], "0123456789") == "" {
		text = text[:i]
	}
	text = strings.TrimPrefix(text, "sqlite: step: ")
	for _, name := range []string{"constraint failed: ", "datatype mismatch: ", "string or blob too big: ", "SQL logic error: "} {
		text = strings.TrimPrefix(text, name)
	}
	return text
}

// result finds the result code, extended where the driver tells it, and the driver's own text, in a chain of errors.
func result(err error) (code int, text string, ok bool) {
	var coded interface {
		error
		Code() int
	}
	if errors.As(err, &coded) {
		return coded.Code(), coded.Error(), true
	}
	for err != nil {
		if code, ok := mattn(err); ok {
			return code, err.Error(), true
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				if code, text, ok := result(e); ok {
					return code, text, true
				}
			}
			return 0, "", false
		}
		err = errors.Unwrap(err)
	}
	return 0, "", false
}

// mattn reads the codes of an error of mattn/go-sqlite3, whose package needs cgo.
func mattn(err error) (code int, ok bool) {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() != reflect.Struct {
		return 0, false
	}
	primary, extended := v.FieldByName("Code"), v.FieldByName("ExtendedCode")
	if !primary.IsValid() || !primary.CanInt() || !extended.IsValid() || !extended.CanInt() {
		return 0, false
	}
	if extended.Int() != 0 {
		return int(extended.Int()), true
	}
	return int(primary.Int()), true
}

// IsBusy says that the statement has done nothing because another connection has the database, and can be tried again
// in its transaction. A transaction that began by reading before the other wrote cannot go on.
func (Dialect) IsBusy(err error) bool {
	code, _, ok := result(err)
	return ok && code&0xff == codeBusy && code != codeBusySnapshot
}
