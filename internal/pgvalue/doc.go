// Package pgvalue writes Arrow values as PostgreSQL takes them: in the binary form of COPY, and as text. It knows which
// column holds which field, and what to check of values that a column may not hold.
package pgvalue
