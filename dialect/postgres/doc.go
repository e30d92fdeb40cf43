// Package postgres is the dialect of PostgreSQL.
package postgres
