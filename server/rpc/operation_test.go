package rpc_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/rpc"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

func TestTheStatusIsToldToEveryToken(t *testing.T) {
	s := rpctest.New(t).Populate()
	for _, token := range []string{s.Admin, s.Token(auth.Operator, ""), s.Token(auth.Reporter, "30280")} {
		status, err := reportingv1.NewOperationServiceClient(s.Conn).GetStatus(s.As(token), &reportingv1.GetStatusRequest{})
		s.Must(err)
		if status.GetVersion() != "test" || status.GetUnits() != 6 || status.GetIndicators() != 3 || status.GetForms() != 1 || status.GetReports() != 0 ||
			status.GetEntries() != status.GetStamp().GetSequence() || len(status.GetChainHash()) != 64 || status.GetReadOnlyReason() != "" ||
			!status.GetStartTime().AsTime().Equal(rpctest.Noon) || status.GetFreeBytes() != 2 {
			t.Errorf("status = %v", status)
		}
	}
}

// verify reads a verification to its end.
func verify(s *rpctest.Stack, token string) (list []*reportingv1.VerifyStoreResponse, err error) {
	s.TB.Helper()
	stream, err := reportingv1.NewOperationServiceClient(s.Conn).VerifyStore(s.As(token), &reportingv1.VerifyStoreRequest{})
	s.Must(err)
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		list = append(list, m)
	}
}

func TestAVerificationTellsItsProgressAndItsFindings(t *testing.T) {
	findings := strings.Split(strings.Repeat("a roll-up is wrong\n", 150), "\n")[:150]
	s := rpctest.New(t, func(c *rpc.Config) {
		c.Verify = func(_ context.Context, progress func(rpc.VerifyProgress) error) (rpc.VerifyResult, error) {
			half := rpc.VerifyProgress{Entries: 5, TotalEntries: 10, Rollups: 3}
			if err := progress(half); err != nil {
				return rpc.VerifyResult{}, err
			}
			return rpc.VerifyResult{
				VerifyProgress: rpc.VerifyProgress{Entries: 10, TotalEntries: 10, Rollups: 7},
				Findings:       findings, Count: 151, Stamp: reporting.Stamp{Sequence: 10, StateVersion: 1},
			}, nil
		}
	})
	list, err := verify(s, s.Token(auth.Operator, ""))
	s.Must(err)
	if len(list) != 2 || list[0].GetDone() || list[0].GetEntries() != 5 || list[0].GetStamp() != nil {
		t.Fatalf("messages = %v", list)
	}
	last := list[1]
	if !last.GetDone() || last.GetRollups() != 7 || len(last.GetFindings()) != 100 || last.GetFindingCount() != 151 || last.GetStamp().GetSequence() != 10 {
		t.Errorf("the result has %d findings of %d, stamp %v", len(last.GetFindings()), last.GetFindingCount(), last.GetStamp())
	}
	_, err = verify(s, s.Admin)
	wants(t, err, "PermissionDenied RIGHT_MISSING")
	// Who reads the files of the store may verify it, though his role elsewhere is an administrator's.
	list, err = verify(s, s.Local)
	if err != nil || len(list) != 2 {
		t.Errorf("the operator of the machine: %d messages, %v", len(list), err)
	}
}

func TestOneVerificationRunsAtATime(t *testing.T) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := rpctest.New(t, func(c *rpc.Config) {
		c.Verify = func(context.Context, func(rpc.VerifyProgress) error) (rpc.VerifyResult, error) {
			close(begun)
			<-goOn
			return rpc.VerifyResult{}, fault.DataLoss("JOURNAL_DAMAGED", "entry 5 does not fit")
		}
	})
	operator, first := s.Token(auth.Operator, ""), make(chan error)
	go func() {
		_, err := verify(s, operator)
		first <- err
	}()
	<-begun
	_, err := verify(s, operator)
	wants(t, err, "ResourceExhausted VERIFY_RUNNING")
	close(goOn)
	wants(t, <-first, "DataLoss JOURNAL_DAMAGED")
}

func TestAServerThatCannotVerifySaysSo(t *testing.T) {
	s := rpctest.New(t)
	_, err := verify(s, s.Token(auth.Operator, ""))
	wants(t, err, "FailedPrecondition VERIFY_NOT_HERE")
}
