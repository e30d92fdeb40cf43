// Package parquet decodes Parquet files to Arrow record batches: pages are
// decompressed and unpacked by column straight into Arrow buffers, several
// columns at once.
//
// It reads every encoding and compression codec of the Parquet format (LZO
// apart, which has no specification), data pages of both versions and nested
// columns, and it checks the checksums of pages where there are any. Encrypted
// files, and columns whose data lie in another file, are refused.
//
//	Parquet                                Arrow
//	BOOLEAN                                bool
//	INT32, INT(8..32, signed or not)       int8..int32, uint8..uint32
//	INT64, INT(64, signed or not)          int64, uint64
//	INT96                                  timestamp[ns]
//	FLOAT, DOUBLE, FLOAT16                 float32, float64, float16
//	DECIMAL(p <= 38), in any physical type decimal128
//	DECIMAL(p <= 76)                       decimal256
//	DATE                                   date32
//	TIME(ms), TIME(us), TIME(ns)           time32[ms], time64[us], time64[ns]
//	TIMESTAMP(unit)                        timestamp[unit], zone "UTC" if adjusted to UTC, else none
//	BYTE_ARRAY as STRING, ENUM, JSON       utf8
//	BYTE_ARRAY otherwise                   binary
//	FIXED_LEN_BYTE_ARRAY                   fixed_size_binary; a UUID has the field metadata ARROW:extension:name = arrow.uuid
//	INTERVAL                               interval[month, day, nano]
//	UNKNOWN                                null
//	LIST, MAP, group                       list, map, struct
//	repeated without LIST                  list of values that are never null
//
// A schema that an Arrow writer left in the file restores the names of time
// zones, durations, large strings and large binaries. Its large and fixed-size
// lists are lists here.
//
// Errors name the column, the row group and the page.
package parquet
