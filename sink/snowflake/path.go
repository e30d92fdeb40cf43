package snowflake

import (
	"fmt"
	"hash/fnv"
	"strings"

	sf "github.com/floedata/floe/dialect/snowflake"
)

// plainPath are the characters of paths on a stage, which need no quoting of any kind.
const plainPath = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.=/"

// plain makes of a text a part of a path that is of no other whole: its first plain characters, and the hash of whole.
func plain(text, whole string) string {
	h := fnv.New64a()
	h.Write([]byte(whole))
	var b strings.Builder
	for _, r := range text {
		if b.Len() == 40 {
			break
		}
		if r == '/' || r == '.' || !strings.ContainsRune(plainPath, r) {
			r = '_'
		}
		b.WriteRune(r)
	}
	return fmt.Sprintf("%s-%016x", b.String(), h.Sum64())
}

// stage writes a place on the sink's stage as it stands in a statement; path has no slash before it.
func (s *Sink) stage(path string) string {
	name := s.place.Of(s.opts.resolve(s.opts.Stage))
	switch s.opts.Stage {
	case "~":
		name = "~"
	case "%":
		table := s.d.Quote(s.name)
		name = strings.TrimSuffix(s.place.Of(s.name), table) + "%" + table
	}
	return sf.Literal("@" + name + "/" + path)
}

// directory is where the files of the sink's table are, below the stage, with a slash behind.
func (s *Sink) directory() string {
	return s.opts.Prefix + "/" + plain(s.name, s.qualified(s.name)) + "/"
}

// lane is where the files of a partition are, below [Sink.directory], with a slash behind.
func lane(pipeline, partition string) string {
	return plain(pipeline, pipeline) + "/" + plain(partition, partition) + "/"
}
