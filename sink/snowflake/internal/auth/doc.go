// Package auth proves to Snowflake's REST services who is calling: by a key pair, by OAuth, or by a programmatic access
// token. It knows what an account is called in a token and on the network. What is secret is in no error and prints as
// nothing.
package auth
