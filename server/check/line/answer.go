//go:build unix

package line

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Refusal is the word of a server that did not do what it was asked, and will not.
type Refusal struct {
	// Code is the canonical one, Reason the stable word, Params what it says beside.
	Code    codes.Code
	Reason  string
	Params  map[string]string
	Message string
}

// Error tells it.
func (r *Refusal) Error() string { return fmt.Sprintf("%s (%s): %s", r.Reason, r.Code, r.Message) }

// ReasonOf gives the reason of a refusal; empty for any other error.
func ReasonOf(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

// Heard sorts the error of a gRPC call: a *Refusal is an answer. Every other error is none: whether the call did anything
// is not known.
func Heard(err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && answers(s.Code()) {
			return &Refusal{Code: s.Code(), Reason: info.GetReason(), Params: info.GetMetadata(), Message: s.Message()}
		}
	}
	return err
}

// answers says whether a code is the server's answer. Of what is unavailable the contract says that the outcome may be
// unknown, and a deadline may pass on either side.
func answers(c codes.Code) bool {
	switch c {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Unknown:
		return false
	default:
		return true
	}
}

// host is what requests are sent to; the client's way does not depend on it.
const host = "http://daemon"

// Post sends a request as JSON and reads its answer. Its errors are as those of Heard.
func Post(ctx context.Context, web *http.Client, path, token, id string, q, a proto.Message) error {
	body, err := protojson.Marshal(q)
	if err != nil {
		return err
	}
	raw, err := PostRaw(ctx, web, path, token, id, "application/json", body)
	if err != nil {
		return err
	}
	return protojson.Unmarshal(raw, a)
}

// PostRaw sends bytes of a type under an Idempotency-Key, unless it is empty, and gives the body of the answer.
func PostRaw(ctx context.Context, web *http.Client, path, token, id, contentType string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, host+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// The transport must not send it a second time by itself.
	r.GetBody = nil
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept-Language", "en")
	if id != "" {
		r.Header.Set("Idempotency-Key", id)
	}
	return answerOf(web.Do(r))
}

func answerOf(w *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(w.Body)
	_ = w.Body.Close() // it was read, or is broken
	if err != nil || w.StatusCode == http.StatusOK {
		return raw, err
	}
	return nil, refusalOf(w.StatusCode, raw)
}

// refusalOf reads an error in its JSON form.
func refusalOf(httpStatus int, raw []byte) error {
	var form struct {
		Error struct {
			Status, Message string
			Details         []json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &form); err != nil {
		return fmt.Errorf("HTTP %d with what is no error: %q", httpStatus, raw)
	}
	r := &Refusal{Message: form.Error.Message}
	if err := r.Code.UnmarshalJSON([]byte(`"` + form.Error.Status + `"`)); err != nil {
		return fmt.Errorf("HTTP %d: %w", httpStatus, err)
	}
	for _, detail := range form.Error.Details {
		var info struct {
			Type     string `json:"@type"`
			Reason   string
			Metadata map[string]string
		}
		if json.Unmarshal(detail, &info) == nil && info.Reason != "" {
			r.Reason, r.Params = info.Reason, info.Metadata
		}
	}
	if r.Reason == "" || !answers(r.Code) {
		return fmt.Errorf("HTTP %d: %w", httpStatus, errors.New(r.Message))
	}
	return r
}
