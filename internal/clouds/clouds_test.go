package clouds

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/snowflakedb/gosnowflake"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
	_ "gocloud.dev/blob/gcsblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/floedata/floe/internal/servers"
)

// TestMain keeps the driver, which logs every error that it answers, quiet.
func TestMain(m *testing.M) {
	if err := gosnowflake.GetLogger().SetLogLevel("fatal"); err != nil {
		panic(err)
	}
	m.Run()
}

// cloud is one of the three, emulated.
type cloud struct {
	name  string
	start func(t *testing.T) place
}

// place is a bucket that is empty, for one test.
type place struct {
	open     string // the URL by which gocloud.dev opens it
	path     string // the URL of its root, for source/file, to which a key and then query are added
	query    string
	location string // what Snowflake calls it
}

var clouds = []cloud{{"s3", startS3}, {"gcs", startGCS}, {"azure", startAzure}}

// each runs a test for each cloud. Drivers are configured by the environment: such tests are not parallel.
func each(t *testing.T, f func(t *testing.T, p place)) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) { f(t, c.start(t)) })
	}
}

func startS3(t *testing.T) place {
	backend := s3mem.New()
	if err := backend.CreateBucket("floe-bucket"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "floe")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "unused")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	query := "?region=us-east-1&use_path_style=true&endpoint=" + server.URL
	return place{open: "s3://floe-bucket" + query, path: "s3://floe-bucket/", query: query, location: "s3://floe-bucket/"}
}

func startGCS(t *testing.T) place {
	// Objects are read by the address of the server itself, which it has to know.
	listener := httptest.NewUnstartedServer(nil)
	addr := listener.Listener.Addr().String()
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		NoListener: true, PublicHost: addr, ExternalURL: "http://" + addr, Writer: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = server.HTTPHandler()
	listener.Start()
	t.Cleanup(func() {
		listener.CloseClientConnections()
		listener.Close()
		server.Stop()
	})
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "floe-bucket"})
	t.Setenv("STORAGE_EMULATOR_HOST", addr)
	return place{open: "gs://floe-bucket", path: "gs://floe-bucket/", location: "gcs://floe-bucket/"}
}

var containers atomic.Int64

func startAzure(t *testing.T) place {
	addr := strings.TrimPrefix(servers.Azurite(t), "http://")
	t.Setenv("AZURE_STORAGE_ACCOUNT", servers.AzuriteAccount)
	t.Setenv("AZURE_STORAGE_KEY", servers.AzuriteKey)
	t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
	t.Setenv("AZURE_STORAGE_DOMAIN", addr)
	t.Setenv("AZURE_STORAGE_IS_LOCAL_EMULATOR", "true")
	name := fmt.Sprintf("floe-%d", containers.Add(1))
	url, err := azureblob.NewServiceURL(azureblob.NewDefaultServiceURLOptions())
	if err != nil {
		t.Fatal(err)
	}
	client, err := azureblob.NewDefaultClient(url, azureblob.ContainerName(name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.Delete(context.WithoutCancel(t.Context()), nil); err != nil {
			t.Error(err)
		}
	})
	return place{
		open: "azblob://" + name, path: "azblob://" + name + "/",
		location: "azure://" + servers.AzuriteAccount + ".blob.core.windows.net/" + name + "/",
	}
}

// bucket opens the bucket for the test itself.
func (p place) bucket(t *testing.T) *blob.Bucket {
	t.Helper()
	b, err := blob.OpenBucket(t.Context(), p.open)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// keys lists what a bucket has.
func keys(t *testing.T, b *blob.Bucket) (list []string) {
	t.Helper()
	for it := b.List(nil); ; {
		o, err := it.Next(t.Context())
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o.Key)
	}
}
