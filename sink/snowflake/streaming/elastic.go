package streaming

import "context"

// ElasticChannel is a pipe's channel without order and without tokens: each row comes at least once. It needs no opening
// and no closing. Rows of calls that go on at the same time go in common requests.
type ElasticChannel struct{ client *Client }

func newElastic(c *Client) *ElasticChannel { return &ElasticChannel{client: c} }

func (e *ElasticChannel) close(context.Context, bool) error { return nil }
