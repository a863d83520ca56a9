// Package issuer verifies the signed tokens by which an OpenID Connect provider vouches for people.
//
// A token is good if the configured issuer signed it with a key that it publishes, in one of the configured algorithms,
// for the configured audience, and has not ended. Which groups its subject is in stands in a claim; what a group may do is
// data of the store and none of this room.
//
// The provider is asked for its keys when the first token comes, and again when one is signed by a key that is not known,
// at most once in a while, so that forged tokens do not become requests. Keys that are known go on to be good while the
// provider is away, and so do the tokens of the API, which do not need it. An issuer that cannot be found at the start is
// looked for again with the next token.
package issuer
