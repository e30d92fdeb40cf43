package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parameter is one of a session. Value is string, bool or int64: what the protocol has in JSON.
type Parameter struct {
	Name  string
	Value any
}

// parameter is one that the fake knows. Of those whose effect it does not have, it takes the default alone.
type parameter struct {
	name  string
	value any // the default, and so the type
	fixed bool
	about string
}

var parameters = []parameter{
	{name: "ABORT_DETACHED_QUERY", value: false, about: "Abort in-progress queries whose client is gone for five minutes"},
	{name: "AUTOCOMMIT", value: true, about: "Commit every statement that is in no transaction"},
	{name: "BINARY_INPUT_FORMAT", value: "HEX", fixed: true, about: "Format of BINARY values in texts"},
	{name: "BINARY_OUTPUT_FORMAT", value: "HEX", fixed: true, about: "Format of BINARY values in texts"},
	{name: "CLIENT_MEMORY_LIMIT", value: int64(1536), about: "Memory that a client may use for results, in MB"},
	{name: "CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX", value: false, about: "For clients"},
	{name: "CLIENT_PREFETCH_THREADS", value: int64(4), about: "For clients"},
	{name: "CLIENT_RESULT_CHUNK_SIZE", value: int64(160), about: "Largest chunk of a result, in MB"},
	{name: "CLIENT_SESSION_KEEP_ALIVE", value: false, about: "Whether clients send heartbeats"},
	{name: "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", value: int64(3600), about: "Seconds between heartbeats"},
	{name: "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", value: int64(0), about: "Binds from which on clients upload them; 0 = never"},
	{name: "CLIENT_TELEMETRY_ENABLED", value: false, about: "For clients"},
	{name: "CLIENT_TIMESTAMP_TYPE_MAPPING", value: "TIMESTAMP_LTZ", about: "For clients"},
	{name: "DATE_INPUT_FORMAT", value: "AUTO", about: "Format of DATE values in texts"},
	{name: "DATE_OUTPUT_FORMAT", value: "YYYY-MM-DD", about: "Format of DATE values as texts"},
	{name: "ERROR_ON_NONDETERMINISTIC_MERGE", value: true, about: "Refuse a MERGE that joins a row with several"},
	{name: "ERROR_ON_NONDETERMINISTIC_UPDATE", value: false, about: "Refuse an UPDATE that joins a row with several"},
	{name: "GO_QUERY_RESULT_FORMAT", value: "JSON", about: "Format of results for the Go driver"},
	{name: "JDBC_QUERY_RESULT_FORMAT", value: "JSON", about: "Format of results for the JDBC driver"},
	{name: "LOCK_TIMEOUT", value: int64(43200), about: "Number of seconds to wait while trying to lock a resource"},
	{name: "MULTI_STATEMENT_COUNT", value: int64(1), about: "Number of statements in a request; 0 = any"},
	{name: "ODBC_QUERY_RESULT_FORMAT", value: "JSON", about: "Format of results for the ODBC driver"},
	{name: "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", value: "JSON", about: "Format of results for the Python connector"},
	{name: "QUERY_TAG", value: "", about: "Text to tag queries with"},
	{name: "QUOTED_IDENTIFIERS_IGNORE_CASE", value: false, fixed: true, about: "Fold quoted identifiers, too"},
	{name: "ROWS_PER_RESULTSET", value: int64(0), fixed: true, about: "Largest number of rows of a result; 0 = all"},
	{name: "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", value: int64(0), about: "Seconds that a statement may be queued; 0 = any"},
	{name: "STATEMENT_TIMEOUT_IN_SECONDS", value: int64(172800), about: "Seconds after which a statement is aborted; 0 = the longest"},
	{name: "TIMESTAMP_DAY_IS_ALWAYS_24H", value: false, fixed: true, about: "Days of DATEADD and LTZ"},
	{name: "TIMESTAMP_INPUT_FORMAT", value: "AUTO", about: "Format of timestamps in texts"},
	{name: "TIMESTAMP_LTZ_OUTPUT_FORMAT", value: "", about: "Format of TIMESTAMP_LTZ values as texts"},
	{name: "TIMESTAMP_NTZ_OUTPUT_FORMAT", value: "YYYY-MM-DD HH24:MI:SS.FF3", about: "Format of TIMESTAMP_NTZ values as texts"},
	{name: "TIMESTAMP_OUTPUT_FORMAT", value: "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", about: "Format of timestamps as texts"},
	{name: "TIMESTAMP_TYPE_MAPPING", value: "TIMESTAMP_NTZ", fixed: true, about: "What TIMESTAMP is"},
	{name: "TIMESTAMP_TZ_OUTPUT_FORMAT", value: "", about: "Format of TIMESTAMP_TZ values as texts"},
	{name: "TIMEZONE", value: "America/Los_Angeles", about: "Time zone of the session"},
	{name: "TIME_INPUT_FORMAT", value: "AUTO", about: "Format of TIME values in texts"},
	{name: "TIME_OUTPUT_FORMAT", value: "HH24:MI:SS", about: "Format of TIME values as texts"},
	{name: "TRANSACTION_ABORT_ON_ERROR", value: false, about: "Roll the transaction back when a statement of it fails"},
	{name: "TRANSACTION_DEFAULT_ISOLATION_LEVEL", value: "READ COMMITTED", fixed: true, about: "Isolation of transactions"},
	{name: "USE_CACHED_RESULT", value: true, about: "Reuse results of equal queries, as far as there are any"},
	{name: "WEEK_OF_YEAR_POLICY", value: int64(0), fixed: true, about: "How weeks are counted"},
	{name: "WEEK_START", value: int64(0), fixed: true, about: "First day of the week"},
}

func known(name string) (parameter, bool) {
	i, ok := slices.BinarySearchFunc(parameters, name, func(p parameter, n string) int { return strings.Compare(p.name, n) })
	if !ok {
		return parameter{}, false
	}
	return parameters[i], true
}

// parse makes a value of a parameter's type out of a text, and refuses what the fake has not the effect of.
func (p parameter) parse(text string) (any, error) {
	var v any = text
	switch p.value.(type) {
	case bool:
		b, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return nil, invalidProperty(text, p.name)
		}
		v = b
	case int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, invalidProperty(text, p.name)
		}
		v = n
	}
	if s, ok := v.(string); ok && p.name == "TIMEZONE" {
		if _, err := time.LoadLocation(s); err != nil {
			return nil, invalidProperty(text, p.name)
		}
	}
	if p.fixed && v != p.value && !strings.EqualFold(text, shown(p.value)) {
		return nil, unsupported("%s = %s", p.name, text)
	}
	return v, nil
}

// shown is a parameter's value as a text.
func shown(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return itoa(v)
	case string:
		return v
	}
	return ""
}

// Parameters returns the session's parameters, in the order of names.
func (s *Session) Parameters() []Parameter {
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	out := make([]Parameter, len(parameters))
	for i, p := range parameters {
		out[i] = Parameter{Name: p.name, Value: s.parameter(p.name)}
	}
	return out
}

// parameter returns the value that holds for the statement that runs.
func (s *Session) parameter(name string) any {
	if v, ok := s.once[name]; ok {
		return v
	}
	if v, ok := s.set[name]; ok {
		return v
	}
	p, _ := known(name)
	return p.value
}
