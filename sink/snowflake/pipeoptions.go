package snowflake

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/snowflakedb/gosnowflake"

	"github.com/floedata/floe/config"
	sf "github.com/floedata/floe/dialect/snowflake"
	"github.com/floedata/floe/sink"
	"github.com/floedata/floe/sink/snowflake/snowpipe"
)

// PipeOptions are read once, by [OpenPipe] and [NewPipe]; nil is the defaults. Of [Options], Mode and OnError have no choice: a
// pipe appends, and a file is loaded as a whole or not at all. Stage cannot be the user's own.
type PipeOptions struct {
	Options
	// Pipe names a pipe in the schema, for where the role may make none: it must load the table from the sink's stage as the
	// sink's own would, and is made where it is missing. Default: a pipe whose name begins with _FLOE_PIPE_ and goes on with a
	// hash of what it does, so that another table or stage has another pipe.
	Pipe string
	// AutoIngest has the pipe load by events of the bucket of Options.External. Default: files are named to it by REST.
	AutoIngest *AutoIngest
	// Poll is how often Snowflake is asked what became of files, which it is asked of all at once. Default: 5 s; 30 s with
	// AutoIngest.
	Poll time.Duration
	// Patience is how long a load waits for Snowflake to load its files before it fails; they stay owed. Default: 1 h.
	Patience time.Duration
	// REST is how Snowflake's REST services are called.
	REST snowpipe.ClientOptions
}

// checkedPipe returns a copy of o with its defaults, and the faults that it has beyond those of its Options.
func checkedPipe(table string, o *PipeOptions) (PipeOptions, []config.Fault) {
	var opts PipeOptions
	if o != nil {
		opts = *o
	}
	if opts.AutoIngest != nil {
		set(&opts.Poll, 30*time.Second)
	}
	set(&opts.Poll, 5*time.Second)
	set(&opts.Patience, time.Hour)
	var list []config.Fault
	add := func(field, format string, args ...any) {
		list = append(list, config.Fault{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	if opts.Mode == sink.Upsert || opts.Mode == sink.Replace {
		add("PipeOptions.Mode", "is %s, and a pipe appends alone: use Open, or for upserts OpenStreaming", opts.Mode)
	}
	if opts.OnError != Abort {
		add("PipeOptions.OnError", "is %s, and a pipe loads a file as a whole or not at all: leave it out, or use Open", opts.OnError)
	}
	if opts.Stage == "~" {
		add("PipeOptions.Stage", "is the user's own, which pipes do not load from: name another one")
	}
	if opts.AutoIngest != nil && opts.External == nil {
		add("PipeOptions.AutoIngest", "is of external stages: name the stage in Stage, and its bucket in External")
	}
	if a := opts.AutoIngest; a != nil && a.Integration != "" && a.Topic != "" {
		add("PipeOptions.AutoIngest.Topic", "is set beside Integration: set one of them")
	}
	if opts.Pipe != "" {
		if err := (sf.Dialect{}).CheckName(opts.Pipe); err != nil {
			add("PipeOptions.Pipe", "%q %v", opts.Pipe, err)
		}
	}
	if opts.Rejects != "" && opts.resolve(opts.Rejects) == owedTable(opts.resolve(table)) {
		add("PipeOptions.Rejects", "%q is the name of the table of owed files", opts.Rejects)
	}
	if opts.Poll < 0 {
		add("PipeOptions.Poll", "%v is negative: leave it 0 for 5 s", opts.Poll)
	}
	if opts.Patience < opts.Poll {
		add("PipeOptions.Patience", "%v is less than Poll, %v: leave it 0 for an hour", opts.Patience, opts.Poll)
	}
	return opts, list
}

// rest returns how the account's REST services are called, or what keeps from that beyond what [Config.driver] says.
func (c Config) rest(o PipeOptions) (snowpipe.Config, []config.Fault) {
	if o.AutoIngest != nil {
		return snowpipe.Config{}, nil
	}
	d, faults := c.driver(o.Options)
	if len(faults) > 0 {
		return snowpipe.Config{}, nil // open tells of them
	}
	if d.PrivateKey == nil {
		return snowpipe.Config{}, []config.Fault{{Field: "Config.PrivateKey", Problem: "is empty: Snowpipe's REST takes users by key pair alone"}}
	}
	return snowpipe.Config{Account: d.Account, User: d.User, Key: d.PrivateKey, URL: address(d)}, nil
}

// address is where the account answers; "" = where its name says.
func address(d *gosnowflake.Config) string {
	if d.Host == "" {
		return ""
	}
	scheme, host := d.Protocol, d.Host
	set(&scheme, "https")
	if d.Port != 0 {
		host = net.JoinHostPort(host, strconv.Itoa(d.Port))
	}
	return scheme + "://" + host
}
