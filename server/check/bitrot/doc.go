// Package bitrot is the suite that damages a store at rest: bits turned over, sectors lost, files cut short, pages exchanged,
// in the journal, the derived state and the small files beside them. Whatever the damage: no wrong figure is served, no store
// starts empty, the last change is not lost unseen; a damaged state is made anew, a damaged journal refuses, says where and
// changes nothing.
//
// A small province works once, and its folder is copied three times: as a stop in order leaves it, as a kill does, and as a
// kill does after which the machine started again in order. Each damage hits one file of one copy. Then the store is opened as the daemon opens it, and asked for everything that there is; every
// answer is the one that the undamaged store gives, or an error. After an error the process ends, as the daemon does, and the
// next start must be right. A change is then made on what is left, and the whole verified now and then.
//
// All this goes on in a process of its own, since a damaged page that is believed ends a process by a signal that nothing
// catches. A start that ends so is repeated: three in a row are a server that never starts again. For some damages the daemon
// itself is started.
//
// Damage n of seed s is the first of seed s + n.
//
// # What cannot be told
//
// A group at the very end of the journal that a power cut tore looks like one that was whole and lost a sector afterwards.
// After a stop in order the journal's own mark tells the two apart, after a kill the derived state does. After a power cut
// neither need reach so far, and then the last group is cut off, as it must be where it was torn.
package bitrot
