// Command check attacks what the store promises: see package check. It compiles the daemon, so it needs Go and a clone.
package main
