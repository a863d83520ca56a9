package front

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Told is a question about roll-ups and the answer that the product gave to it, both in their wire form.
type Told struct{ Question, Answer []byte }

// rollups answers questions as the product did, and computes nothing: what is left is gRPC.
type rollups struct {
	reportingv1.UnimplementedRollupServiceServer
	told map[string]*reportingv1.QueryRollupColumnsResponse
}

func recall(list []Told) (*rollups, error) {
	r := &rollups{told: map[string]*reportingv1.QueryRollupColumnsResponse{}}
	for _, t := range list {
		var answer reportingv1.QueryRollupColumnsResponse
		if err := proto.Unmarshal(t.Answer, &answer); err != nil {
			return nil, err
		}
		r.told[string(t.Question)] = &answer
	}
	return r, nil
}

// QueryRollupColumns repeats what was told.
func (r *rollups) QueryRollupColumns(_ context.Context, q *reportingv1.QueryRollupColumnsRequest) (*reportingv1.QueryRollupColumnsResponse, error) {
	question, err := WireOf(q)
	if err != nil {
		return nil, err
	}
	answer, ok := r.told[string(question)]
	if !ok {
		return nil, status.Error(codes.NotFound, "nobody told the answer to this question")
	}
	return answer, nil
}

// WireOf gives the wire form of a message by which it is found again.
func WireOf(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}
