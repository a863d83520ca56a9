// Package revoke takes tokens away from people who are at work with them: who send over streams as fast as they can, follow
// the changes by both doors, or hold a stream open on which nothing happens.
//
// In the order of the journal no change of theirs may come after the revocation, whatever was on its way; and every stream
// ends within five seconds. A rotation without an overlap takes the old text away like a revocation, and is tried in turn
// with it: then the new text must work.
package revoke
