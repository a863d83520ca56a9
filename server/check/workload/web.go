//go:build unix

package workload

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// longestAnswer is the most that is read of an answer of the gateway.
const longestAnswer = 8 << 20

// askJSON submits a report through the gateway.
func (w *World) askJSON(ctx context.Context, a *Attempt, q *reportingv1.SubmitReportRequest) []answer {
	body := proto.CloneOf(q)
	body.Name, body.RequestId = "", "" // they stand in the path and in a header
	status, content, err := w.post(ctx, a.sender, "/v1/"+q.GetName()+":submit", a.ID, body)
	if err != nil {
		return one(answer{reason: err.Error()})
	}
	if status != http.StatusOK {
		return one(jsonRefusal(content))
	}
	response := &reportingv1.SubmitReportResponse{}
	if err := protojson.Unmarshal(content, response); err != nil {
		return one(answer{reason: err.Error()})
	}
	return one(outcome(response.GetOutcome()))
}

// post sends a request to the gateway and reads the whole answer.
func (w *World) post(ctx context.Context, who *person, path, id string, q proto.Message) (int, []byte, error) {
	body, err := protojson.Marshal(q)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+w.http+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+who.secret.Reveal())
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", id)
	response, err := w.web.Do(request)
	if err != nil {
		return 0, nil, err
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	_ = response.Body.Close() // it was read
	return response.StatusCode, content, err
}

// jsonRefusal reads an error of the gateway.
func jsonRefusal(content []byte) answer {
	var form struct {
		Error struct {
			Status, Message string
			Details         []struct{ Reason string }
		}
	}
	if err := json.Unmarshal(content, &form); err != nil {
		return answer{reason: err.Error()}
	}
	var code codes.Code
	if err := json.Unmarshal([]byte(`"`+form.Error.Status+`"`), &code); err != nil {
		return answer{reason: err.Error()}
	}
	reason := ""
	for _, d := range form.Error.Details {
		if d.Reason != "" {
			reason = d.Reason
		}
	}
	return refusalOf(code, reason, form.Error.Message)
}
