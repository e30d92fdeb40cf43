package snowpipe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	sf "github.com/floedata/floe/dialect/snowflake"
)

// Definition is what a pipe is made of.
type Definition struct {
	Name Name
	// Replace makes the pipe anew where there is one: it forgets which files it has loaded, and what is queued. IfMissing
	// leaves one that is there as it is. Not both.
	Replace, IfMissing bool
	// AutoIngest has the pipe load files as the cloud tells of them; else InsertFiles names them.
	AutoIngest bool
	// Integration is the notification integration of an auto-ingest pipe on Google Cloud or Azure, Topic the SNS topic of
	// one on AWS that has its bucket's events from there; "" = none.
	Integration, Topic string
	// ErrorIntegration is told of loads that fail; "" = none.
	ErrorIntegration string
	// Comment is the pipe's.
	Comment string
	// Copy is the COPY INTO statement. FILES, SIZE_LIMIT, PURGE, FORCE, RETURN_FAILED_ONLY, VALIDATION_MODE and ON_ERROR =
	// ABORT_STATEMENT are not for pipes.
	Copy string
}

// String writes the CREATE PIPE.
func (d Definition) String() string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if d.Replace {
		b.WriteString("OR REPLACE ")
	}
	b.WriteString("PIPE ")
	if d.IfMissing {
		b.WriteString("IF NOT EXISTS ")
	}
	b.WriteString(d.Name.String())
	if d.AutoIngest {
		b.WriteString("\n  AUTO_INGEST = TRUE")
	}
	if d.ErrorIntegration != "" {
		b.WriteString("\n  ERROR_INTEGRATION = " + quote(d.ErrorIntegration))
	}
	for _, p := range []struct{ name, value string }{{"AWS_SNS_TOPIC", d.Topic}, {"INTEGRATION", d.Integration}, {"COMMENT", d.Comment}} {
		if p.value != "" {
			b.WriteString("\n  " + p.name + " = " + sf.Literal(p.value))
		}
	}
	b.WriteString("\n  AS " + d.Copy)
	return b.String()
}

// Create makes a pipe. As those of all statements of this package, its errors are the driver's.
func Create(ctx context.Context, db DB, d Definition) error {
	switch {
	case d.Replace && d.IfMissing:
		return errors.New("snowpipe: create a pipe: Replace and IfMissing exclude one another")
	case d.Copy == "":
		return errors.New("snowpipe: create a pipe: Copy is empty: it is the COPY INTO that the pipe runs")
	}
	return exec(ctx, db, "create", d.Name, d.String())
}

// Info is what Snowflake says of a pipe.
type Info struct {
	Name                Name
	Created             time.Time
	Definition          string // the COPY INTO
	Owner               string // a role
	Comment             string
	Pattern             string // of the COPY
	NotificationChannel string // of an auto-ingest pipe: the queue that its bucket's events go to
	Integration         string
	ErrorIntegration    string
	InvalidReason       string // why it does not work; "" = it does
	Kind                string // STAGE, or STREAMING
}

// Describe returns what Snowflake says of a pipe.
func Describe(ctx context.Context, db DB, pipe Name) (Info, error) {
	list, err := infos(ctx, db, "DESCRIBE PIPE "+pipe.String())
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("DESCRIBE answers %d rows", len(list))
	}
	if err != nil {
		return Info{}, fmt.Errorf("snowpipe: describe %s: %w", pipe, err)
	}
	return list[0], nil
}

// ShowOptions choose pipes. nil: all of the session's database, or of the account where it has none.
type ShowOptions struct {
	// Like has pipes whose names fit, in any case: % stands for any text, _ for any character.
	Like string
	// Database and Schema have the pipes that are there. A Schema without a Database is the session's.
	Database, Schema string
}

// Show lists the pipes that the role may see.
func Show(ctx context.Context, db DB, opts *ShowOptions) ([]Info, error) {
	var o ShowOptions
	if opts != nil {
		o = *opts
	}
	list, err := infos(ctx, db, o.statement())
	if err != nil {
		return nil, fmt.Errorf("snowpipe: show pipes: %w", err)
	}
	return list, nil
}

func (o ShowOptions) statement() string {
	q := "SHOW PIPES"
	if o.Like != "" {
		q += " LIKE " + sf.Literal(o.Like)
	}
	switch {
	case o.Schema != "":
		q += " IN SCHEMA " + Name{Schema: o.Database, Object: o.Schema}.String()
	case o.Database != "":
		q += " IN DATABASE " + quote(o.Database)
	}
	return q
}

func infos(ctx context.Context, db DB, query string) ([]Info, error) {
	var list []Info
	var fault error
	err := sf.Each(ctx, db, query, func(row map[string]string) {
		info, err := parseInfo(row)
		if err != nil && fault == nil {
			fault = err
		}
		list = append(list, info)
	})
	return list, errors.Join(err, fault)
}

// parseInfo reads a row of SHOW PIPES or DESCRIBE PIPE.
func parseInfo(row map[string]string) (Info, error) {
	var created stamp
	if err := created.parse(row["created_on"]); err != nil {
		return Info{}, fmt.Errorf("created_on of pipe %.200q: %w", row["name"], err)
	}
	if row["name"] == "" {
		return Info{}, errors.New("a pipe has no name")
	}
	return Info{
		Name: Name{row["database_name"], row["schema_name"], row["name"]}, Created: created.Time,
		Definition: row["definition"], Owner: row["owner"], Comment: row["comment"], Pattern: row["pattern"],
		NotificationChannel: row["notification_channel"], Integration: row["integration"], ErrorIntegration: row["error_integration"],
		InvalidReason: row["invalid_reason"], Kind: row["kind"],
	}, nil
}

