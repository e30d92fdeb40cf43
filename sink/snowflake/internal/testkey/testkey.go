// Package testkey has the key pair by which tests log in.
package testkey

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
)

// Private is the private key: the same one whenever it is called, since making one takes long.
var Private = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})
