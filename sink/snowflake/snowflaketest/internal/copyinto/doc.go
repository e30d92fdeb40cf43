// Package copyinto carries out what COPY INTO a table does with files: it reads them as their format says, converts their
// values to the types of the table's columns, and inserts the rows that have no errors. It knows neither catalog nor stages
// nor transactions: the caller says which files, which table, and on which connection.
//
// Sources: Snowflake's documentation, "COPY INTO <table>", "CREATE FILE FORMAT", "INFER_SCHEMA", "Table schema evolution",
// "VALIDATE". What the documentation leaves open is marked where it is decided: certain (seen on accounts, and reported
// publicly), or approximate.
//
// CSV and JSON are split here, and their values are converted by DuckDB; Parquet is read by DuckDB as a whole. Refused by
// name are AVRO, ORC and XML, compression by Brotli, encodings but UTF-8, UTF-16 and ISO-8859-1, octal numbers of JSON, and
// two columns of a file that match one of the table but for case. Approximate are the words and places of errors of JSON and
// Parquet, where reading goes on after text that cannot be split, text of numbers in VARIANT, which types INFER_SCHEMA finds
// in text, and text of Parquet that is not UTF-8: the file has the error, not the row, and nothing is replaced.
package copyinto
