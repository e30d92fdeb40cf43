package snowflake

import (
	"strings"
	"testing"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
)

// TestExternalFaults: what an external stage needs is asked for, and what its URL says is known.
func TestExternalFaults(t *testing.T) {
	t.Setenv("AZURE_STORAGE_ACCOUNT", "")
	t.Setenv("AZURE_STORAGE_DOMAIN", "")
	for _, scheme := range []string{"s3", "gs", "azblob"} { // whose drivers are not linked in here
		if !blob.DefaultURLMux().ValidBucketScheme(scheme) {
			blob.DefaultURLMux().RegisterBucket(scheme, nil)
		}
	}
	b := memblob.OpenBucket(nil)
	defer b.Close()
	for _, tc := range []struct {
		name     string
		o        Options
		location string
		want     string // in the fault; "" = none
	}{
		{"s3", Options{Stage: "s", External: &External{URL: "s3://b?region=x"}}, "s3://b/", ""},
		{"s3 with a prefix", Options{Stage: "s", External: &External{URL: "s3://b?prefix=a/b/"}}, "s3://b/a/b/", ""},
		{"gs", Options{Stage: "s", External: &External{URL: "gs://b"}}, "gcs://b/", ""},
		{"azblob", Options{Stage: "s", External: &External{URL: "azblob://c?storage_account=a"}}, "azure://a.blob.core.windows.net/c/", ""},
		{"azblob elsewhere", Options{Stage: "s", External: &External{URL: "azblob://c?storage_account=a&domain=blob.example"}}, "azure://a.blob.example/c/", ""},
		{"azblob of nobody", Options{Stage: "s", External: &External{URL: "azblob://c"}}, "", "Options.External.Location: is needed"},
		{"a location that is given", Options{Stage: "s", External: &External{URL: "s3://b", Location: "s3gov://b"}}, "s3gov://b/", ""},
		{"a bucket", Options{Stage: "s", External: &External{Bucket: b, Location: "s3://b/"}}, "s3://b/", ""},
		{"a bucket of nowhere", Options{Stage: "s", External: &External{Bucket: b}}, "", "Options.External.Location: is needed beside Bucket"},
		{"memory", Options{Stage: "s", External: &External{URL: "mem://"}}, "", "Options.External.Location: is needed"},
		{"both", Options{Stage: "s", External: &External{Bucket: b, URL: "s3://b"}}, "", "Options.External.URL: is set beside Bucket"},
		{"no driver", Options{Stage: "s", External: &External{URL: "ftp://b", Location: "s3://b/"}}, "", "no driver for ftp://"},
		{"no URL", Options{Stage: "s", External: &External{URL: "b?secret=geheim"}}, "", "Options.External.URL: is not the URL of a bucket"},
		{"no location", Options{Stage: "s", External: &External{Bucket: b, Location: "bucket"}}, "", `Options.External.Location: "bucket" is not the URL`},
		{"no stage", Options{External: &External{URL: "s3://b"}}, "", "Options.Stage: is not the name"},
		{"the table's stage", Options{Stage: "%", External: &External{URL: "s3://b"}}, "", "Options.Stage: is not the name"},
		{"a directory on disk", Options{Stage: "s", StagingDir: "x", External: &External{URL: "s3://b"}}, "", "Options.StagingDir: has no effect"},
		{"a hostile integration", Options{Stage: "s", External: &External{URL: "s3://b", Integration: "\x00"}}, "", "Options.External.Integration"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			given := *tc.o.External
			got, err := checked("x", "t", &tc.o)
			if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "geheim")) {
				t.Errorf("%v, want %q", err, tc.want)
			}
			if err == nil && got.External.Location != tc.location {
				t.Errorf("the location is %q, want %q", got.External.Location, tc.location)
			}
			if *tc.o.External != given {
				t.Errorf("the caller's options are changed: %+v", *tc.o.External)
			}
		})
	}
}
