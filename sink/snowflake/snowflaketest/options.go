package snowflaketest

import (
	"crypto/rsa"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"

	"github.com/floedata/floe/config"
)

// What an account has where [Options] do not say otherwise.
const (
	DefaultAccount   = "TESTACCOUNT"
	DefaultUser      = "TESTER"
	DefaultPassword  = "testing"
	DefaultDatabase  = "TEST"
	DefaultSchema    = "PUBLIC"
	DefaultWarehouse = "TEST_WH"
	DefaultRole      = "ACCOUNTADMIN"
)

// mostPipeEvents is how many files a report of Snowpipe has at most, documented.
const mostPipeEvents = 10_000

// Options are read once, by [Start] or [New]. The zero value works: an account with one user, one database and one
// warehouse, named by the constants of this package.
type Options struct {
	// Addr is where the server listens: a loopback address with a port. Default: a free port of 127.0.0.1.
	Addr string
	// Dir keeps everything: a server on the directory of one that has ended, however it ended, has its data. Two must
	// not use one directory at once. Default: a directory that is removed when the server is closed.
	Dir string

	// Account is the name by which clients log in. Default: DefaultAccount.
	Account string
	// Users may log in. They are made where they are missing. Default: DefaultUser with DefaultPassword.
	Users []User
	// Roles are made where they are missing. They have the privileges that are granted to them, by SQL: see
	// [Server.Exec].
	Roles []string
	// Database, Schema and Warehouse are made where they are missing, and are the default ones of the users.
	// Defaults: DefaultDatabase, DefaultSchema, DefaultWarehouse.
	Database, Schema, Warehouse string

	// Now is the clock: of CURRENT_TIMESTAMP, the expiry of tokens, the load history, timeouts of locks and of idle
	// transactions. It may be called by several goroutines at once. Default: time.Now.
	Now func() time.Time
	// SessionTokens and MasterTokens are how long the two tokens of a session are good. Defaults: an hour, 4 hours.
	SessionTokens, MasterTokens time.Duration
	// IdleTransaction is how long a transaction may do nothing before it is rolled back, whether its client lives or
	// not; IdleBlocking is the same while another session waits for its locks. Defaults: 4 hours, 5 minutes.
	IdleTransaction, IdleBlocking time.Duration
	// LongPoll is how long a call waits for its statement before it answers that the statement is in progress.
	// Default: 45 seconds.
	LongPoll time.Duration
	// ChunkRows is how many rows of a result a reply has at most; the rest comes in chunks of as many, which the
	// client fetches. Default: 10,000.
	ChunkRows int

	// LocalStages has the client copy what it PUTs to the stages' directories by itself (LOCAL_FS), which needs no
	// network and knows no encryption. Default: the client uploads by HTTP, as it downloads always, at signed addresses
	// of this server that stand for Google Cloud Storage's, with client-side encryption where the stage has it.
	LocalStages bool
	// Buckets have the objects of external stages: real buckets, those of an emulator, or of memblob and fileblob. They are
	// named by the URLs of their roots as CREATE STAGE has them, s3://bucket/, gcs://bucket/ or
	// azure://account.blob.core.windows.net/container/, and a stage's URL is one of these or below it. A stage elsewhere is
	// refused where it is used. The buckets stay the caller's, to be closed after the server.
	Buckets map[string]*blob.Bucket
	// StreamingDelay is how long rows that Snowpipe Streaming has accepted are not committed, by the machine's clock.
	// Negative: until [Server.CommitStreaming]. Default: 5 ms. An account takes seconds.
	StreamingDelay time.Duration
	// StreamingTokens is how long the tokens of the ingest plane are good. Default: an hour.
	StreamingTokens time.Duration
	// StreamingRequestBytes is how many bytes the rows of a request may have, as they are sent. Default: 4,000,000.
	StreamingRequestBytes int64
	// StreamingRate is how much a channel may send in a second, by Now: an account takes 10 requests and 20,000,000
	// bytes. What is more is answered by status 429. Default: no limit.
	StreamingRate StreamingRate
	// DocumentedShapes has Snowpipe Streaming answer in the shapes of the documentation, where accounts answer in
	// others: host name and token in JSON, "code" for "error_code", "rows_errors" for "rows_error_count", the time of the
	// last error as a text, and the status ACTIVE for SUCCESS.
	DocumentedShapes bool

	// PipeDelay is how long a file waits at least in the queue of a pipe before it is loaded, by the clock of the machine.
	// Default: 5 milliseconds.
	PipeDelay time.Duration
	// PipeEvents is how many files a report of Snowpipe has at most, as insertReport and loadHistoryScan answer it.
	// Default: 10,000.
	PipeEvents int
	// PipeScans is how often a minute loadHistoryScan answers for a pipe; more often it answers 429. Default: no limit.
	PipeScans int
	// CountOnly is for measuring clients: of Parquet files that are uploaded the rows in the footer are counted, see
	// [Server.Uploads], and the data is dropped; COPY INTO reports these rows as loaded and loads none. Of rows that are
	// streamed the line feeds are counted, see [Server.Appended], and channels report them as inserted.
	CountOnly bool
}

