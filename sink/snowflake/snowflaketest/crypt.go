package snowflaketest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

// Stages have client-side encryption: each file has a key of its own, by which AES in CBC mode encrypts it, and which goes
// with it, encrypted by the key of the stage with AES in ECB mode. Both are padded as PKCS #7 says.

// smkID is the number of the stages' master key.
const smkID = 92019681909886

// Headers of a file on a stage.
const (
	headerEncryption = "x-goog-meta-encryptiondata"
	headerMaterial   = "x-goog-meta-matdesc"
	headerDigest     = "x-goog-meta-sfc-digest"
)

// encryptionData is how a file is encrypted, as its header has it.
type encryptionData struct {
	Mode       string `json:"EncryptionMode"`
	WrappedKey struct {
		ID        string `json:"KeyId"`
		Key       string `json:"EncryptedKey"`
		Algorithm string `json:"Algorithm"`
	} `json:"WrappedContentKey"`
	Agent struct {
		Protocol  string `json:"Protocol"`
		Algorithm string `json:"EncryptionAlgorithm"`
	} `json:"EncryptionAgent"`
	IV       string `json:"ContentEncryptionIV"`
	Metadata struct {
		Library string `json:"EncryptionLibrary"`
	} `json:"KeyWrappingMetadata"`
}

// masterKey is the key of a stage.
func (r *run) masterKey(stage string) []byte { return r.derive("stage", stage)[:16] }

// derive makes bytes that are the same whenever they are asked for.
func (r *run) derive(what, of string) []byte {
	mac := hmac.New(sha256.New, r.server.secret)
	fmt.Fprintf(mac, "%q %q", what, of)
	return mac.Sum(nil)
}

// receive copies the body of an upload, decrypted if it says that it is encrypted, and returns the bytes copied.
func (r *run) receive(x *exchange, o object, to io.Writer) (int64, error) {
	header := x.Request.Header.Get(headerEncryption)
	if header == "" {
		return io.Copy(to, x.Body)
	}
	key, iv, err := unwrap(header, r.masterKey(o.stage))
	if err != nil {
		return 0, fmt.Errorf("header %s: %w", headerEncryption, err)
	}
	return decrypt(to, x.Body, key, iv)
}

