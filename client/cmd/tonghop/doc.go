// Command tonghop sends figures to a tonghop server and asks it for roll-ups, from a terminal or a script.
//
// It uses the library in package client, its room receipt, and the messages of the contract, nothing else. Each command is one file, with
// a Run method that reads as a story: dial, ask, show. What is common stands in few files: settings.go (flags, environment,
// profile), output.go and table.go (the three forms of an answer), progress.go, failure.go (what an error says and which
// code the process ends with), keeper.go and sent.go (the receipts that are kept before success is shown).
//
// The code is 0 when everything was done, 1 when something was refused, 2 when the command was not understood, 3 when
// the server could not be reached, 4 when the token does not allow it, 130 when the command was interrupted.
//
// Answers go to the standard output and nothing else does; progress, questions, notices and errors go to the standard
// error. There are no colours.
package main
