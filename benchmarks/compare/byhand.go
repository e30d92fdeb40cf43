package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	gojson "github.com/goccy/go-json"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"github.com/floedata/floe/benchmarks/internal/child"
	"github.com/floedata/floe/benchmarks/internal/host"
)

// streamByHand streams by a loop that a careful programmer writes for this one table: a goroutine a channel, which marshals
// a struct a row into a buffer that is sent when it is full, and waits for the commit at the end. It repeats nothing
// and keeps no offsets.
func streamByHand(ctx context.Context, in input) (child.Result, error) {
	return streamed(ctx, in, appendByHand)
}

func appendByHand(ctx context.Context, a host.Account, parts [][]arrow.Record) error {
	s := &service{url: a.URL, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: len(parts)}}}
	defer s.client.CloseIdleConnections()
	if err := s.login(ctx, a); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	for i, recs := range parts {
		g.Go(func() error { return s.channel(ctx, fmt.Sprint("C", i), recs) })
	}
	return g.Wait()
}

// service is Snowpipe Streaming.
type service struct {
	url    string
	token  string
	client *http.Client
}

// login gets a token of the service by a token that the key signs.
func (s *service) login(ctx context.Context, a host.Account) error {
	key, err := jwt.ParseRSAPrivateKeyFromPEM(a.Key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	print := sha256.Sum256(der)
	user := strings.ToUpper(a.Account) + "." + a.User
	signed, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": user + ".SHA256:" + base64.StdEncoding.EncodeToString(print[:]), "sub": user,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(key)
	if err != nil {
		return err
	}
	s.token = signed
	name, err := s.call(ctx, http.MethodGet, hostname, "application/json", nil)
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "scope": {string(name)}}.Encode()
	scoped, err := s.call(ctx, http.MethodPost, "/oauth/token", "application/x-www-form-urlencoded", []byte(form))
	s.token = string(scoped)
	return err
}

const (
	hostname   = "/v2/streaming/hostname"
	byHandPipe = "/databases/TEST/schemas/PUBLIC/pipes/BYHAND-STREAMING"
	byHandPoll = 250 * time.Millisecond // as the sink does
)

// channel streams rows by a channel.
func (s *service) channel(ctx context.Context, name string, recs []arrow.Record) error {
	reply, err := s.call(ctx, http.MethodPut, "/v2/streaming"+byHandPipe+"/channels/"+name, "application/json", []byte("{}"))
	if err != nil {
		return err
	}
	c := &byHand{s: s, name: name}
	if err := c.next(reply); err != nil {
		return err
	}
	enc := gojson.NewEncoder(&c.buf)
	enc.SetEscapeHTML(false)
	var t trip
	for _, rec := range recs {
		fill, err := newFiller(rec)
		if err != nil {
			return err
		}
		for row := range int(rec.NumRows()) {
			fill.row(&t, row)
			full := c.buf.Len()
			if err := enc.Encode(&t); err != nil {
				return err
			}
			if c.buf.Len() > requestBytes {
				if err := c.send(ctx, full); err != nil {
					return err
				}
			}
			c.rows++
		}
	}
	if err := c.send(ctx, c.buf.Len()); err != nil {
		return err
	}
	return c.committed(ctx)
}

// byHand is a channel: the rows that are not sent, how many were marshalled, and the continuation token.
type byHand struct {
	s            *service
	name         string
	buf          bytes.Buffer
	rows         int64
	continuation string
}

func (c *byHand) next(reply []byte) error {
	var r struct {
		Token string `json:"next_continuation_token"`
	}
	err := json.Unmarshal(reply, &r)
	if err == nil && r.Token == "" {
		err = fmt.Errorf("channel %s: the service answers %s", c.name, reply)
	}
	c.continuation = r.Token
	return err
}

// send sends so many bytes.
func (c *byHand) send(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	end := strconv.FormatInt(c.rows, 10)
	q := url.Values{"continuationToken": {c.continuation}, "startOffsetToken": {end}, "endOffsetToken": {end}}
	path := "/v2/streaming/data" + byHandPipe + "/channels/" + c.name + "/rows?" + q.Encode()
	reply, err := c.s.call(ctx, http.MethodPost, path, "application/x-ndjson", c.buf.Bytes()[:n])
	if err != nil {
		return err
	}
	rest := c.buf.Bytes()[n:] // one row at most
	c.buf.Reset()
	c.buf.Write(rest)
	return c.next(reply)
}

// committed waits until the last row is.
func (c *byHand) committed(ctx context.Context) error {
	body, err := json.Marshal(map[string]any{"channel_names": []string{c.name}})
	if err != nil {
		return err
	}
	for {
		reply, err := c.s.call(ctx, http.MethodPost, "/v2/streaming"+byHandPipe+":bulk-channel-status", "application/json", body)
		if err != nil {
			return err
		}
		var r struct {
			Statuses map[string]struct {
				Token *string `json:"last_committed_offset_token"`
			} `json:"channel_statuses"`
		}
		if err := json.Unmarshal(reply, &r); err != nil {
			return err
		}
		if t := r.Statuses[c.name].Token; t != nil && *t == strconv.FormatInt(c.rows, 10) {
			return nil
		}
		select {
		case <-time.After(byHandPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// call makes a call and answers the body of a reply that is well.
func (s *service) call(ctx context.Context, method, path, kind string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", kind)
	if path == hostname {
		req.Header.Set("X-Snowflake-Authorization-Token-Type", "KEYPAIR_JWT")
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, reply)
	}
	return reply, err
}
