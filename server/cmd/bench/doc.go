// Command bench puts the store beside its peers: see package bench. It compiles the daemon, so it needs Go and a clone.
package main
