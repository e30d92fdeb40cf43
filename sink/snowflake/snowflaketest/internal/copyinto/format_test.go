package copyinto_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/copyinto"
)

func TestFormatSettings(t *testing.T) {
	base := format(t, "CSV", "SKIP_HEADER=2", `FIELD_DELIMITER='\t'`)
	for _, c := range []struct {
		name     string
		base     copyinto.Format
		settings []string
		want     string // NAME=value of those that are not as by default, or an error
	}{
		{"nothing", nil, nil, "CSV"},
		{"type", nil, []string{"TYPE='parquet'"}, "PARQUET"},
		{
			"CSV", nil,
			[]string{"FIELD_DELIMITER='|'", `RECORD_DELIMITER='\r\n'`, "SKIP_HEADER=1", "NULL_IF=('a','b')", "DATE_FORMAT=AUTO", "TIME_FORMAT='HH24'", "COMPRESSION='gzip'"},
			`CSV COMPRESSION=GZIP RECORD_DELIMITER=\r\n FIELD_DELIMITER=| SKIP_HEADER=1 TIME_FORMAT=HH24 NULL_IF=[a, b]`,
		},
		{"escapes", nil, []string{`FIELD_DELIMITER='\\001'`, `RECORD_DELIMITER='\xC2\xA2'`, "ESCAPE=0x5e", `FIELD_OPTIONALLY_ENCLOSED_BY='\''`}, "CSV RECORD_DELIMITER=¢ FIELD_DELIMITER=\\\\001 ESCAPE=^ FIELD_OPTIONALLY_ENCLOSED_BY='"},
		{"octal", nil, []string{`FIELD_DELIMITER='\001'`}, "CSV FIELD_DELIMITER=\\u0001"},
		{"none", nil, []string{"FIELD_DELIMITER=NONE", "ESCAPE_UNENCLOSED_FIELD='NONE'", "NULL_IF=()"}, "CSV FIELD_DELIMITER=NONE ESCAPE_UNENCLOSED_FIELD=NONE NULL_IF=[]"},
		{"over a base", base, []string{"SKIP_HEADER=3"}, `CSV FIELD_DELIMITER=\t SKIP_HEADER=3`},
		{"over a base of another type", base, []string{"TYPE=JSON", "STRIP_OUTER_ARRAY=TRUE"}, "JSON STRIP_OUTER_ARRAY=true"},
		{"JSON", nil, []string{"TYPE=JSON", "IGNORE_UTF8_ERRORS=TRUE", "BINARY_FORMAT=UTF8"}, "JSON BINARY_FORMAT=UTF8 REPLACE_INVALID_CHARACTERS=true"},
		{
			"Parquet", nil,
			[]string{"TYPE=PARQUET", "USE_LOGICAL_TYPE=TRUE", "BINARY_AS_TEXT=FALSE", "USE_VECTORIZED_SCANNER=TRUE", "REPLACE_INVALID_CHARACTERS=TRUE"},
			"PARQUET BINARY_AS_TEXT=false USE_LOGICAL_TYPE=true USE_VECTORIZED_SCANNER=true REPLACE_INVALID_CHARACTERS=true",
		},
		{"unknown type", nil, []string{"TYPE=DOC"}, "001008 (22023): SQL compilation error:\ninvalid value [DOC] for parameter 'TYPE'"},
		{"type that is not here", nil, []string{"TYPE=AVRO"}, "000002 (0A000): Unsupported feature 'FILE FORMAT TYPE AVRO'."},
		{"unknown option", nil, []string{"TYPE=PARQUET", "SKIP_HEADER=1"}, "001420 (22023): SQL compilation error:\ninvalid parameter 'SKIP_HEADER'"},
		{"no boolean", nil, []string{"PARSE_HEADER='TRUE'"}, "001008 (22023): SQL compilation error:\ninvalid value ['TRUE'] for parameter 'PARSE_HEADER'"},
		{"negative", nil, []string{"SKIP_HEADER=-1"}, "001008 (22023): SQL compilation error:\ninvalid value [-1] for parameter 'SKIP_HEADER'"},
		{"long character", nil, []string{"ESCAPE='ab'"}, "001008 (22023): SQL compilation error:\ninvalid value ['ab'] for parameter 'ESCAPE'"},
		{"cut escape", nil, []string{`FIELD_DELIMITER='\x1'`}, "001008 (22023): SQL compilation error:\ninvalid value ['\\x1'] for parameter 'FIELD_DELIMITER'"},
		{"encoding", nil, []string{"ENCODING='SHIFTJIS'"}, "000002 (0A000): Unsupported feature 'ENCODING SHIFTJIS'."},
		{"headers of both kinds", nil, []string{"PARSE_HEADER=TRUE", "SKIP_HEADER=1"}, "001008 (22023): SQL compilation error:\nSKIP_HEADER is not supported with PARSE_HEADER = TRUE"},
		{"delimiters in one another", nil, []string{"FIELD_DELIMITER='aa'", "RECORD_DELIMITER='aabb'"}, "001008 (22023): SQL compilation error:\nthe delimiter of FIELD_DELIMITER or RECORD_DELIMITER is a part of the other"},
		{"octal numbers", nil, []string{"TYPE=JSON", "ENABLE_OCTAL=TRUE"}, "000002 (0A000): Unsupported feature 'ENABLE_OCTAL = TRUE'."},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := copyinto.NewFormat(c.base, settingsOf(c.settings))
			if err != nil {
				equal(t, "error", err.Error(), c.want)
				return
			}
			got := []string{f.Type()}
			for _, p := range f.Properties() {
				if p.Value != p.Default {
					got = append(got, p.Name+"="+p.Value)
				}
			}
			equal(t, "settings", strings.Join(got, " "), c.want)
		})
	}
	if got := base.(*copyinto.CSV); got.SkipHeader != 2 || got.FieldDelimiter != "\t" {
		t.Errorf("the base became %+v", got)
	}
}

