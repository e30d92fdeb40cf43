// Package postgres loads into PostgreSQL tables by COPY.
package postgres
