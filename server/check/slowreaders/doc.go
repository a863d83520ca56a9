// Package slowreaders is the check that whoever stops reading harms himself alone.
//
// A crowd of clients ask for much and then stop: they follow the changes and do not receive, send streams and files and do
// not take their outcomes, ask for long lists and leave them in the window, let the socket itself stand still, or read
// over HTTP a byte a second. Meanwhile others submit as fast as they can, in rounds with the crowd and rounds without it,
// one after the other. What must hold:
//
//   - the writers get at least half of what they get without the crowd;
//   - the file of the derived state, whose pages cannot be used again while somebody reads in it, grows by each change as
//     without the crowd;
//   - the memory of the server stays within a bound for each client;
//   - a stream that is not read is cut after 30 s, whatever it is, and its place is free for others; an answer over HTTP
//     that is no stream after 2 minutes, which only a long run waits for;
//   - a server that is asked to end ends within 10 s, with the crowd still there.
//
// An answer over gRPC that is no stream is handed over whole and then harmless: it costs its own memory until its client
// takes it, gives up or goes away.
package slowreaders