// User is one who may log in.
type User struct {
	// Name is an identifier as in SQL, without quotes: letters fold to upper case.
	Name string
	// Password lets the user log in by it. "": not by a password.
	Password string
	// PublicKey lets the user log in by tokens that the key pair's private key has signed. Nil: not by a key pair.
	PublicKey *rsa.PublicKey
	// OAuth and AccessTokens are tokens by which the user may log in: as from an OAuth server, and programmatic access
	// tokens.
	OAuth, AccessTokens []Token
	// Role is the default role; Roles are granted beside it. Default: DefaultRole.
	Role  string
	Roles []string
}

// Token is a text by which a user may log in.
type Token struct {
	Text    string
	Expires time.Time // zero: never
}

// withDefaults returns a copy of o with its defaults, or all its faults.
func (o Options) withDefaults() (Options, error) {
	var f config.Faults
	setDefault(&o.Addr, "127.0.0.1:0")
	setDefault(&o.Account, DefaultAccount)
	setDefault(&o.Database, DefaultDatabase)
	setDefault(&o.Schema, DefaultSchema)
	setDefault(&o.Warehouse, DefaultWarehouse)
	setDefault(&o.SessionTokens, time.Hour)
	setDefault(&o.MasterTokens, 4*time.Hour)
	setDefault(&o.LongPoll, 45*time.Second)
	setDefault(&o.ChunkRows, 10_000)
	setDefault(&o.StreamingDelay, 5*time.Millisecond)
	setDefault(&o.StreamingTokens, time.Hour)
	setDefault(&o.StreamingRequestBytes, 4_000_000)
	setDefault(&o.PipeDelay, 5*time.Millisecond)
	setDefault(&o.PipeEvents, mostPipeEvents)
	if o.Now == nil {
		o.Now = time.Now
	}
	if addr, err := netip.ParseAddrPort(o.Addr); err != nil || !addr.Addr().IsLoopback() {
		f.Add("Options.Addr", "%q is not a loopback address with a port, such as 127.0.0.1:0", o.Addr)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"SessionTokens", o.SessionTokens},
		{"MasterTokens", o.MasterTokens},
		{"IdleTransaction", o.IdleTransaction},
		{"IdleBlocking", o.IdleBlocking},
		{"LongPoll", o.LongPoll},
		{"StreamingTokens", o.StreamingTokens},
		{"PipeDelay", o.PipeDelay},
	} {
		if d.value < 0 {
			f.Add("Options."+d.name, "%v is negative", d.value)
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"ChunkRows", o.ChunkRows},
		{"PipeEvents", o.PipeEvents},
		{"PipeScans", o.PipeScans},
	} {
		if n.value < 0 {
			f.Add("Options."+n.name, "%d is negative", n.value)
		}
	}
	if o.StreamingRequestBytes < 0 {
		f.Add("Options.StreamingRequestBytes", "%d is negative", o.StreamingRequestBytes)
	}
	if o.StreamingRate.Requests < 0 || o.StreamingRate.Bytes < 0 {
		f.Add("Options.StreamingRate", "%v is negative", o.StreamingRate)
	}
	if o.Users == nil {
		o.Users = []User{{Name: DefaultUser, Password: DefaultPassword}}
	}
	o.Users, o.Buckets = slices.Clone(o.Users), maps.Clone(o.Buckets)
	for url, b := range o.Buckets {
		if b == nil || !strings.Contains(url, "://") {
			f.Add("Options.Buckets", "%q is not the URL of a bucket, such as s3://bucket/, with the bucket", url)
		}
	}
	for i := range o.Users {
		u := &o.Users[i]
		u.Name = strings.ToUpper(u.Name)
		setDefault(&u.Role, DefaultRole)
		if u.Name == "" {
			f.Add("Options.Users", "user %d has no name", i)
		}
	}
	return o, f.Err("snowflaketest")
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}
