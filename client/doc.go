// Package client is the Go library of tonghop: it sends the figures of units to a server, and asks for what became of them.
//
// [Dial] gives a [Client] with one method for each method of the service, in a file for each noun. Requests and answers
// are the messages of the contract itself (package reportingv1): a second set of types would say the same again and
// could only fall behind. What the library adds is what a bad line needs.
//
//   - Every change carries a request id (UUIDv7) that stays the same when the change is sent again, so a change that
//     arrived and whose answer was lost counts once. A request that already has an id keeps it. The caller's message is
//     never written to.
//   - What failed because the line or the server was away for a moment is tried again, each time a little later: on
//     UNAVAILABLE, and on RESOURCE_EXHAUSTED where the server said when. The attempts are counted, the context binds
//     all of them, and [Config.OnRetry] tells of each. Nothing else is tried again.
//   - [Client.SubmitStream] and [Client.UploadFigures] go on where a broken stream ended, under the same stream id, and
//     give every outcome once.
//   - Lists are iterators that fetch page after page; [Client.Watch] follows changes across breaks without a gap.
//   - Every error is an [*Error] with the stable reason, the fields and the message in the language of [Config.Language].
//
// A token is never sent over a connection that others can read: without [Config.TLS] only an address of this very
// machine is accepted. A Client may be used from several goroutines.
package client