// Certain: the words of the refusals.
func TestOptionSettings(t *testing.T) {
	for _, c := range []struct {
		settings []string
		want     string
	}{
		{nil, "{{0 0 false} NONE 0 false false false false false {0 0} []}"},
		{
			[]string{"ON_ERROR=CONTINUE", "MATCH_BY_COLUMN_NAME=case_insensitive", "SIZE_LIMIT=10", "PURGE=TRUE", "FORCE=TRUE", "RETURN_FAILED_ONLY=TRUE", "LOAD_UNCERTAIN_FILES=TRUE", "LOAD_MODE=FULL_INGEST"},
			"{{1 0 false} CASE_INSENSITIVE 10 false true true true true {0 0} []}",
		},
		{[]string{"ON_ERROR='SKIP_FILE'"}, "{{2 1 false} NONE 0 false false false false false {0 0} []}"},
		{[]string{"ON_ERROR=SKIP_FILE_3", "ENFORCE_LENGTH=FALSE"}, "{{2 3 false} NONE 0 true false false false false {0 0} []}"},
		{[]string{"ON_ERROR='SKIP_FILE_3%'", "TRUNCATECOLUMNS=TRUE", "ENFORCE_LENGTH=FALSE"}, "{{2 3 true} NONE 0 true false false false false {0 0} []}"},
		{[]string{"ON_ERROR=ABORT_STATEMENT", "VALIDATION_MODE=RETURN_10_ROWS"}, "{{0 0 false} NONE 0 false false false false false {1 10} []}"},
		{[]string{"VALIDATION_MODE='RETURN_ERRORS'"}, "{{0 0 false} NONE 0 false false false false false {2 0} []}"},
		{[]string{"VALIDATION_MODE=RETURN_ALL_ERRORS"}, "{{0 0 false} NONE 0 false false false false false {3 0} []}"},
		{[]string{"ON_ERROR='BOGUS'"}, "001008 (22023): SQL compilation error:\ninvalid value ['BOGUS'] for parameter 'ON_ERROR'"},
		{[]string{"ON_ERROR=2"}, "001008 (22023): SQL compilation error:\ninvalid value [2] for parameter 'ON_ERROR'"},
		{[]string{"ON_ERROR='SKIP_FILE_101%'"}, "001008 (22023): SQL compilation error:\ninvalid value ['SKIP_FILE_101%'] for parameter 'ON_ERROR'"},
		{[]string{"MATCH_BY_COLUMN_NAME='WRONG'"}, "001008 (22023): SQL compilation error:\ninvalid value ['WRONG'] for parameter 'MATCH_BY_COLUMN_NAME'"},
		{[]string{"VALIDATION_MODE=RETURN_0_ROWS"}, "001008 (22023): SQL compilation error:\ninvalid value [RETURN_0_ROWS] for parameter 'VALIDATION_MODE'"},
		{[]string{"FORCE='TRUE'"}, "001008 (22023): SQL compilation error:\ninvalid value ['TRUE'] for parameter 'FORCE'"},
		{[]string{"SIZE_LIMIT=-5"}, "001008 (22023): SQL compilation error:\ninvalid value [-5] for parameter 'SIZE_LIMIT'"},
		{[]string{"PURGE=MAYBE"}, "001008 (22023): SQL compilation error:\ninvalid value [MAYBE] for parameter 'PURGE'"},
		{[]string{"NO_SUCH_COPY_OPT=1"}, "001420 (22023): SQL compilation error:\ninvalid parameter 'NO_SUCH_COPY_OPT'"},
		{[]string{"ON_ERROR=CONTINUE", "ON_ERROR=SKIP_FILE"}, "001054 (42601): SQL compilation error: conflicting values for copy option 'ON_ERROR'\n"},
		{[]string{"ENFORCE_LENGTH=TRUE", "TRUNCATECOLUMNS=TRUE"}, "001054 (42601): SQL compilation error: conflicting values for copy option 'TRUNCATECOLUMNS'\n"},
		{[]string{"CLUSTER_AT_INGEST_TIME=TRUE"}, "000002 (0A000): Unsupported feature 'CLUSTER_AT_INGEST_TIME = TRUE'."},
	} {
		o, err := copyinto.NewOptions(copyinto.Options{}, settingsOf(c.settings))
		got := fmt.Sprint(o)
		if err != nil {
			got = err.Error()
		}
		equal(t, fmt.Sprint(c.settings), got, c.want)
	}
}
