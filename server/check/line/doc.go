// Package line is the way of a check's own clients to a daemon that is killed and started again: connections that find
// whichever runs now, and a clear word on whether a call was answered, refused, or left without an answer.
package line