// send serves a file encrypted, with a key and a vector that are made of what the file is, so that parts of it that are
// fetched one by one go together.
func (r *run) send(x *exchange, o object, f *os.File, info os.FileInfo) error {
	of := fmt.Sprintf("%s %d %d", r.file(o), info.Size(), info.ModTime().UnixNano())
	key, iv := r.derive("key", of)[:16], r.derive("vector", of)[:aes.BlockSize]
	plain, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	data := encrypt(plain, key, iv)
	header, err := wrap(key, iv, r.masterKey(o.stage))
	if err != nil {
		return err
	}
	material, err := json.Marshal(map[string]string{
		"smkId": strconv.FormatInt(smkID, 10), "queryId": "", "keySize": strconv.Itoa(8 * len(key)),
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(plain)
	x.Header().Set(headerEncryption, header)
	x.Header().Set(headerMaterial, string(material))
	x.Header().Set(headerDigest, base64.StdEncoding.EncodeToString(sum[:]))
	http.ServeContent(x, x.Request, "", info.ModTime(), bytes.NewReader(data))
	return nil
}

// wrap returns the header of a file that key and iv have encrypted.
func wrap(key, iv, master []byte) (string, error) {
	padded := pad(key)
	if err := ecb(padded, master, cipher.Block.Encrypt); err != nil {
		return "", err
	}
	var d encryptionData
	d.Mode = "FullBlob"
	d.WrappedKey.ID, d.WrappedKey.Key = "symmKey1", base64.StdEncoding.EncodeToString(padded)
	d.WrappedKey.Algorithm = "AES_CBC_256"
	d.Agent.Protocol, d.Agent.Algorithm = "1.0", "AES_CBC_256"
	d.IV = base64.StdEncoding.EncodeToString(iv)
	d.Metadata.Library = "Java 5.3.0"
	b, err := json.Marshal(d)
	return string(b), err
}

// unwrap returns key and vector of a file's header.
func unwrap(header string, master []byte) (key, iv []byte, err error) {
	var d encryptionData
	if err := json.Unmarshal([]byte(header), &d); err != nil {
		return nil, nil, err
	}
	if key, err = base64.StdEncoding.DecodeString(d.WrappedKey.Key); err != nil {
		return nil, nil, fmt.Errorf("EncryptedKey: %w", err)
	}
	if err := ecb(key, master, cipher.Block.Decrypt); err != nil {
		return nil, nil, fmt.Errorf("EncryptedKey: %w", err)
	}
	if key, err = unpad(key); err != nil {
		return nil, nil, fmt.Errorf("EncryptedKey: not encrypted by the key of this stage: %w", err)
	}
	if iv, err = base64.StdEncoding.DecodeString(d.IV); err != nil {
		return nil, nil, fmt.Errorf("ContentEncryptionIV: %w", err)
	}
	if len(iv) != aes.BlockSize {
		return nil, nil, fmt.Errorf("ContentEncryptionIV: %d bytes instead of %d", len(iv), aes.BlockSize)
	}
	return key, iv, nil
}

// ecb runs a block cipher over data in place, block by block.
func ecb(data, key []byte, crypt func(b cipher.Block, dst, src []byte)) error {
	b, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	if len(data)%aes.BlockSize != 0 {
		return errNotBlocks
	}
	for ; len(data) > 0; data = data[aes.BlockSize:] {
		crypt(b, data[:aes.BlockSize], data[:aes.BlockSize])
	}
	return nil
}

var (
	errNotBlocks = errors.New("encrypted data is not a number of whole blocks")
	errPadding   = errors.New("encrypted data does not end in padding: the key or the data is wrong")
)

// encrypt returns data encrypted by AES-CBC. key and iv are sizes that AES has.
func encrypt(data, key, iv []byte) []byte {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic("snowflaketest: " + err.Error())
	}
	out := pad(data)
	cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, out)
	return out
}

// decrypt copies what AES-CBC has encrypted, and returns the bytes written.
func decrypt(to io.Writer, from io.Reader, key, iv []byte) (int64, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return 0, err
	}
	mode := cipher.NewCBCDecrypter(b, iv)
	buf := make([]byte, 256<<10)
	held := make([]byte, 0, aes.BlockSize) // the block before: the last one has the padding
	var written int64
	for {
		n, err := io.ReadFull(from, buf)
		if n%aes.BlockSize != 0 {
			return written, errNotBlocks
		}
		if n > 0 {
			mode.CryptBlocks(buf[:n], buf[:n])
			for _, part := range [][]byte{held, buf[:n-aes.BlockSize]} {
				if _, err := to.Write(part); err != nil {
					return written, err
				}
				written += int64(len(part))
			}
			held = append(held[:0], buf[n-aes.BlockSize:n]...)
		}
		switch over := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); {
		case over && len(held) == 0:
			return 0, nil // the driver uploads nothing where it repeats the upload of a stream that it has read
		case over:
			last, err := unpad(held)
			if err != nil {
				return written, err
			}
			n, err := to.Write(last)
			return written + int64(n), err
		case err != nil:
			return written, err
		}
	}
}

// pad returns a copy of data with padding.
func pad(data []byte) []byte {
	n := aes.BlockSize - len(data)%aes.BlockSize
	return append(bytes.Clone(data), bytes.Repeat([]byte{byte(n)}, n)...)
}

// unpad returns data without its padding.
func unpad(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, errPadding
	}
	n := int(data[len(data)-1])
	if n == 0 || n > aes.BlockSize || n > len(data) {
		return nil, errPadding
	}
	for _, b := range data[len(data)-n:] {
		if int(b) != n {
			return nil, errPadding
		}
	}
	return data[:len(data)-n], nil
}
