package gateway

import (
	"log/slog"
	"net/http"
	"time"
)

// Limits of the HTTP server. Requests that may last are given other ones when they are known.
const (
	headerWithin = 5 * time.Second
	readWithin   = 30 * time.Second
	writeWithin  = 70 * time.Second // a call may take 60
	idleWithin   = 2 * time.Minute
	maxHeaders   = 16 << 10
)

// NewServer makes an HTTP server around the handler, every limit of it set.
func NewServer(handler http.Handler, logger *slog.Logger) *http.Server {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       readWithin,
		WriteTimeout:      writeWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    maxHeaders,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
