package streaming

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/floedata/floe/config"
)

// ClientOptions are read once, by [NewClient]. The zero value of each field is its default; Profile is needed.
type ClientOptions struct {
	// Profile says which account, and who is calling. See [LoadProfile].
	Profile Profile

	// HTTPClient sends the requests. It is copied; redirects are not followed, whatever it says. Default: one with a
	// connection pool of its own, which is closed with the client.
	HTTPClient *http.Client
	// Scheme, Host and Port are where the account is, in place of what the profile says. Scheme is https or, for a
	// server on this machine, http; it holds for the host of the service, too. Default: those of Profile.URL, or of the
	// account.
	Scheme, Host string
	Port         int

	// KeepCase takes the names of databases, schemas, pipes, tables and channels as they are. Default: a plain name, such
	// as events, stands for EVENTS, as in SQL where it is not quoted; any other name is taken as it is.
	KeepCase bool
	// Binary is the form of bytes in rows. The default pipe of a table, and a custom pipe of an account whose
	// BINARY_INPUT_FORMAT says so, take Base64. Default: Base64.
	Binary BinaryFormat

	// Names gives the key of a record's column by its name. nil: names are keys. The service finds a column by its key
	// whatever the case.
	Names func(column string) string
	// JSON says which columns of text in records are JSON, to be sent as it is. nil: none.
	JSON func(arrow.Field) bool

	// Compression is that of requests. Default: Zstd.
	Compression Compression
	// RequestBytes is how large a request may be on the wire, and UncompressedBytes before it is compressed. A request
	// that the service finds too large is cut, and later ones are smaller for a while. Defaults: 4,000,000 both, which is
	// within 4 MB however the service counts.
	RequestBytes, UncompressedBytes int
	// ChannelBytesPerSecond is how many bytes a channel sends in a second, before compression, and
	// ChannelRequestsPerSecond how many requests. Negative: without bound. Defaults: 20,000,000 and 10, which are
	// Snowflake's bounds.
	ChannelBytesPerSecond, ChannelRequestsPerSecond float64

	// BufferedBytes is how much all channels hold of rows that the service has not accepted, with 100 bytes for each append
	// beside its rows. Default: 128 MiB. At least twice UncompressedBytes.
	BufferedBytes int64
	// Overflow is what an append does that does not fit into BufferedBytes. Default: Block.
	Overflow Overflow
	// FlushInterval is how long rows wait for others to make a request with. Negative: not at all. Default: 1 s.
	FlushInterval time.Duration
	// PollInterval is how often the status of channels is asked for while someone waits for a commit. Default: 250 ms.
	PollInterval time.Duration
	// RequestTimeout bounds one request. Default: 60 s.
	RequestTimeout time.Duration
	// RetryTimeout is how long a call is repeated that fails for a while only, and how long rows are that the service
	// cannot be reached with. Requests that it has no room for are repeated without bound. Negative: nothing is repeated.
	// Default: 90 s.
	RetryTimeout time.Duration

	// Application names the caller to Snowflake, beside the name of this client. Default: that of the profile.
	Application string
	// Now is the clock by which tokens expire. Default: time.Now.
	Now func() time.Time
	// Logger is told of what is repeated. nil: nothing is logged.
	Logger *slog.Logger
}

// What the options are by default.
const (
	defaultRequestBytes   = 4_000_000
	defaultBytesPerSecond = 20_000_000
	defaultRequests       = 10
	defaultBufferedBytes  = 128 << 20
	defaultFlushInterval  = time.Second
	defaultPollInterval   = 250 * time.Millisecond
	defaultRequestTimeout = time.Minute
	defaultRetryTimeout   = 90 * time.Second
)

func (o *ClientOptions) setDefaults() {
	set(&o.RequestBytes, defaultRequestBytes)
	set(&o.UncompressedBytes, defaultRequestBytes)
	set(&o.ChannelBytesPerSecond, defaultBytesPerSecond)
	set(&o.ChannelRequestsPerSecond, defaultRequests)
	set(&o.BufferedBytes, max(defaultBufferedBytes, 2*int64(o.UncompressedBytes)))
	set(&o.FlushInterval, defaultFlushInterval)
	set(&o.PollInterval, defaultPollInterval)
	set(&o.RequestTimeout, defaultRequestTimeout)
	set(&o.RetryTimeout, defaultRetryTimeout)
	set(&o.Application, o.Profile.Application)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// set gives what is zero a default.
func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (o *ClientOptions) check(f *config.Faults) {
	positive := func(field string, ok bool, value any) {
		if !ok {
			f.Add("ClientOptions."+field, "%v is not positive: leave it 0 for the default", value)
		}
	}
	positive("RequestBytes", o.RequestBytes > 0, o.RequestBytes)
	positive("UncompressedBytes", o.UncompressedBytes > 0, o.UncompressedBytes)
	positive("PollInterval", o.PollInterval > 0, o.PollInterval)
	positive("RequestTimeout", o.RequestTimeout > 0, o.RequestTimeout)
	if o.BufferedBytes < 2*int64(o.UncompressedBytes) {
		f.Add("ClientOptions.BufferedBytes", "%d is less than twice UncompressedBytes, which is %d", o.BufferedBytes, o.UncompressedBytes)
	}
	among := func(field string, value, most int) {
		if value < 0 || value > most {
			f.Add("ClientOptions."+field, "%d is none of its constants", value)
		}
	}
	among("Compression", int(o.Compression), int(Uncompressed))
	among("Overflow", int(o.Overflow), int(Fail))
	among("Binary", int(o.Binary), int(Hex))
}

// Compression is a coding of requests.
type Compression int

// Codings.
const (
	Zstd Compression = iota
	Gzip
	Uncompressed
)

// Overflow is what becomes of an append that does not fit into the buffer.
type Overflow int

// What an append does.
const (
	// Block: it waits for room, or for its context.
	Block Overflow = iota
	// Fail: it fails with [ErrBufferFull].
	Fail
)

// BinaryFormat is a form of bytes as text.
type BinaryFormat int

// Forms.
const (
	Base64 BinaryFormat = iota
	Hex
)

// OpenOptions are those of [Client.OpenChannelWith].
type OpenOptions struct {
	// OffsetToken is committed for a channel that has none; "" = none.
	OffsetToken string
	// FailOnUncommittedRows refuses, with ERR_CHANNEL_HAS_UNCOMMITTED_DATA, to open a channel that has accepted rows which
	// are not committed. Default: they are thrown away.
	FailOnUncommittedRows bool
}

// DropOptions are those of [Client.DropChannel]; nil is the default of each.
type DropOptions struct {
	// FailOnUncommittedRows refuses, with ERR_CHANNEL_HAS_UNCOMMITTED_DATA, to drop a channel that has accepted rows which
	// are not committed.
	FailOnUncommittedRows bool
}

// CloseOptions are those of [Client.Close]; nil is the default of each.
type CloseOptions struct {
	// NoFlush gives up the rows that the service has not accepted. Default: they are sent.
	NoFlush bool
	// Timeout is how long that may take. Negative: as long as the context lets it. Default: 60 s.
	Timeout time.Duration
}

// ChannelCloseOptions are those of [Channel.Close]; nil is the default of each.
type ChannelCloseOptions struct {
	// Drop drops the channel at the service, with its committed token, once its rows are accepted. Rows that are accepted
	// and not yet committed may be lost: wait for the commit before.
	Drop bool
	// NoFlush and Timeout are as in [CloseOptions].
	NoFlush bool
	Timeout time.Duration
}
