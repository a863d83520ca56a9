package client_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// Both files go under one request id at every attempt, each from its start.
func TestBothFilesOfAReorganisationAreSentAgain(t *testing.T) {
	f := startFake(t)
	var ids, units, lineage []string
	f.units.both = func(stream bothServer) error {
		u, l := "", ""
		for {
			m, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if o := m.GetOptions(); o != nil {
				ids = append(ids, o.GetRequestId())
			}
			u, l = u+string(m.GetUnits()), l+string(m.GetLineage())
		}
		units, lineage = append(units, u), append(lineage, l)
		if len(ids) == 1 {
			return refusal(codes.Unavailable, "STOPPING")
		}
		return stream.SendAndClose(&reportingv1.ImportReorganisationResponse{UnitRows: 2})
	}
	large := strings.Repeat("0123456789abcdef", 10_000)
	got, err := f.dial(t).ImportReorganisation(t.Context(), strings.NewReader(large), strings.NewReader("links"), nil)
	if err != nil || got.GetUnitRows() != 2 {
		t.Fatal(got, err)
	}
	if len(ids) != 2 || ids[0] != ids[1] || ids[0] == "" || units[0] != large || units[1] != large || lineage[1] != "links" {
		t.Errorf("%d attempts with ids %v and files of %d and %d bytes", len(ids), ids, len(units[1]), len(lineage[1]))
	}
	if _, err := f.dial(t).ImportReorganisation(t.Context(), nil, strings.NewReader("links"), nil); err != nil || units[2] != "" {
		t.Errorf("lineage alone: %v, units %q", err, units[2])
	}
}
