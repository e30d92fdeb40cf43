package transform

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
)

type hashing struct {
	columns []string
	key     []byte
	mark    string // stands for the key in the fingerprint
}

// Hash replaces the values of columns of strings and binaries by a hash in 64 hexadecimal digits: HMAC-SHA-256
// under the key or, without a key, SHA-256. Equal values have equal hashes, so that columns still join; nulls
// stay null. The column becomes one of strings.
//
// Without a key, or with one that can be guessed, whoever has the hashes can try values: names, numbers and
// addresses are found within hours. The key is a secret; no error, log or fingerprint shows it.
func Hash(columns []string, key []byte) Transform {
	if err := checkColumns(columns); err != nil {
		return failed{"hash", err}
	}
	h := hashing{columns: slices.Clone(columns), key: slices.Clone(key)}
	if len(key) > 0 {
		// An HMAC of a fixed text changes with the key and gives nothing away but to who guesses the key.
		m := hmac.New(sha256.New, key)
		_, _ = io.WriteString(m, "floe transform.Hash fingerprint") // a hash never fails
		h.mark = hex.EncodeToString(m.Sum(nil)[:8])
	}
	return h
}

// String shows the columns only, so that a log of a list of transforms keeps the key.
func (h hashing) String() string { return h.Fingerprint() }

// GoString is [hashing.String], for %#v.
func (h hashing) GoString() string { return h.Fingerprint() }

func (h hashing) Fingerprint() string { return fmt.Sprintf("hash(%s; %q)", quoted(h.columns), h.mark) }

func (h hashing) Bind(_ context.Context, in *arrow.Schema) (Processor, error) {
	return bindTexts("hash", h.columns, in, func(dt arrow.DataType) (arrow.DataType, error) {
		if f := familyOf(dt); f != familyText && f != familyBytes {
			return nil, errors.New("only strings and binaries can be hashed; cast it to a string first")
		}
		return arrow.BinaryTypes.String, nil
	}, h.hasher)
}

// hasher returns what appends the hash of a value; one goroutine uses it.
func (h hashing) hasher() func(to []byte, value string) []byte {
	var sum hash.Hash
	if len(h.key) > 0 {
		sum = hmac.New(sha256.New, h.key)
	} else {
		sum = sha256.New()
	}
	var scratch [sha256.Size]byte
	return func(to []byte, value string) []byte {
		sum.Reset()
		_, _ = io.WriteString(sum, value) // a hash never fails
		return hex.AppendEncode(to, sum.Sum(scratch[:0]))
	}
}
