// Package ndjson encodes Arrow records as the rows that Snowpipe Streaming takes: an object a row, each ended by a newline.
//
//	Arrow                               JSON
//	null                                no key; inside a nested value null
//	bool                                true, false
//	int8 to int64, uint8 to uint64      a number of all its digits
//	float16, float32, float64           a number that reads back as the same float64, -0.0 too; "NaN", "inf", "-inf"
//	decimal128, decimal256              a number of all its digits: -12.50
//	string, large_string, string_view   a string; JSON as it is where Options.JSON says so
//	binary of all kinds                 a string in base64 or hexadecimal
//	date32, date64                      "2024-02-29"
//	time32, time64                      "12:34:56.000001", of as many digits as the unit has, or of none if all are 0
//	timestamp                           "2024-02-29T12:34:56.000001", the same
//	timestamp with zone                 "2024-02-29T12:34:56.000001+00:00": the instant, not the zone's name
//	list, large_list, fixed_size_list,  an array
//	list_view, large_list_view
//	struct                              an object
//	map with keys of text               an object
//	dictionary                          as its values
//	extension                           as its storage
//
// A null is left out because a null that is written lands in a VARIANT as JSON's null, and not as SQL's. Durations,
// intervals, unions and run-end encoded arrays have no form, and [New] refuses them.
//
// Nothing is changed on its way. A value that has no form is a [ValueError] of [Encoder.Bind], which looks at all of a
// record before a row of it is written: text that is not UTF-8, years after 9999, a time beyond midnight, a date64 amid a
// day, text that is not JSON where it should be; and in nested values, where a string would stay one, NaN and infinities,
// and of a map a key that comes twice.
package ndjson
