// Command tonghopd is the daemon: it makes a store, serves it, shows a demo, verifies and rebuilds what is derived, and
// issues tokens to whoever may read the data folder.
package main
