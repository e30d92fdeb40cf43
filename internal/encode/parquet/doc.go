// Package parquet encodes Arrow records as Parquet files: pages are written straight from Arrow buffers, column by
// column, nothing value by value.
//
//	Arrow                                    Parquet
//	bool                                     BOOLEAN
//	int8, int16, uint8, uint16, uint32       INT32, INT(8 to 32, signed or not)
//	int32, int64                             INT32, INT64
//	uint64                                   INT64, INT(64, unsigned)
//	float16, float32                         FLOAT
//	float64                                  DOUBLE
//	decimal128, decimal256 of p digits       INT32 (p <= 9), INT64 (p <= 18) or FIXED_LEN_BYTE_ARRAY, DECIMAL(p, s)
//	string, large_string, string_view        BYTE_ARRAY, STRING; JSON of arrow.json
//	binary, large_binary, binary_view        BYTE_ARRAY
//	fixed_size_binary                        FIXED_LEN_BYTE_ARRAY; UUID of arrow.uuid with 16 bytes
//	date32, date64                           INT32, DATE
//	time32[s], time32[ms]                    INT32, TIME(ms, local)
//	time64[us], time64[ns]                   INT64, TIME(us or ns, local)
//	timestamp[s], timestamp[ms]              INT64, TIMESTAMP(ms), adjusted to UTC if there is a time zone, else local
//	timestamp[us], timestamp[ns]             INT64, TIMESTAMP(us or ns), the same
//	null                                     INT32, UNKNOWN
//	dictionary                               as its values
//	list, large_list, fixed_size_list        LIST
//	struct                                   a group
//	map                                      MAP
//	extension                                as its storage
//
// arrow.json and arrow.uuid are extension types of these names or fields with the metadata ARROW:extension:name. Of a
// time zone the instants are kept, not the name. Durations, intervals, unions, list views and run-end encoded arrays
// have no form that keeps their values, and [Check] refuses them. So are values refused that a type claims to exclude:
// a decimal of more digits than its precision, a date64 within a day, a null where the schema has none. Texts are
// written as they are: that they are UTF-8 is for whoever hands them over to know.
//
// # What the files are like
//
// Data pages are of version 1 and encoded as PLAIN or RLE_DICTIONARY, which every reader knows; each has a checksum.
// A column chunk begins with a dictionary and goes on without one once too few of its values repeat. A page in which
// zstd would look for matches in vain has none and takes a fifth of the time. Chunks have
// statistics and a page index: the number of nulls, and the least and the greatest value, unless a NaN is among them;
// the index keeps no more than 64 bytes of them, the statistics have them whole or, over 256 bytes, not at all. Of nested columns all of this is said for each leaf.
//
// Facts of the format stand beside the code with where they come from: "parquet.thrift", "LogicalTypes.md",
// "Encodings.md" are files of the repository apache/parquet-format.
package parquet
