// Package tamper edits a journal as somebody would who may write every file of the server, and has an independent verifier
// look at it: verifier.py, written from the page that describes the bytes, in another language and with nothing of the
// program in it. It holds the last signed head, so that even a chain that was rebuilt from end to end is found.
package tamper
