// Package floe moves Apache Arrow record batches from a source, through transforms, into a warehouse:
// exactly once, whatever crashed and whenever, and as fast as the target's own bulk loader.
package floe
