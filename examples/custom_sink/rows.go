package main

import "github.com/apache/arrow/go/v17/arrow"

func newShelf() *shelf {
	return &shelf{offsets: map[[2]string]string{}, claims: map[[2]string]*claim{}}
}

// Records returns all rows. The caller releases the records.
func (s *shelf) Records() []arrow.Record {
	for _, rec := range s.records {
		rec.Retain()
	}
	return s.records
}

// Empty gives the rows back.
func (s *shelf) Empty() error {
	for _, rec := range s.records {
		rec.Release()
	}
	s.records = nil
	return nil
}
