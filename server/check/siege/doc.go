// Package siege is the check that whoever attacks the door harms himself alone.
//
// A real daemon serves a small province, and others ask it for units and roll-ups all the time. Meanwhile the attacks come
// one after the other, written frame by frame where no honest library would do it:
//
//   - very many connections at once, each of which makes one call and stays;
//   - messages that say they are 1 GiB, over gRPC and as JSON, and packed ones that would become it;
//   - streams that are opened and taken back at once (rapid reset);
//   - headers without an end (CONTINUATION), and headers that grow when they are unpacked (HPACK);
//   - floods of PING, SETTINGS, WINDOW_UPDATE and PRIORITY;
//   - those who send half a header, half a preface or half a body, and then nothing.
//
// What must hold, for each attack:
//
//   - the daemon is the same process afterwards, and answers;
//   - nobody else was refused anything, and their p99 is at most three times what it is without an attack, or below a second:
//     attackers and the attacked share the processor here;
//   - what the attacker was to be refused he was refused, and where he was to be cut off he was;
//   - the memory comes back to within a quarter of what it was, or 24 MiB, after a first storm of connections.
//
// Everything stays on the loopback and in the clear, so that what TLS costs is not in the figures.
package siege
