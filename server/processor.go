package server

import (
	"os"
	"runtime"
	"sync"
)

// SpareProcessor lets one more goroutine run at a time than the process would by itself, once. The writer of a store waits
// for the disk most of the time, and Go takes the place of one that waits in the kernel away only after a while, up to 10 ms:
// on a machine with two processors half of the server would stand still for every flush. GOMAXPROCS in the environment holds
// instead.
var SpareProcessor = sync.OnceFunc(func() { //nolint:gochecknoglobals // a function
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
})
