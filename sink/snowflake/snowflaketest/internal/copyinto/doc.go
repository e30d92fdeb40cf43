// Package copyinto carries out what COPY INTO a table does with files: it reads them as their format says, converts their
// values to the types of the table's columns, and inserts the rows that have no errors. It knows neither catalog nor stages
// nor transactions: the caller says which files, which table, and on which connection.
//
// Sources: Snowflake's documentation, "COPY INTO <table>", "CREATE FILE FORMAT", "INFER_SCHEMA", "Table schema evolution",
// "VALIDATE". What the documentation leaves open is marked where it is decided: certain (seen on accounts, and reported
// publicly), or approximate.
package copyinto
