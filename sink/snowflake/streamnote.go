package snowflake

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/floedata/floe/offset"
)

// note is what the table of offsets has of a channel, in the place of an offset. Where a channel has come is said by its
// token, which moves with the rows. But a channel that is idle for 30 days vanishes with its token, and one that is not there
// answers as a new one does: by the note the two are told apart.
type note struct {
	state   state
	refused int64 // rows that Snowflake refused after it had taken them, as far as they are accounted for
	at      reached
}

// state says how far a note is to be trusted.
type state string

const (
	// unknown: there is no note. A channel was never opened under it.
	unknown state = ""
	// fresh: the channel was new when it was opened, at the note's offset: without a token it is still there.
	fresh state = "new"
	// opened: the channel had the note's token, or has one behind it.
	opened state = "open"
	// ended: its writer closed it with all committed, at the note's offset: nothing was appended since.
	ended state = "done"
	// void: the offsets are being forgotten, and the channel is to be dropped.
	void state = "void"
)

const notePrefix = "channel"

func (n note) String() string {
	if n.state == unknown {
		return ""
	}
	return strings.Join([]string{notePrefix, string(n.state), strconv.FormatInt(n.refused, 10), n.at.token()}, "/")
}

// parseNote reads a note. An offset without more is that of a sink by files, which is taken up from there: no channel of the
// partition is ahead of it.
func parseNote(text string) (note, error) {
	if text == "" {
		return note{}, nil
	}
	rest, found := strings.CutPrefix(text, notePrefix+"/")
	if !found {
		_, err := offset.Parse(text)
		return note{state: ended, at: reached{offset: text}}, err
	}
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) != 3 {
		return note{}, fmt.Errorf("%.60q is not a note of a channel", text)
	}
	n := note{state: state(parts[0])}
	var err error
	if n.refused, err = strconv.ParseInt(parts[1], 10, 64); err != nil || n.refused < 0 {
		return note{}, fmt.Errorf("%.60q is not a note of a channel: rows refused: %q", text, parts[1])
	}
	switch n.state {
	case fresh, opened, ended, void:
	default:
		return note{}, fmt.Errorf("%.60q is not a note of a channel: it has the state %q", text, parts[0])
	}
	n.at, err = parseToken(parts[2])
	return n, err
}

// Why a channel does not say where its partition goes on.
var (
	errVanished = errors.New("the channel is gone, and its offset token with it: it was idle for 30 days, or it or its pipe was dropped or made anew")
	errForeign  = errors.New("the channel's offset token is not the one that the table of offsets knows")
)

// resume says where a partition goes on: by the note, and by its channel, if that is there, with its token, if it has one.
func (n note) resume(there bool, token *string) (reached, error) {
	if n.state == void {
		return reached{}, nil
	}
	if !there || token == nil {
		switch {
		case n.state == unknown:
			return reached{}, nil
		case n.state == fresh && there:
			return n.at, nil
		case n.state == ended:
			return reached{offset: n.at.offset}, nil // a new channel has sent nothing
		}
		return reached{}, errVanished
	}
	at, err := parseToken(*token)
	if err != nil {
		return reached{}, fmt.Errorf("%w: %w", errForeign, err)
	}
	behind := at.ordinal() < n.at.ordinal()
	switch {
	case n.state == unknown, at.sent < n.at.sent, behind && at.sent > n.at.sent,
		n.state == ended && (at.sent > n.at.sent || at.ordinal() > n.at.ordinal()):
		return reached{}, fmt.Errorf("%w: it has %.200q, and the note is %.200q", errForeign, *token, n)
	case behind:
		return n.at, nil // behind the channel's last row there are rows that were not sent
	}
	return at, nil
}
