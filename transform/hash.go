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
	mark    string // stands for the key in the fingerprint
	// sum makes the hash. The key is in the function alone, where no printing of the transform, or of what it
	// is a part of, comes to it.
	sum func() hash.Hash
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
	h := hashing{columns: slices.Clone(columns), sum: sha256.New}
	if len(key) > 0 {
		secret := slices.Clone(key)
		h.sum = func() hash.Hash { return hmac.New(sha256.New, secret) }
		// An HMAC of a fixed text changes with the key and gives nothing away but to who guesses the key.
		m := h.sum()
		_, _ = io.WriteString(m, "floe transform.Hash fingerprint") // a hash never fails
		h.mark = hex.EncodeToString(m.Sum(nil)[:8])
	}
	return h
}

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
	sum := h.sum()
	var scratch [sha256.Size]byte
	return func(to []byte, value string) []byte {
		sum.Reset()
		_, _ = io.WriteString(sum, value) // a hash never fails
		return hex.AppendEncode(to, sum.Sum(scratch[:0]))
	}
}
