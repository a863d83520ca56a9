// Package crashrandom kills the server at random moments under load and looks what is left after each start.
package crashrandom
