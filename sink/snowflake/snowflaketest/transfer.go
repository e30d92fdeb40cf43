package snowflaketest

import (
	"encoding/base64"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/floedata/floe/sink/snowflake/snowflaketest/internal/engine"
)

// transferData is what PUT and GET answer: what the client is to move, and how.
type transferData struct {
	Command           string    `json:"command"` // UPLOAD or DOWNLOAD
	Operation         string    `json:"operation"`
	Sources           []string  `json:"src_locations"`
	LocalLocation     *string   `json:"localLocation"`
	Parallel          int       `json:"parallel"`
	Threshold         int64     `json:"threshold"`
	AutoCompress      bool      `json:"autoCompress"`
	SourceCompression string    `json:"sourceCompression,omitempty"`
	Overwrite         bool      `json:"overwrite"`
	ShowEncryption    bool      `json:"clientShowEncryptionParameter"`
	Encryption        any       `json:"encryptionMaterial"` // of PUT one, of GET one for each file
	PresignedURLs     []string  `json:"presignedUrls"`
	Stage             stageInfo `json:"stageInfo"`
}

// stageInfo is where a stage's files are.
type stageInfo struct {
	Type           string            `json:"locationType"`
	Location       string            `json:"location"`
	Path           string            `json:"path"`
	Region         *string           `json:"region"`
	StorageAccount *string           `json:"storageAccount"`
	Encrypted      bool              `json:"isClientSideEncrypted"`
	Credentials    map[string]string `json:"creds"`
	PresignedURL   *string           `json:"presignedUrl"`
	EndPoint       *string           `json:"endPoint"`
}

// encryptionMaterial is what a client needs to encrypt files of a stage, and to decrypt them.
type encryptionMaterial struct {
	MasterKey string `json:"queryStageMasterKey"`
	QueryID   string `json:"queryId"`
	SMKID     int64  `json:"smkId"`
}

// multipart is the size from which drivers upload in parts, where the service takes parts.
const multipart = 200 << 20

// transfer answers PUT or GET.
func (r *run) transfer(q *query, t *engine.Transfer) (*transferData, error) {
	d := &transferData{
		Command:           "UPLOAD",
		Operation:         "Node",
		Sources:           t.Files,
		Parallel:          t.Parallel,
		Threshold:         multipart,
		AutoCompress:      t.Compress,
		SourceCompression: t.Source,
		Overwrite:         t.Overwrite,
		ShowEncryption:    true,
		PresignedURLs:     []string{},
		Stage:             stageInfo{Type: "LOCAL_FS", Location: filepath.Join(t.Stage, t.Path), Credentials: map[string]string{}},
	}
	if t.Get {
		d.Command, d.LocalLocation, d.SourceCompression = "DOWNLOAD", &t.Local, ""
	}
	if r.server.options.LocalStages && !t.Get { // the driver knows no GET there
		return d, nil
	}
	stage, err := filepath.Rel(r.dir, t.Stage)
	if err != nil || !filepath.IsLocal(stage) {
		return nil, fmt.Errorf("stage %s is outside of the account's directory", t.Stage)
	}
	d.Stage.Type, d.Stage.Location, d.Stage.Path = "GCS", "snowflaketest/"+path.Join(filepath.ToSlash(stage), t.Path)+"/", t.Path
	d.Stage.Encrypted = t.Encrypted
	material := encryptionMaterial{base64.StdEncoding.EncodeToString(r.masterKey(stage)), q.id, smkID}
	if t.Get {
		materials := []encryptionMaterial{}
		for _, name := range t.Files {
			url, err := r.sign(object{stage, path.Join(t.Path, name), t.Encrypted})
			if err != nil {
				return nil, err
			}
			d.PresignedURLs = append(d.PresignedURLs, url)
			if t.Encrypted {
				materials = append(materials, material)
			}
		}
		d.Encryption = materials
		return d, nil
	}
	if t.Encrypted {
		d.Encryption = material
	}
	if len(t.Files) == 1 {
		url, err := r.sign(object{stage, path.Join(t.Path, uploadName(t.Files[0])), t.Encrypted})
		if err != nil {
			return nil, err
		}
		d.Stage.PresignedURL = &url
	}
	return d, nil
}

// uploadName is the name on the stage of the one file that a PUT is sent again for. The driver, gosnowflake, has then cut
// off the end of the path at the file's letters and put the file's name there: of a pattern the wildcards are left before
// it.
func uploadName(local string) string {
	name := local[strings.LastIndexAny(local, `/\`)+1:]
	return name[strings.LastIndexAny(name, "*?]")+1:]
}
