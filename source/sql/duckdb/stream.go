package duckdb

/*
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// The part of DuckDB's C interface, of the version that the driver brings, by which a result is streamed.
typedef uint64_t idx_t;
typedef struct { idx_t a, b, c; void *d; char *e; void *f; } duckdb_result;
typedef void *duckdb_handle;

int duckdb_prepare(duckdb_handle connection, const char *query, duckdb_handle *out);
const char *duckdb_prepare_error(duckdb_handle prepared);
void duckdb_destroy_prepare(duckdb_handle *prepared);
int duckdb_bind_boolean(duckdb_handle prepared, idx_t n, bool v);
int duckdb_bind_int64(duckdb_handle prepared, idx_t n, int64_t v);
int duckdb_bind_uint64(duckdb_handle prepared, idx_t n, uint64_t v);
int duckdb_bind_double(duckdb_handle prepared, idx_t n, double v);
int duckdb_bind_varchar_length(duckdb_handle prepared, idx_t n, const char *v, idx_t length);
int duckdb_bind_blob(duckdb_handle prepared, idx_t n, const void *v, idx_t length);
int duckdb_bind_null(duckdb_handle prepared, idx_t n);
int duckdb_pending_prepared_streaming(duckdb_handle prepared, duckdb_handle *out);
const char *duckdb_pending_error(duckdb_handle pending);
int duckdb_execute_pending(duckdb_handle pending, duckdb_result *out);
void duckdb_destroy_pending(duckdb_handle *pending);
const char *duckdb_result_error(duckdb_result *result);
void duckdb_destroy_result(duckdb_result *result);
duckdb_handle duckdb_fetch_chunk(duckdb_result result);
idx_t duckdb_data_chunk_get_size(duckdb_handle chunk);
void duckdb_destroy_data_chunk(duckdb_handle *chunk);
void duckdb_result_arrow_array(duckdb_result result, duckdb_handle chunk, void **out);
void duckdb_interrupt(duckdb_handle connection);
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/cdata"
)

// handle returns DuckDB's handle of a connection of the driver, which keeps it to itself.
func handle(driverConn any) (C.duckdb_handle, error) {
	v := reflect.Indirect(reflect.ValueOf(driverConn))
	if v.Kind() == reflect.Struct {
		if f := v.FieldByName("duckdbCon"); f.Kind() == reflect.Pointer && !f.IsNil() {
			return C.duckdb_handle(f.UnsafePointer()), nil
		}
	}
	return nil, fmt.Errorf("a %T is not a connection of the driver github.com/marcboeker/go-duckdb v1.8.2", driverConn)
}

// stream is a result that is computed as it is read. It is used by one goroutine at a time.
type stream struct {
	conn   C.duckdb_handle
	stop   func() // ends the watch of a context, which interrupts the connection
	schema *arrow.Schema
	result C.duckdb_result
}

// openStream runs a statement. ctx holds for all of the result.
func openStream(ctx context.Context, conn C.duckdb_handle, schema *arrow.Schema, query string, args []any) (*stream, error) {
	text := C.CString(query)
	defer C.free(unsafe.Pointer(text))
	var prepared C.duckdb_handle
	defer C.duckdb_destroy_prepare(&prepared)
	if C.duckdb_prepare(conn, text, &prepared) != 0 {
		return nil, errors.New(C.GoString(C.duckdb_prepare_error(prepared)))
	}
	for i, a := range args {
		if err := bind(prepared, C.idx_t(i+1), a); err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i+1, err)
		}
	}
	s := &stream{conn: conn, schema: schema}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		C.duckdb_interrupt(conn)
	})
	s.stop = func() {
		if !stop() {
			<-interrupted // the connection may be closed next
		}
	}
	var pending C.duckdb_handle
	defer C.duckdb_destroy_pending(&pending)
	if C.duckdb_pending_prepared_streaming(prepared, &pending) != 0 {
		s.stop()
		return nil, errors.New(C.GoString(C.duckdb_pending_error(pending)))
	}
	if C.duckdb_execute_pending(pending, &s.result) != 0 {
		err := errors.New(C.GoString(C.duckdb_result_error(&s.result)))
		s.close()
		return nil, err
	}
	return s, nil
}

// bind binds the n-th parameter, from 1.
func bind(prepared C.duckdb_handle, n C.idx_t, arg any) error {
	failed := C.int(0)
	switch v := arg.(type) {
	case nil:
		failed = C.duckdb_bind_null(prepared, n)
	case bool:
		failed = C.duckdb_bind_boolean(prepared, n, C.bool(v))
	case int:
		failed = C.duckdb_bind_int64(prepared, n, C.int64_t(v))
	case int64:
		failed = C.duckdb_bind_int64(prepared, n, C.int64_t(v))
	case uint64:
		failed = C.duckdb_bind_uint64(prepared, n, C.uint64_t(v))
	case float64:
		failed = C.duckdb_bind_double(prepared, n, C.double(v))
	case string:
		text := C.CString(v)
		defer C.free(unsafe.Pointer(text))
		failed = C.duckdb_bind_varchar_length(prepared, n, text, C.idx_t(len(v)))
	case []byte:
		raw := C.CBytes(v)
		defer C.free(raw)
		failed = C.duckdb_bind_blob(prepared, n, raw, C.idx_t(len(v)))
	case time.Time:
		return bind(prepared, n, v.UTC().Format("2006-01-02 15:04:05.999999+00"))
	default:
		return fmt.Errorf("a %T cannot be one", arg)
	}
	if failed != 0 {
		return errors.New("there is none in the query")
	}
	return nil
}

// next returns the next rows, for the caller to release; io.EOF: there are none left.
func (s *stream) next() (arrow.Record, error) {
	chunk := C.duckdb_fetch_chunk(s.result)
	if message := C.duckdb_result_error(&s.result); message != nil && C.GoString(message) != "" {
		return nil, errors.New(C.GoString(message))
	}
	if chunk == nil {
		return nil, io.EOF
	}
	defer C.duckdb_destroy_data_chunk(&chunk)
	if C.duckdb_data_chunk_get_size(chunk) == 0 {
		return nil, io.EOF
	}
	array := C.calloc(1, C.size_t(unsafe.Sizeof(cdata.CArrowArray{})))
	defer C.free(array)
	C.duckdb_result_arrow_array(s.result, chunk, &array)
	rec, err := cdata.ImportCRecordBatchWithSchema((*cdata.CArrowArray)(array), s.schema)
	if err != nil {
		cdata.ReleaseCArrowArray((*cdata.CArrowArray)(array))
		return nil, fmt.Errorf("take rows over: %w", err)
	}
	return rec, nil
}

// close ends the result, read or not.
func (s *stream) close() {
	s.stop()
	C.duckdb_destroy_result(&s.result)
}
