// Package clouds tests what reads and writes buckets against the protocols of Amazon S3, Google Cloud Storage and Azure Blob
// Storage, by the drivers that programs use. It is a module of its own, so that neither these drivers nor the emulators
// are requirements of the library's.
package clouds
