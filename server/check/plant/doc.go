// Package plant compiles the daemon with a fault in it, to prove that the checks find it.
//
// The program itself knows nothing of this: a fault is a few lines of a source file and what stands there instead, handed
// to the compiler as an overlay. A fault whose lines have changed is an error, never a daemon without a fault.
package plant