// Alteration is what may change of a pipe; what is nil stays. A text that is "" is unset.
type Alteration struct {
	Paused           *bool
	Comment          *string
	ErrorIntegration *string
}

// statements writes what sets the properties, and what unsets them.
func (a Alteration) statements(pipe Name) []string {
	var set, unset []string
	if a.Paused != nil {
		set = append(set, "PIPE_EXECUTION_PAUSED = "+strings.ToUpper(fmt.Sprint(*a.Paused)))
	}
	text := func(property string, value *string, write func(string) string) {
		switch {
		case value == nil:
		case *value == "":
			unset = append(unset, property)
		default:
			set = append(set, property+" = "+write(*value))
		}
	}
	text("ERROR_INTEGRATION", a.ErrorIntegration, quote)
	text("COMMENT", a.Comment, sf.Literal)
	var list []string
	if len(set) > 0 {
		list = append(list, "ALTER PIPE "+pipe.String()+" SET "+strings.Join(set, " "))
	}
	if len(unset) > 0 {
		list = append(list, "ALTER PIPE "+pipe.String()+" UNSET "+strings.Join(unset, ", "))
	}
	return list
}

// Alter changes properties of a pipe. What its COPY is cannot be changed: make the pipe anew, and see to it that no file
// is loaded twice.
func Alter(ctx context.Context, db DB, pipe Name, a Alteration) error {
	for _, q := range a.statements(pipe) {
		if err := exec(ctx, db, "alter", pipe, q); err != nil {
			return err
		}
	}
	return nil
}

// Pause has a pipe load nothing. It goes on taking files, for 14 days.
func Pause(ctx context.Context, db DB, pipe Name) error {
	paused := true
	return Alter(ctx, db, pipe, Alteration{Paused: &paused})
}

// Resume has a paused pipe go on. One whose owner has changed meanwhile, or an auto-ingest pipe that was paused for more than
// 14 days, takes ForceResume.
func Resume(ctx context.Context, db DB, pipe Name) error {
	paused := false
	return Alter(ctx, db, pipe, Alteration{Paused: &paused})
}

// Force says what may be passed over by ForceResume.
type Force struct {
	Staleness         bool // the pipe was paused for more than 14 days: events of before may be lost
	OwnershipTransfer bool // the stale pipe has another owner by now
}

// ForceResume has a pipe go on that Resume does not.
func ForceResume(ctx context.Context, db DB, pipe Name, f Force) error {
	var overrides []string
	if f.Staleness {
		overrides = append(overrides, "staleness_check_override")
	}
	if f.OwnershipTransfer {
		overrides = append(overrides, "ownership_transfer_check_override")
	}
	args := sf.Literal(pipe.String())
	if len(overrides) > 0 {
		args += ", " + sf.Literal(strings.Join(overrides, ", "))
	}
	return exec(ctx, db, "resume", pipe, "SELECT SYSTEM$PIPE_FORCE_RESUME("+args+")")
}

// Drop drops a pipe, with its queue and its memory of files. There need be none.
func Drop(ctx context.Context, db DB, pipe Name) error {
	return exec(ctx, db, "drop", pipe, "DROP PIPE IF EXISTS "+pipe.String())
}

// RefreshOptions choose files. nil: all of the last 7 days.
type RefreshOptions struct {
	// Prefix has files whose paths begin with it, below the location that the pipe's COPY loads from.
	Prefix string
	// ModifiedAfter has files that were staged since then, within 7 days. Zero: 7 days.
	ModifiedAfter time.Time
}

// Refreshed is a file that Refresh has looked at.
type Refreshed struct {
	Path   string
	Status string // SENT, where it is queued
}

// Refresh queues files that are on the stage and that neither the pipe nor a COPY has loaded. It is for mending, not for use as
// a rule.
func Refresh(ctx context.Context, db DB, pipe Name, opts *RefreshOptions) ([]Refreshed, error) {
	var o RefreshOptions
	if opts != nil {
		o = *opts
	}
	var list []Refreshed
	err := sf.Each(ctx, db, o.statement(pipe), func(row map[string]string) {
		list = append(list, Refreshed{Path: row["file"], Status: row["status"]})
	})
	if err != nil {
		return nil, fmt.Errorf("snowpipe: refresh %s: %w", pipe, err)
	}
	return list, nil
}

func (o RefreshOptions) statement(pipe Name) string {
	q := "ALTER PIPE " + pipe.String() + " REFRESH"
	if o.Prefix != "" {
		q += " PREFIX = " + sf.Literal(o.Prefix)
	}
	if !o.ModifiedAfter.IsZero() {
		q += " MODIFIED_AFTER = " + sf.Literal(o.ModifiedAfter.UTC().Format(time.RFC3339))
	}
	return q
}

func exec(ctx context.Context, db DB, doing string, pipe Name, query string) error {
	if _, err := db.ExecContext(ctx, query); err != nil {
		return fmt.Errorf("snowpipe: %s %s: %w", doing, pipe, err)
	}
	return nil
}
