package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/internal/decode/text"
)

// Values in the binary form of the protocol, big-endian. A length that is not that of the type is Invalid.

func readBool(b []byte) (bool, text.Fault) {
	if len(b) != 1 {
		return false, text.Invalid
	}
	return b[0] != 0, text.None
}

func readInt2(b []byte) (int64, text.Fault) {
	if len(b) != 2 {
		return 0, text.Invalid
	}
	return int64(int16(binary.BigEndian.Uint16(b))), text.None
}

func readInt4(b []byte) (int64, text.Fault) {
	if len(b) != 4 {
		return 0, text.Invalid
	}
	return int64(int32(binary.BigEndian.Uint32(b))), text.None
}

func readInt8(b []byte) (int64, text.Fault) {
	if len(b) != 8 {
		return 0, text.Invalid
	}
	return int64(binary.BigEndian.Uint64(b)), text.None
}

func readOID(b []byte) (int64, text.Fault) {
	v, f := readInt4(b)
	return int64(uint32(v)), f
}

func readFloat4(b []byte) (float32, text.Fault) {
	v, f := readInt4(b)
	return math.Float32frombits(uint32(v)), f
}

func readFloat4Long(b []byte) (float64, text.Fault) {
	v, f := readFloat4(b)
	return float64(v), f
}

func readFloat8(b []byte) (float64, text.Fault) {
	v, f := readInt8(b)
	return math.Float64frombits(uint64(v)), f
}

func readBytes(b []byte) ([]byte, text.Fault) { return b, text.None }

func plain(b []byte) []byte { return b }

// afterVersion is the text of a jsonb, behind a byte with the version of its form.
func afterVersion(b []byte) []byte {
	if len(b) > 0 && b[0] == 1 {
		return b[1:]
	}
	return b
}

func readUUID(b []byte) ([]byte, text.Fault) {
	if len(b) != 16 {
		return nil, text.Invalid
	}
	return b, text.None
}

func appendUUID(dst, b []byte) ([]byte, text.Fault) {
	if len(b) != 16 {
		return dst, text.Invalid
	}
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		start := [...]int{0, 4, 6, 8, 10}[i]
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[start:end])
	}
	return dst, text.None
}

// PostgreSQL counts from 2000, Arrow from 1970.
const (
	epochDays   = 10_957
	epochMicros = epochDays * 86_400 * 1_000_000
	dayMicros   = 86_400 * 1_000_000
)

func readDate(b []byte) (arrow.Date32, text.Fault) {
	v, f := readInt4(b)
	if v == math.MaxInt32 || v == math.MinInt32 || v > math.MaxInt32-epochDays { // infinite
		return 0, text.OutOfRange
	}
	return arrow.Date32(v + epochDays), f
}

func readTime(b []byte) (arrow.Time64, text.Fault) {
	v, f := readInt8(b)
	if f == text.None && (v < 0 || v >= dayMicros) { // 24:00
		return 0, text.OutOfRange
	}
	return arrow.Time64(v), f
}

func readTimestamp(b []byte) (arrow.Timestamp, text.Fault) {
	v, f := readInt8(b)
	if v == math.MaxInt64 || v == math.MinInt64 || v > math.MaxInt64-epochMicros { // infinite
		return 0, text.OutOfRange
	}
	return arrow.Timestamp(v + epochMicros), f
}

// splitInterval takes an interval apart.
func splitInterval(b []byte) (micros int64, days, months int32, f text.Fault) {
	if len(b) != 16 {
		return 0, 0, 0, text.Invalid
	}
	return int64(binary.BigEndian.Uint64(b)), int32(binary.BigEndian.Uint32(b[8:])), int32(binary.BigEndian.Uint32(b[12:])), text.None
}

func readInterval(b []byte) (arrow.MonthDayNanoInterval, text.Fault) {
	micros, days, months, f := splitInterval(b)
	if micros > math.MaxInt64/1000 || micros < math.MinInt64/1000 {
		return arrow.MonthDayNanoInterval{}, text.OutOfRange
	}
	return arrow.MonthDayNanoInterval{Months: months, Days: days, Nanoseconds: micros * 1000}, f
}

// appendInterval writes an interval as ISO 8601 does, each part with its own sign: P-1Y2M3DT-4H-5M-6.000007S.
func appendInterval(dst, b []byte) ([]byte, text.Fault) {
	micros, days, months, f := splitInterval(b)
	if f != text.None {
		return dst, f
	}
	start := len(dst)
	dst = append(dst, 'P')
	part := func(n int64, unit byte) {
		if n != 0 {
			dst = append(strconv.AppendInt(dst, n, 10), unit)
		}
	}
	part(int64(months/12), 'Y')
	part(int64(months%12), 'M')
	part(int64(days), 'D')
	if micros != 0 {
		dst = append(dst, 'T')
		part(micros/3_600_000_000, 'H')
		part(micros/60_000_000%60, 'M')
		if rest := micros % 60_000_000; rest != 0 {
			if rest < 0 {
				dst = append(dst, '-')
				rest = -rest
			}
			dst = strconv.AppendInt(dst, rest/1_000_000, 10)
			if fraction := rest % 1_000_000; fraction != 0 {
				digits := strconv.AppendInt(nil, 1_000_000+fraction, 10)
				for digits[len(digits)-1] == '0' {
					digits = digits[:len(digits)-1]
				}
				dst = append(append(dst, '.'), digits[1:]...)
			}
			dst = append(dst, 'S')
		}
	}
	if len(dst) == start+1 {
		dst = append(dst, "T0S"...)
	}
	return dst, text.None
}

// inWords is a value in binary form for a dead letter: its bytes, where it is none that has a name.
func inWords(raw []byte) string {
	if len(raw) == 8 {
		switch v, _ := readInt8(raw); v {
		case math.MaxInt64:
			return "infinity"
		case math.MinInt64:
			return "-infinity"
		case dayMicros:
			return "24:00:00"
		}
	}
	if len(raw) == 4 {
		switch v, _ := readInt4(raw); v {
		case math.MaxInt32:
			return "infinity"
		case math.MinInt32:
			return "-infinity"
		}
	}
	return "0x" + hex.EncodeToString(raw)
}
