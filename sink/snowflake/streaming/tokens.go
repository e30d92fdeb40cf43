package streaming

import "slices"

// tokens are the offset tokens that were appended to a channel, in order, so that it can be told which ones a committed
// token covers. Of those that are committed the last ones are kept.
type tokens struct {
	list      []string
	committed int // how many of list are
}

// How many tokens are kept that are committed, and after how many that are not known to be somebody asks.
const (
	tokensKept  = 16 << 10
	tokensAsked = 64 << 10
)

// begin notes what is committed when the channel is opened.
func (t *tokens) begin(committed *string) {
	if committed != nil {
		t.list, t.committed = []string{*committed}, 1
	}
}

// add notes a token, and says whether it is time to ask what is committed. Equal ones one after the other count as one.
func (t *tokens) add(token string) (ask bool) {
	if last := len(t.list) - 1; token == "" || last >= t.committed && t.list[last] == token {
		return false
	}
	t.list = append(t.list, token)
	return (len(t.list)-t.committed)%tokensAsked == 0
}

// commit notes that a token is committed, and with it those before.
func (t *tokens) commit(token string) {
	for i := len(t.list) - 1; i >= t.committed; i-- {
		if t.list[i] == token {
			t.committed = i + 1
			break
		}
	}
	if t.committed > 2*tokensKept {
		n := t.committed - tokensKept
		t.list, t.committed = slices.Delete(t.list, 0, n), tokensKept
	}
}

// covered says whether a token is committed; known is false where it was never added, or long ago.
func (t *tokens) covered(token string) (committed, known bool) {
	for i := len(t.list) - 1; i >= 0; i-- {
		if t.list[i] == token {
			return i < t.committed, true
		}
	}
	return false, false
}
