// Package linear is the check that the server behaves like one careful clerk: although many clients write and read at the
// same time, and although it is killed meanwhile, there is one order of all their requests in which each answer is right,
// and in which no request comes before it was sent or after it was answered.
//
// Clients submit, correct, approve, return and read the same few reports, with etags that are right or stale. Every
// request becomes a line of a history: when it was sent, when it was answered, and what. Porcupine searches the history
// for an order that follows the model, one report at a time, for reports do not know each other.
//
// The model is a register with compare-and-set: the newest revision, its state and its figure, and the approved revision
// and its figure (R23, R24). It is read in three ways, as the report itself, as the etag that a refusal names, and as the
// roll-up of the unit above in both bases; the unit above has no other children, so its roll-up is the report's figure.
//
// Communes also move, once each, to another district, on a day after all months. The register knows whether that happened: on
// the tree of a later day the figure is in the new district then, and on that of the month it stays where it was.
//
// A request without an answer may have happened or not. Half of them are repeated under the same request id until there
// is an answer, and count once, from the first sending to that answer. The others are given up; if the server that had
// them was killed, they happened before its death or not at all, and else at any time until the end of the history.
package linear
