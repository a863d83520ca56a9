// Package rpc is gRPC in and out: it turns messages into domain values, calls the use case, and turns the answer back.
// It decides nothing.
//
// There is one file per noun, as in proto/reporting/v1 and in reporting. A handler converts, calls, converts; it returns
// the domain's error, which one interceptor turns into a status by the one table of errors.go and logs.
//
// A call passes, from the outside in: edge (maps the error, writes one line to the log), recovery (a panic is an
// internal error), admit (the caller's token, the right that the method states, the deadline), strict (unknown fields
// are refused, for one that is dropped may be a figure). Health and reflection pass without a token. The right of a
// method stands in its proto option; New refuses to start when a method that is served has none. The edge also cuts a
// stream of which a message waits for its reader for 30 s (READER_STALLED): nobody may hold a place by not reading. An
// answer that is no stream is handed over whole, and its handler is not held by whoever does not take it.
//
// Uploads are staged in a file, read by tabular, and handed to the use cases; what is wrong with a file is part of the
// answer, by line and column, and only what concerns the call itself is an error of gRPC.
//
// Numbers cross the wire as decimal strings with presence: absent, zero and "not available" are three things.
package rpc
