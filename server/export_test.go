package server

// GarbageLimit and InUse are what the goal is held against.
var (
	GarbageLimit = Garbage.limit
	InUse        = inUse
)
