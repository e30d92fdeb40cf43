package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// reading is what a sensor measured. Number counts the sensor's readings from 1.
type reading struct {
	Number  int64
	At      time.Time
	Celsius float64
}

// station stands for a web service: it lists its sensors, and gives the readings of one in pages, oldest first.
type station struct {
	mu      sync.Mutex
	sensors map[string][]reading
	first   int64 // readings before this number are dropped
	busy    int   // requests to refuse
}

var (
	errBusy = errors.New("station: 503 busy")                      // passes
	errGone = errors.New("station: 410 no longer to be had")       // was dropped
	errBad  = errors.New("station: 404 no reading of that number") // was never given
)

func newStation(names ...string) *station {
	s := &station{sensors: map[string][]reading{}, first: 1}
	for _, name := range names {
		s.sensors[name] = nil
	}
	return s
}

// measure adds n readings of a sensor.
func (s *station) measure(sensor string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for range n {
		number := int64(len(s.sensors[sensor]) + 1)
		s.sensors[sensor] = append(s.sensors[sensor], reading{
			Number:  number,
			At:      start.Add(time.Duration(number) * time.Minute),
			Celsius: 20 + float64(number%50)/10,
		})
	}
}

func (s *station) Sensors(ctx context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.sensors {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, ctx.Err()
}

// Readings returns at most limit readings of a sensor behind the one of a number; none where it has no more.
func (s *station) Readings(ctx context.Context, sensor string, after int64, limit int) ([]reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.sensors[sensor]
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case s.busy > 0:
		s.busy--
		return nil, errBusy
	case after > int64(len(all)):
		return nil, errBad
	case after+1 < s.first:
		return nil, errGone
	}
	rest := all[after:]
	return rest[:min(limit, len(rest))], nil
}
