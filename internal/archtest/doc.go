// Package archtest has no code of its own: its tests check who imports whom in this module, what a package may be
// called, and that the root package needs neither cgo nor a driver. A new package needs a rule here first.
package archtest
