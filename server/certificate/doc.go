// Package certificate makes and keeps the certificates by which machines know each other.
//
// A store may have an authority of its own: [NewAuthority] makes one and [Pair.Issue] has it issue certificates for
// servers and clients, for those who have no other authority. It is for the doors of one store alone, so that it is not
// told to browsers and needs no list of what was revoked: what a client may do is looked up anew in each call.
//
// A [Keeper] holds the certificate of a server as it lies in its files. Every handshake looks whether they have changed,
// so that a new certificate is in use with the next connection, without a signal and without another start. Files that
// cannot be used, and a key that is not the certificate's because only one of the two was written so far, leave in use what
// was there before.
package certificate
