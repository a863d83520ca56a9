// Package crashrandom kills the server at random moments under load and looks what is left after each start. The tree changes
// under the load as well.
package crashrandom
