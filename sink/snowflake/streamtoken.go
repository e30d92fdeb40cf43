package snowflake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/floedata/floe/offset"
)

// channelName names the channel of a partition: the same one in every process, and no other partition's, by a hash. It is
// in upper case, as is what Snowflake makes of names elsewhere, and of 119 characters at most.
func channelName(key offset.Key) string {
	h := sha256.New()
	for _, part := range []string{key.Pipeline, key.Target, key.Partition} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "FLOE_" + readable(key.Pipeline) + "_" + readable(key.Partition) + "_" + strings.ToUpper(hex.EncodeToString(h.Sum(nil)[:16]))
}

// readable is what people recognize a name by, where they look at channels.
func readable(name string) string {
	b := []byte(name[:min(len(name), 40)])
	for i, c := range b {
		switch {
		case 'a' <= c && c <= 'z':
			b[i] = c - 'a' + 'A'
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		default:
			b[i] = '_'
		}
	}
	return string(b)
}

// reached is how far a channel has come. Its text is the offset token that appends carry: the count, a slash, and the offset
// in its stored form. Rows that the table cannot take count in the offset, and are not sent.
type reached struct {
	sent   int64  // rows appended in the life of the channel
	offset string // "" = the beginning
}

func (r reached) token() string { return strconv.FormatInt(r.sent, 10) + "/" + offset.Escape(r.offset) }

// ordinal is how many rows of the partition the offset counts.
func (r reached) ordinal() int64 {
	n, _ := offset.Ordinal(r.offset) // parsed before, or the engine's
	return n
}

// parseToken reads a token that [reached.token] wrote.
func parseToken(text string) (reached, error) {
	count, rest, found := strings.Cut(text, "/")
	sent, err := strconv.ParseInt(count, 10, 64)
	if !found || err != nil || sent < 0 || strconv.FormatInt(sent, 10) != count {
		return reached{}, fmt.Errorf("%.60q is not an offset token of this sink", text)
	}
	r := reached{sent, offset.Unescape(rest)}
	ordinal, err := offset.Ordinal(r.offset)
	if err != nil {
		return reached{}, fmt.Errorf("the offset token %.60q: %w", text, err)
	}
	if sent > ordinal {
		return reached{}, fmt.Errorf("the offset token %.60q counts more rows sent than its offset has", text)
	}
	return r, nil
}
