// Package postgres is PostgreSQL as a contestant, in a server of its own: Debian's programs, a temporary folder, a free port
// of the loopback. Before anything is written it is proved that the server which answers is the one that was started here.
//
// Its settings are those of a machine that does nothing else, and durable: fsync, synchronous_commit and full_page_writes are
// on. Its forms are those in which it is fastest: keys in the order of arrival, arrays where an array will do. The
// materialized view is there twice: with the one key that is usual, and with an index for each question. In the contests of submissions over SQL it has no gRPC before it, which favours it.
package postgres
