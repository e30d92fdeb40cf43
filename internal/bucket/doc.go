// Package bucket has what connectors share of buckets by gocloud.dev/blob: opening one by its URL, and which of their
// errors may pass.
package bucket
