// Package badline is the suite that sends reports through outboxes over a line that is as bad as any: connections are
// refused, delayed, held back until later ones have overtaken them, cut in the middle of a message, and repeated byte by
// byte; and both ends are killed at random moments.
//
// A hundred communes have a machine each, with an outbox in a file of its own. A few processes keep twenty machines each:
// they put the reports of all months in, one after the other, while the outboxes send. The way to the server is a proxy, which draws
// the fate of every connection. Nobody mends anything: an outbox that stops has broken the promise.
//
// When every outbox says that everything is delivered, the journal must hold exactly one submission of each report, by the
// token of its commune, with the figures that were put in, and every receipt that was kept must name that entry by its
// place and hash. `tonghopd verify` must find the roll-ups right.
package badline
