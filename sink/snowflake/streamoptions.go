package snowflake

import (
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/config"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/streaming"
)

// StreamingOptions are read once, by [OpenStreaming]; the zero value, and nil, append to an existing or new table by its
// default pipe.
type StreamingOptions struct {
	// Mode is sink.Append or sink.Upsert. Upsert lets rows land in a table beside, whose name begins with _FLOE_LANDING_, and
	// merges from there, for which it needs a warehouse. Replace is up to [Sink]. Default: sink.Append.
	Mode sink.Mode
	// Key names the columns by which sink.Upsert finds the row to replace, which becomes the new one as a whole. Needed
	// by Upsert, refused otherwise. A key must not come in two partitions: their order is not kept.
	Key []string
	// MergeInterval is how often rows that have landed are merged, in mode Upsert: a load merges what has landed if that
	// long has passed, else it answers once its rows have landed, and they are merged later. Default: 1 min.
	MergeInterval time.Duration
	// Evolve, KeepCase, Database and Schema are as in [Options].
	Evolve           sink.Evolve
	KeepCase         bool
	Database, Schema string

	// Pipe is a pipe for streaming, in the same schema, which is made where it is missing, and takes columns by their names.
	// Default: the default pipe of the table, or in mode Upsert of the table that rows land in.
	Pipe string
	// Profile is how the service lets the sink in. Default: by the key pair or the programmatic access token of Config.
	Profile *streaming.Profile
	// Client are options of the clients: compression, the size of requests, rates, limits of time. Its Profile, KeepCase,
	// Binary, Overflow and FlushInterval are the sink's to set.
	Client streaming.ClientOptions
	// Clients is how many clients share the partitions. Default: 1.
	Clients int
	// FlushInterval is how long rows wait for others to be sent with. Default: 1 s.
	FlushInterval time.Duration
	// InFlight is how many batches of a partition wait for their commit at once. Default: 32.
	InFlight int
	// CommitTimeout is how long a load waits while nothing of its partition becomes committed: then the channel is opened
	// again, and what has not been committed is sent again. Default: 2 min.
	CommitTimeout time.Duration

	// StartOver begins anew with partitions of which it cannot be known where they go on, because their channel has vanished
	// with its token: rows that are there may come again. Without it, claiming such a partition fails. Default: false.
	StartOver bool
	// AcceptCounts lets a claim go on although Snowflake has dropped rows of the partition earlier, or its channel does not
	// count as many rows as were sent: whatever was to be done about them was done. A load fails by new ones all the same.
	AcceptCounts bool

	// Warehouse, Role, QueryTag, LockTimeout, StatementTimeout and Logger are as in [Options]. The role is that of the
	// service, too.
	Warehouse, Role               string
	QueryTag                      string
	LockTimeout, StatementTimeout time.Duration
	Logger                        *slog.Logger
}

// common are the options that [Sink] has as well.
func (o *StreamingOptions) common() Options {
	return Options{
		Mode: o.Mode, Key: o.Key, Evolve: o.Evolve, KeepCase: o.KeepCase, Database: o.Database, Schema: o.Schema,
		Warehouse: o.Warehouse, Role: o.Role, QueryTag: o.QueryTag, LockTimeout: o.LockTimeout, StatementTimeout: o.StatementTimeout, Logger: o.Logger,
	}
}

// checkedStreaming returns a copy of o with its defaults, how the service lets the sink in, and the faults that are not those of
// the options that [Sink] has as well.
func checkedStreaming(cfg Config, o *StreamingOptions) (opts StreamingOptions, p streaming.Profile, faults []config.Fault) {
	if o != nil {
		opts = *o
		opts.Key = slices.Clone(o.Key)
	}
	set(&opts.MergeInterval, time.Minute)
	set(&opts.Clients, 1)
	set(&opts.FlushInterval, time.Second)
	set(&opts.InFlight, 32)
	set(&opts.CommitTimeout, 2*time.Minute)
	set(&opts.Client.UncompressedBytes, 16_000_000)
	add := func(field, format string, args ...any) {
		faults = append(faults, config.Fault{Field: "StreamingOptions." + field, Problem: fmt.Sprintf(format, args...)})
	}
	if opts.Mode == sink.Replace {
		add("Mode", "is Replace, and rows that are streamed are seen at once: replace by Open, which loads files")
	}
	if err := (sf.Dialect{}).CheckName(opts.Pipe); opts.Pipe != "" && err != nil {
		add("Pipe", "%q %v", opts.Pipe, err)
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"MergeInterval", opts.MergeInterval}, {"FlushInterval", opts.FlushInterval}, {"CommitTimeout", opts.CommitTimeout}} {
		if d.value < 0 || d.value > 24*time.Hour {
			add(d.field, "%v is not between 1 ns and 1 day: leave it 0 for the default", d.value)
		}
	}
	for _, n := range []struct {
		field       string
		value, most int
	}{{"Clients", opts.Clients, 100}, {"InFlight", opts.InFlight, 10_000}} {
		if n.value < 1 || n.value > n.most {
			add(n.field, "%d is not between 1 and %d: leave it 0 for the default", n.value, n.most)
		}
	}
	if opts.Profile != nil {
		return opts, *opts.Profile, faults
	}
	driver, more := cfg.driver(opts.common())
	if len(more) > 0 {
		return opts, p, faults // told by whoever connects
	}
	p, ok := profileOf(driver)
	if !ok {
		faults = append(faults, config.Fault{Field: "Config", Problem: "logs in by neither a key pair nor a programmatic access token, which Snowpipe Streaming needs: set Config.PrivateKey or StreamingOptions.Profile"})
	}
	return opts, p, faults
}

// profileOf is how the service lets in whom the driver logs in; false = it does not.
func profileOf(driver *gosnowflake.Config) (p streaming.Profile, ok bool) {
	p = streaming.Profile{Account: driver.Account, User: driver.User, Role: unquote(driver.Role), Application: driver.Application}
	if driver.Host != "" {
		p.URL = driver.Protocol + "://" + net.JoinHostPort(driver.Host, strconv.Itoa(driver.Port))
	}
	switch driver.Authenticator {
	case gosnowflake.AuthTypeJwt:
		p.Key = driver.PrivateKey
		return p, p.Key != nil
	case gosnowflake.AuthTypePat:
		p.AuthorizationType, p.PersonalAccessToken = "PAT", driver.Token
		return p, p.PersonalAccessToken != ""
	}
	return p, false
}
