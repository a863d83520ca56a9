// Package security keeps the log of who tried: every refusal, and the first use of every credential from every address.
// What was changed stands in the journal; this log has what came to nothing there.
//
// A line is one JSON object, an [Event]: when, who, with which credential, from where, by which method, under which request
// id, and why not. Nothing that was sent or answered is in it: no bodies, no secrets, no names of people. Of a token that was
// refused the public id stands there if it could be read.
//
// # Files
//
// The newest lines are in security.jsonl. When it has reached its size it becomes security-NNNNNNNN.jsonl, with a number
// that only grows, and files are removed that are too many or whose last line is too old. So a flood of refusals fills no disk; it
// can push out older lines, which is why the files are plain and easily taken elsewhere.
//
// # When it cannot be written
//
// A line is in the file when [Log.Record] returns, so a crash of the process loses none; a power cut may lose the last ones. If a
// line cannot be written, whoever was refused stays refused. The door then lets no credential in that it has not let in before,
// and takes no changes, until a line can be written again: what cannot be recorded is not done. Reading goes on, as it does on a
// full disk (R39). The next line says how many were lost.
package security
