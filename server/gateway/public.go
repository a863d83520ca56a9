package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// publicPath begins the paths of what is published, which pages of others may read and caches may keep.
const publicPath = "/v1/publications"

// publicAge is how long a cache may give what it has without asking: a correction is seen after that.
const publicAge = "public, max-age=60"

// publicWriter answers for what is published: to whoever sent no token, an answer may be kept for a while, and whoever has it
// already is told so.
type publicWriter struct {
	http.ResponseWriter
	known   string // If-None-Match
	open    bool   // no token was sent
	written bool
	drop    bool // the reader has the answer already
}

// published wraps the writer of a request for what is published. Any page may read the answer: there is nothing in it that a
// cookie or a token of its reader would open, for neither is sent along.
func published(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	if r.URL.Path != publicPath && !strings.HasPrefix(r.URL.Path, publicPath+"/") || r.Method != http.MethodGet {
		return w
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "ETag")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Set("Vary", headerAuthorization+", "+headerAcceptLanguage)
	return &publicWriter{ResponseWriter: w, known: r.Header.Get("If-None-Match"), open: len(r.Header.Values(headerAuthorization)) == 0}
}

// WriteHeader says that the answer may be kept, or that it was not changed.
func (w *publicWriter) WriteHeader(status int) {
	if w.written {
		return
	}
	w.written = true
	h := w.Header()
	if etag := h.Get("ETag"); status == http.StatusOK && etag != "" {
		if w.open {
			h.Set("Cache-Control", publicAge)
		}
		if w.drop = etagIn(w.known, etag); w.drop {
			status = http.StatusNotModified
			h.Del("Content-Type")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write passes the answer on, if its reader does not have it.
func (w *publicWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.drop {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap gives the writer to whoever sets deadlines on it.
func (w *publicWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// etagIn says whether a list of entity tags has one, weak or not.
func etagIn(list, etag string) bool {
	for known := range strings.SplitSeq(list, ",") {
		if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == etag || known == "*" {
			return true
		}
	}
	return false
}

// tagPublished writes the entity tag of what is published: the journal, the sequence that it was computed at, and the version
// of the state, for another one computes other figures (R52).
func tagPublished(_ context.Context, w http.ResponseWriter, answer proto.Message) error {
	switch a := answer.(type) {
	case *reportingv1.ListPublicationsResponse:
		w.Header().Set("ETag", tagOf(a.GetStamp()))
	case *reportingv1.ListPublishedFiguresResponse:
		w.Header().Set("ETag", tagOf(a.GetStamp()))
	}
	return nil
}

func tagOf(s *reportingv1.Stamp) string {
	return fmt.Sprintf("%q", fmt.Sprintf("%s-%d-%d", s.GetJournalId(), s.GetSequence(), s.GetStateVersion()))
}
