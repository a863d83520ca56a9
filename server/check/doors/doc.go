// Package doors is the check that it does not matter through which door somebody comes: gRPC and JSON give the same
// verdict, the same answer, and the same entry in the journal under the same name.
//
// One store is founded and copied, and each copy served by a daemon of its own. Requests are drawn from the descriptors of
// the contract, every method that both doors have, with values of which many fit the province and some are nonsense; some
// name a field that nobody knows, and callers are of every role, or nobody. Each request goes to one daemon as gRPC and to
// the other as JSON, as a client would write it there: names in the path, parameters, Idempotency-Key and If-Match now
// and then. Then must be equal:
//
//   - the verdict: the code, the reason, and the words for people in the language that was asked for;
//   - the answer, message for message, but for instants of today, what rests on them, and the state of the machine;
//   - in the end both journals, entry for entry: who, by which method, under which request id and hash, and what changed.
//
// A name that does not fit its path has no JSON form; then both must refuse. What is drawn at random by the store itself,
// tokens and subscriptions, is only tried (validate_only), for two stores draw differently. StreamReports has no form in
// JSON, and reorganisations as two files are left to tests of the gateway.
package doors
