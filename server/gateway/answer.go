package gateway

import (
	"net/http"
	"time"
)

// quiet is how long a listener may take no bytes, or a sender send none, before he is given up.
const quiet = time.Minute

// answer is a ResponseWriter that knows whether it has begun, says how to authenticate, and can be patient.
type answer struct {
	http.ResponseWriter
	begun bool
	now   func() time.Time // of a patient one
}

// patient takes the server's deadlines away for a request that may last, and gives every single write one instead.
func (a *answer) patient(now func() time.Time) {
	a.now = now
	rc := http.NewResponseController(a.ResponseWriter)
	_ = rc.SetReadDeadline(time.Time{})  //nolint:errcheck // not every writer has deadlines
	_ = rc.SetWriteDeadline(time.Time{}) //nolint:errcheck // as above
}

// Unwrap gives the writer to http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader begins the answer. What it says to whoever has no token is a constant and never the text of an error.
func (a *answer) WriteHeader(code int) {
	a.begun = true
	if code == http.StatusUnauthorized {
		a.Header().Set("WWW-Authenticate", "Bearer")
	}
	a.ResponseWriter.WriteHeader(code)
}

// Write writes a part of the answer.
func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	if a.now == nil {
		return a.ResponseWriter.Write(b)
	}
	rc := http.NewResponseController(a.ResponseWriter)
	_ = rc.SetWriteDeadline(a.now().Add(quiet)) //nolint:errcheck // not every writer has deadlines
	n, err := a.ResponseWriter.Write(b)
	if err == nil {
		err = flushed(rc)
	}
	_ = rc.SetWriteDeadline(time.Time{}) //nolint:errcheck // as above
	return n, err
}

// Flush is asked for by grpc-gateway after every part; a patient answer has flushed already.
func (a *answer) Flush() {
	_ = flushed(http.NewResponseController(a.ResponseWriter)) //nolint:errcheck // the next write tells
}

func flushed(rc *http.ResponseController) error {
	if err := rc.Flush(); err != nil && !isUnsupported(err) {
		return err
	}
	return nil
}
