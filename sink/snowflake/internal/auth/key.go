package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// ParseKey reads an RSA private key, PKCS#8, encrypted by PBES2 (RFC 8018) or not: in PEM, or as the text between the lines
// that PEM begins and ends with. Its errors hold nothing of it.
func ParseKey(text []byte, passphrase string) (*rsa.PrivateKey, error) {
	der, encrypted, err := unwrap(text)
	switch {
	case err != nil:
		return nil, err
	case encrypted && passphrase == "":
		return nil, errors.New("is encrypted: give its passphrase")
	case encrypted:
		if der, err = decrypt(der, passphrase); err != nil {
			return nil, err
		}
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil && encrypted {
		return nil, errWrongPassphrase
	}
	if err != nil {
		return nil, errors.New("is not a key in PKCS#8")
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("is a %T, and Snowflake takes RSA keys", key)
	}
	return private, nil
}

// unwrap returns what is in PEM, or in the base64 of it.
func unwrap(text []byte) (der []byte, encrypted bool, err error) {
	p, _ := pem.Decode(text)
	if p == nil {
		der, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil || len(der) == 0 {
			return nil, false, errors.New("is not in PEM")
		}
		_, err = x509.ParsePKCS8PrivateKey(der)
		return der, err != nil, nil
	}
	switch p.Type {
	case "ENCRYPTED PRIVATE KEY":
		return p.Bytes, true, nil
	case "PRIVATE KEY":
		return p.Bytes, false, nil
	}
	return nil, false, fmt.Errorf("is a %.40q in PEM, not a PRIVATE KEY (PKCS#8)", p.Type)
}

var (
	errWrongPassphrase = errors.New("cannot be opened: is the passphrase its own?")
	errEncryption      = errors.New("is encrypted in a way that is not known: encrypt it by PBES2 with PBKDF2 and AES, as openssl pkcs8 -topk8 -v2 aes256 does")
)

// Object identifiers of RFC 8018 and RFC 3565.
var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidTripleDES  = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
	oidAES        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1}
)

// cbcOf returns the size of the key, and the cipher, of an encryption scheme.
func cbcOf(oid asn1.ObjectIdentifier) (size int, block func([]byte) (cipher.Block, error), ok bool) {
	switch {
	case oid.Equal(oidTripleDES):
		return 24, des.NewTripleDESCipher, true
	case oid.Equal(slices.Concat(oidAES, asn1.ObjectIdentifier{2})):
		return 16, aes.NewCipher, true
	case oid.Equal(slices.Concat(oidAES, asn1.ObjectIdentifier{22})):
		return 24, aes.NewCipher, true
	case oid.Equal(slices.Concat(oidAES, asn1.ObjectIdentifier{42})):
		return 32, aes.NewCipher, true
	}
	return 0, nil, false
}

func decrypt(der []byte, passphrase string) ([]byte, error) {
	var outer struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	var pbes2 struct{ Derivation, Encryption pkix.AlgorithmIdentifier }
	var derivation struct {
		Salt       []byte
		Iterations int
		Length     int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	var iv []byte
	if _, err := asn1.Unmarshal(der, &outer); err != nil || !outer.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, errEncryption
	}
	if _, err := asn1.Unmarshal(outer.Algorithm.Parameters.FullBytes, &pbes2); err != nil || !pbes2.Derivation.Algorithm.Equal(oidPBKDF2) {
		return nil, errEncryption
	}
	if _, err := asn1.Unmarshal(pbes2.Derivation.Parameters.FullBytes, &derivation); err != nil {
		return nil, errEncryption
	}
	if _, err := asn1.Unmarshal(pbes2.Encryption.Parameters.FullBytes, &iv); err != nil {
		return nil, errEncryption
	}
	size, newBlock, ok := cbcOf(pbes2.Encryption.Algorithm)
	var prf func() hash.Hash
	switch {
	case len(derivation.PRF.Algorithm) == 0 || derivation.PRF.Algorithm.Equal(oidHMACSHA1):
		prf = sha1.New
	case derivation.PRF.Algorithm.Equal(oidHMACSHA256):
		prf = sha256.New
	}
	if !ok || prf == nil || derivation.Iterations < 1 || derivation.Iterations > 2_000_000 {
		return nil, errEncryption
	}
	key, err := pbkdf2.Key(prf, passphrase, derivation.Salt, derivation.Iterations, size)
	if err != nil {
		return nil, errEncryption
	}
	block, err := newBlock(key)
	if err != nil || len(iv) != block.BlockSize() || len(outer.Data) == 0 || len(outer.Data)%block.BlockSize() != 0 {
		return nil, errEncryption
	}
	plain := make([]byte, len(outer.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, outer.Data)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > block.BlockSize() {
		return nil, errWrongPassphrase
	}
	return plain[:len(plain)-pad], nil
}
