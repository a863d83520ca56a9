// Package receipt keeps receipts in a folder: what was sent, and the server's word that it was accepted.
//
// A receipt is for the day on which a server no longer knows what it once accepted, or knows it otherwise. So it is written
// and synced before anybody is told of success, it needs no server to be read, and with it a program can prove what was
// accepted (tonghop receipt verify) and send again what a restored store has lost (tonghop resend).
//
// # The folder
//
//	0102030405060708090a0b0c0d0e0f10-2026-11.jsonl   the receipts of one journal and one month (UTC, by the time of acceptance)
//	verifier-keys                                    the keys that were believed at their first use, one a line
//
// A file has one JSON object to a line, in the order in which the answers came; Record has the fields. Nothing in a file is
// ever changed; a month is removed as a whole when its last day is more than 400 days past, as long as servers remember
// request ids. A line that a crash cut off is passed over, and told of. Folder and files are for their owner alone: they
// hold figures, and notes that people wrote.
package receipt
