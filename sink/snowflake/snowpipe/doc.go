// Package snowpipe is a client of Snowpipe: files that are on a stage are named to a pipe, which loads them into its table,
// by compute of Snowflake's own, in the order and at the moment of its choice.
//
//	client, err := snowpipe.NewClient(config, snowpipe.Name{Database: "SALES", Schema: "PUBLIC", Object: "EVENTS_PIPE"}, nil)
//	answer, err := client.InsertFiles(ctx, []snowpipe.StagedFile{{Path: "2026/11/a.parquet", Size: 104_857_600}})
//	report, err := client.InsertReport(ctx, nil)
//
// A [Client] speaks Snowpipe's REST protocol, to which users log in by key pair alone, and act by their default role:
// [Client.InsertFiles] names files, [Client.InsertReport] tells what became of those of the last ten minutes, and
// [Client.LoadHistory] of those between two times. [CopyHistory] asks for the same by SQL, of 14 days and without a limit of
// its rate. [Create], [Show], [Describe], [Alter], [Pause], [Resume], [Drop], [Refresh] and [ReadStatus] are the statements on
// pipes, and [Privileges] the privileges that they and the client take.
//
// # What a pipe promises
//
// A pipe remembers the names of files for 14 days: in this time, a file that is named again is skipped, also where it has
// other content by then, and where its load failed. So InsertFiles may be called again with the same files, as often as its
// outcome is unknown. A pipe that is made anew (CREATE OR REPLACE) remembers nothing. What the pipe loads the table's
// own history does not have: a COPY INTO of the same files loads them again.
//
// # Errors
//
// Answers of the service that are no success are an *[Error], with HTTP's status and Snowflake's code. Package retry tells
// which are worth another try: those of a lost connection, too many requests (429) and of the service's own faults. The
// client tries those again by itself, see [ClientOptions].Retry: every call of it may be repeated. A token that is refused is
// made anew, once.
package snowpipe
