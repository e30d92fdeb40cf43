// Package e2etest has no code of its own: its tests run whole pipelines, from files through transforms into DuckDB,
// and hold the target against what another reader makes of the same files.
package e2etest
