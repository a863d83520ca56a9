package rpc

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// Limits of the door. Every limit of grpc-go is set here, so that none is what a release happens to think.
const (
	// maxRequest is 1 MiB of request (R44) and room for what frames it.
	maxRequest = 1<<20 + 64<<10
	// MaxAnswer is the largest answer: a page of 5,000 roll-ups. Clients must be set to receive it.
	MaxAnswer = 8 << 20
	// AnswersWithin is how long the other end may leave a ping, or what was sent, without an answer.
	AnswersWithin = 20 * time.Second
	// MaxStreams is how many calls one connection may have at once; the gateway's connection carries all of JSON.
	MaxStreams = 256

	// What a client sends ahead of those who take it, for one call and for a connection. Left to itself, grpc-go lets both
	// grow with the line, to 16 MiB for each call.
	callWindow       = 256 << 10
	connectionWindow = 1 << 20

	// workers are goroutines that take call after call: a new one for each would grow its stack each time. Where all are busy
	// there are new ones.
	workers = 64

	maxHeaders     = 16 << 10
	connectWithin  = 10 * time.Second
	maxIdle        = 15 * time.Minute
	maxAge         = 2 * time.Hour
	maxAgeGrace    = 5 * time.Minute
	pingEvery      = 2 * time.Minute
	pingWithin     = AnswersWithin
	leastPingEvery = 30 * time.Second
)

// A unary call has this long if it says nothing, and never longer than the second.
const (
	defaultDeadline = 10 * time.Second
	longestDeadline = 60 * time.Second
)

// sendWithin is how long one message of a stream may wait for its reader, the same as a step of an answer over HTTP.
const sendWithin = 30 * time.Second

// After how long it is worth trying again.
const (
	retryStopped = 5 * time.Second
	retryVerify  = time.Minute
	retryUpload  = 5 * time.Second
)

// Limits of uploads.
const (
	// MaxChunk is the largest chunk of a file.
	MaxChunk = 256 << 10
	// MaxCatalogueFile is the largest file of units, indicators or forms, MaxFiguresFile the largest of figures.
	MaxCatalogueFile = 8 << 20
	MaxFiguresFile   = 64 << 20
	// maxSeen is how many etags an upload may carry: a year of every commune in the country, twice.
	maxSeen = 100_000
	// maxUploads is how many uploads are staged at once.
	maxUploads = 16
	// quietUpload is how long an upload may say nothing before it is dropped.
	quietUpload = time.Minute
)

func limits() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.MaxSendMsgSize(MaxAnswer),
		grpc.MaxConcurrentStreams(MaxStreams),
		grpc.MaxHeaderListSize(maxHeaders),
		grpc.StaticStreamWindowSize(callWindow),
		grpc.StaticConnWindowSize(connectionWindow),
		grpc.ConnectionTimeout(connectWithin),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: maxIdle, MaxConnectionAge: maxAge, MaxConnectionAgeGrace: maxAgeGrace,
			Time: pingEvery, Timeout: pingWithin,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: leastPingEvery}),
		grpc.WaitForHandlers(true),
		grpc.NumStreamWorkers(workers),
	}
}
