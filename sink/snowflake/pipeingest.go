package snowflake

import (
	"context"
	"fmt"
	"strings"

	"gocloud.dev/gcerrors"

	"github.com/floedata/floe/internal/bucket"
)

// AutoIngest has the pipe load what the bucket's events tell of, and not what it is told by REST: there is no need of a key
// pair. Objects are written to the sink's directory, as without it, and copied to where the pipe looks once they are owed.
// What became of them the table's history tells, which needs a warehouse at each look.
//
// Let the bucket send events of that place alone, by a filter of the prefix: every other event costs, and delays. It is
// PREFIX-ingest/TABLE-HASH/ below the stage, as [PipeSink.IngestPrefix] says; the suffix is .parquet. The pipe's
// notification_channel, which the sink logs when it makes the pipe, is where S3's events go to.
type AutoIngest struct {
	// Integration is the notification integration on Google Cloud and Azure; Topic the SNS topic on AWS where the bucket's
	// events come by one. Default: on AWS, the queue of the account's own.
	Integration, Topic string
}

// IngestPrefix is where an auto-ingest pipe looks for objects, below the stage's own URL, with a slash behind; "" = the pipe is
// told of files by REST.
func (p *PipeSink) IngestPrefix(ctx context.Context) (string, error) {
	if p.opts.AutoIngest == nil {
		return "", nil
	}
	if err := p.s.start(ctx); err != nil {
		return "", err
	}
	return p.directory(), nil
}

// directory is where the pipe's files are, below the stage, with a slash behind.
func (p *PipeSink) directory() string {
	own := p.s.directory()
	if p.opts.AutoIngest == nil {
		return own
	}
	return p.s.opts.Prefix + "-ingest" + strings.TrimPrefix(own, p.s.opts.Prefix)
}

// staged is the path of an owed file below the sink's directory; an error where another process has put it elsewhere.
func (p *PipeSink) staged(f owedFile) (string, error) {
	for _, dir := range []string{p.directory(), p.s.directory()} {
		if below, ok := strings.CutPrefix(f.path, dir); ok {
			return below, nil
		}
	}
	return "", fmt.Errorf("%s is owed, and not in the directory %s: set Options.Prefix as it was", f.path, p.directory())
}

// publish copies objects to where an auto-ingest pipe looks, unless they are there. One that is nowhere was loaded by then, as
// a rule, for another claim: who waits for it finds out.
func (p *PipeSink) publish(ctx context.Context, files []owedFile) error {
	e := p.s.store.(*externalStage)
	b, dir := e.at()
	root := strings.TrimSuffix(dir, p.s.directory())
	for _, f := range files {
		below, err := p.staged(f)
		if err != nil {
			return err
		}
		there, err := b.Exists(ctx, root+f.path)
		if err == nil && !there {
			err = b.Copy(ctx, root+f.path, dir+below, nil)
		}
		if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("copy %s to where the pipe looks: %w", below, bucket.Classify(err))
		}
	}
	return nil
}

// withdraw removes objects from where an auto-ingest pipe looks. One that cannot be removed stays.
func (p *PipeSink) withdraw(ctx context.Context, files []owedFile) {
	if p.opts.AutoIngest == nil || p.opts.KeepStaged {
		return
	}
	b, dir := p.s.store.(*externalStage).at()
	root := strings.TrimSuffix(dir, p.s.directory())
	for _, f := range files {
		if err := b.Delete(ctx, root+f.path); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			p.s.opts.Logger.WarnContext(ctx, "an object stays where the pipe looks", "sink", "snowflake", "table", p.s.name, "object", f.path, "error", bucket.Classify(err))
		}
	}
}
