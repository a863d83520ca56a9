package profile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Sample is some time of the processor in one place.
type Sample struct {
	// Stack are the names of the functions, the innermost first.
	Stack []string
	Time  time.Duration
}

// The numbers of the fields of profile.proto, https://github.com/google/pprof/blob/main/proto/profile.proto, that are read.
const (
	profileSample   = 2
	profileLocation = 4
	profileFunction = 5
	profileString   = 6

	sampleLocation = 1
	sampleValue    = 2

	locationID   = 1
	locationLine = 4

	lineFunction = 1

	functionID   = 1
	functionName = 2
)

// errOdd is the error of bytes that are no profile.
var errOdd = errors.New("this is no profile of the processor's time")

// Read reads the file of a profile as runtime/pprof writes it.
func Read(path string) ([]Sample, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // a file of the benchmark
	if err != nil {
		return nil, err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, errors.Join(errOdd, err)
	}
	raw, err = io.ReadAll(unpacked)
	if err != nil {
		return nil, errors.Join(errOdd, err)
	}
	return parse(raw)
}

// symbols are what the numbers in samples stand for.
type symbols struct {
	texts     []string
	functions map[uint64]uint64   // the place of the name
	locations map[uint64][]uint64 // functions, those that were inlined first
}

func parse(raw []byte) ([]Sample, error) {
	s := symbols{functions: map[uint64]uint64{}, locations: map[uint64][]uint64{}}
	var stacks [][]uint64
	var samples []Sample
	err := fields(raw, func(number protowire.Number, _ uint64, part []byte) error {
		switch number { //nolint:exhaustive // others are not read
		case profileSample:
			locations, values, err := sampleOf(part)
			if err != nil || len(values) < 2 { // how often it was seen, and its nanoseconds
				return errors.Join(errOdd, err)
			}
			stacks, samples = append(stacks, locations), append(samples, Sample{Time: time.Duration(values[1])}) //nolint:gosec // as it was written
		case profileLocation:
			return s.location(part)
		case profileFunction:
			return s.function(part)
		case profileString:
			s.texts = append(s.texts, string(part))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, locations := range stacks {
		for _, l := range locations {
			for _, f := range s.locations[l] {
				if at := s.functions[f]; at < uint64(len(s.texts)) {
					samples[i].Stack = append(samples[i].Stack, s.texts[at])
				}
			}
		}
	}
	return samples, nil
}

func sampleOf(raw []byte) (locations, values []uint64, err error) {
	err = fields(raw, func(number protowire.Number, one uint64, many []byte) error {
		list := &locations
		switch number {
		case sampleLocation:
		case sampleValue:
			list = &values
		default:
			return nil
		}
		if many == nil {
			*list = append(*list, one)
		}
		for len(many) > 0 {
			v, n := protowire.ConsumeVarint(many)
			if n < 0 {
				return errOdd
			}
			*list, many = append(*list, v), many[n:]
		}
		return nil
	})
	return locations, values, err
}

func (s *symbols) location(raw []byte) error {
	var id uint64
	var functions []uint64
	err := fields(raw, func(number protowire.Number, one uint64, part []byte) error {
		switch number { //nolint:exhaustive // as above
		case locationID:
			id = one
		case locationLine:
			return fields(part, func(number protowire.Number, one uint64, _ []byte) error {
				if number == lineFunction {
					functions = append(functions, one)
				}
				return nil
			})
		}
		return nil
	})
	s.locations[id] = functions
	return err
}

func (s *symbols) function(raw []byte) error {
	var id, name uint64
	err := fields(raw, func(number protowire.Number, one uint64, _ []byte) error {
		switch number { //nolint:exhaustive // as above
		case functionID:
			id = one
		case functionName:
			name = one
		}
		return nil
	})
	s.functions[id] = name
	return err
}

// fields visits the fields of a message: numbers, and what has a length.
func fields(raw []byte, visit func(number protowire.Number, one uint64, part []byte) error) error {
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return errOdd
		}
		raw = raw[n:]
		var one uint64
		var part []byte
		switch kind {
		case protowire.VarintType:
			one, n = protowire.ConsumeVarint(raw)
		case protowire.BytesType:
			part, n = protowire.ConsumeBytes(raw)
		default:
			return errOdd
		}
		if n < 0 {
			return errOdd
		}
		if err := visit(number, one, part); err != nil {
			return err
		}
		raw = raw[n:]
	}
	return nil
}
