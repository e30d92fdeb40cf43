// Package streaming is a client of Snowpipe Streaming's high-performance architecture, on its public REST API, in Go alone.
//
// Rows go through a channel, in order. Each append may carry an offset token, a text of the caller's; the service keeps
// the token of the last rows that are committed, and answers it whenever the channel is opened. That makes exactly once
// possible: open the channel, read on behind the token that is answered, and send the rest again.
//
//	client, err := streaming.NewClient(ctx, "loader", "DB", "PUBLIC", "EVENTS-STREAMING", &streaming.ClientOptions{Profile: profile})
//	channel, status, err := client.OpenChannel(ctx, "PARTITION_0", "")
//	// read on behind status.LatestCommittedOffsetToken
//	err = channel.AppendRow(ctx, map[string]any{"ID": 1, "NAME": "one"}, "1")
//	err = channel.WaitForToken(ctx, "1") // the row is in the table
//	err = client.Close(ctx, nil)
//
// # Appending
//
// An append puts rows into a buffer and returns. Requests are made of what is there, one at a time for each channel, since
// each needs the continuation token that the one before was answered with. They are sent once there is enough for one, or
// the oldest row has waited for [ClientOptions].FlushInterval, or a flush was asked for. What is sent is accepted, not yet
// committed: [Channel.WaitForCommit] and [Channel.WaitForToken] wait for that, which takes seconds.
//
// The rows of one append are in one request, so that a token never stands for half of them. Rows that do not fit into one
// are refused with a [*TooLargeError]; [Channel.AppendRecordAt] cuts a record and gives each piece its own token.
//
// [ClientOptions].BufferedBytes bounds what all channels of a client hold. Where it is full, an append waits, or fails with
// [ErrBufferFull], as [ClientOptions].Overflow says.
//
// # Rows that the table cannot take
//
// The service drops a row that does not fit, counts it in [ChannelStatus].RowsErrorCount and goes on: the committed token
// moves past it. The count is that of the channel since it was created, through reopening.
//
// # Errors
//
// What the service answers is an [*Error]. Its Class says what helps: the same call again, opening the channel again,
// a new client, or mending the configuration. The client itself repeats what is certain not to have been taken, and never
// opens a channel again by itself. Where it cannot be known whether an append was taken, the channel is of no more use: its
// calls fail with class [Reopen], and the token that opening it again answers tells.
//
// # Concurrency
//
// A [Client], a [Channel] and an [ElasticChannel] are safe for concurrent use. Rows of a channel that are appended by
// several goroutines come in some order. A channel belongs to whoever opened it last: anywhere else it fails with class
// [Reopen].
package streaming
