// Package head is the signed heads of a journal's chain: their text, and the keys that sign it.
//
// A head says: entry N of this journal has this hash. Because every entry carries the hash of everything before it, whoever
// keeps a signed head can prove later that not one entry up to N was changed, left out or added; and two heads that one key
// signed for one sequence, with two hashes, prove that the owner of the key told two stories.
//
// This page is enough to write a verifier in any language; a test takes the example below apart with nothing but SHA-256 and
// Ed25519. The form is that of golang.org/x/mod/sumdb/note, which the Go checksum database uses.
//
// # The note
//
// A signed head is text in UTF-8, every line of which ends in one line feed (0x0A):
//
//	tonghop/000102030405060708090a0b0c0d0e0f
//	7
//	czAIcfRMFo58lJ3ix1DmDCybuP9TABfFomcjTpy0244=
//	2026-11-22T03:04:05.000000006Z
//
//	— tonghop-000102030405 VKib5J/mxbrhylt31woeexgBw6ZSB/pLb/ZC/IxZzIrDrzvH/dY5FrrhajnrPMcupG9vDK4UgSPKHpjbj9sS3JwCaQg=
//
// What is signed is the text, the first four lines with their line feeds and without the empty line behind them:
//
//  1. "tonghop/" and the id of the journal at that entry, 32 hexadecimal digits in lower case. A journal that was restored
//     from a backup has several ids; entries before the restoration keep the one they were accepted under.
//  2. The sequence of the entry: decimal digits without a sign or leading zeros, at least 1.
//  3. The hash of the chain at the entry, 32 bytes in base64 of the standard alphabet with padding (RFC 4648, section 4).
//     How it comes from the entries stands in the documentation of server/journal.
//  4. When the entry was accepted: RFC 3339 in UTC with "Z", and as many decimals of the second, at most nine, as it takes;
//     none where it was a whole second.
//
// An empty line follows, and then the signature: an em dash (U+2014, bytes E2 80 94), a space, the name of the key, a space,
// and in base64 the id of the key (4 bytes) and the Ed25519 signature (RFC 8032, 64 bytes). A note may have several
// signatures, a line each; those of keys that the reader does not have say nothing and are passed over.
//
// # The key
//
// A verifier key is one line of text: the name, "+", the key's id in 8 hexadecimal digits, "+", and in base64 the byte 0x01
// (Ed25519) with the public key (32 bytes). The id is the first 4 bytes of
//
//	SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)
//
// The name is "tonghop-" and the first 12 digits of the id of the journal that the key was made for. The key that signed
// the example is
//
//	tonghop-000102030405+54a89be4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4
//
// and its private key, made of the 32 bytes 00, 01, 02, ... 1f as an Ed25519 seed, is
//
//	PRIVATE+KEY+tonghop-000102030405+54a89be4+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
//
// # What a signature proves, and what not
//
// That the holder of the private key said so. Who holds it can make a new history, chain it and sign it; what then gives
// him away is a head, or a receipt, that somebody else kept from before. So heads belong where those who run the server
// cannot reach them, and so does the verifier key: a server that is asked for its key and answers with another one has
// proved nothing. A journal names each of its keys (the entry KeyIntroduced), so a chain that ends in a head of the old key
// and goes on names the new one.
package head
