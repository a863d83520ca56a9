// Package powerloss is the check power-loss: it takes the power away from a working server and holds what a start
// afterwards finds against everything that was acknowledged.
//
// A server works on a disk that knows what is durable (package powerdisk), for clients that submit, correct, approve and
// return. At moments that are drawn, mostly between two changes of the disk, an image is taken of what a power cut would
// leave: nothing, all or some of what was not synced. The image is put on a real disk and served by a new server in
// another start of the machine, and a judge asks it for everything (package workload): each change that was
// acknowledged before the image is there, once, as it was sent; nothing is there that nobody sent; the sequence has no
// gaps; all roll-ups are what a naive addition comes to. The hashes in the journal are those of the receipts.
//
// The moments are under load, with segments so small that they change all the time; in a stop in order; in a start after
// one, after a kill, and after a power cut, so that the power goes a second time before the first is overcome; in a
// rebuild of the derived state; and while tonghopd init makes a store and after it. Lives go on after a cut: the clients
// send again what they do not know the outcome of, and all of it is there once.
//
// # What is not proved
//
// A real disk, its cache and its controller; other file systems than the model's; a sector that is written by half.
package powerloss
