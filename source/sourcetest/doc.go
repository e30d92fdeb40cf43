// Package sourcetest has the contract of sources as tests, and a consumer group in memory that presses whoever
// reads sources as a broker would.
//
// [Run] checks a source rule by rule, [Check] gives the same as an error. [NewTopic] and [NewGroup] make
// unbounded sources whose partitions are taken away and given back.
package sourcetest
