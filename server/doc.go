// Package server is where the rooms meet: Config, Init, Open, Run. It opens the store and checks it, starts the
// committer, the gRPC server and the gateway before it, and stops them in order.
//
// The data folder holds
//
//	journal/   the journal: what was accepted, for ever (package filejournal)
//	state/     the aggregator: derived, may be deleted and is rebuilt (package aggregator)
//	stage/     uploads under way; emptied at every start
//	notify/    what was sent to subscribers, with --notify (package notify)
//	restore.unfinished/   a restore that is under way, or was broken off; then there is no journal
//	control    address and a secret of the running server, for commands on the same machine; gone when it stops
//
// Only this package and the programs read the clock.
package server
