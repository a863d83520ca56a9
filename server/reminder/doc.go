// Package reminder says of whom somebody wants to be told, and when there is something to tell.
//
// A [Subscription] names units, a form and kinds of [Cause]: a deadline that comes near, one that passes, one that passed
// some days ago, a report that was sent back or waits for approval. Causes are derived from how an obligation stands at an
// instant, and each has a key: whoever remembers the keys tells nobody twice of the same. Nothing here sends, reads a clock
// or keeps anything.
package reminder
