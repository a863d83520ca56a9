package rpc

import (
	"context"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/reporting"
)

// operations is the service for those who look after the store.
type operations struct {
	reportingv1.UnsafeOperationServiceServer
	*core
}

// VerifyProgress says how far a verification is.
type VerifyProgress struct {
	// Entries of TotalEntries were checked, and Rollups recomputed and compared. Removed private parts were found.
	Entries, TotalEntries, Rollups, Removed int64
}

// VerifyResult is what a verification found.
type VerifyResult struct {
	VerifyProgress
	// Findings say what is wrong; Count how many there are, for the list may be cut.
	Findings []string
	Count    int64
	// Stamp says which state was verified.
	Stamp reporting.Stamp
}

// VerifyFunc verifies the store while it serves. It calls progress now and then, from one goroutine, and ends early with
// progress's error.
type VerifyFunc func(ctx context.Context, progress func(VerifyProgress) error) (VerifyResult, error)

// maxFindings is how many findings are listed.
const maxFindings = 100

// GetStatus says how the server and its store are.
func (s operations) GetStatus(ctx context.Context, _ *reportingv1.GetStatusRequest) (*reportingv1.Status, error) {
	status, err := s.service.GetStatus(ctx, callerOf(ctx))
	if err != nil {
		return nil, err
	}
	m := &reportingv1.Status{
		Version: status.Version, StartTime: timestamp(status.Started),
		Entries: int64(status.Head.Sequence), ChainHash: status.Head.Hash.String(), LastAcceptTime: timestamp(status.LastTime), //nolint:gosec // counts from 1
		Units: int64(status.Units), Indicators: int64(status.Indicators), Forms: int64(status.Forms), Reports: int64(status.Reports),
		StoreBytes: status.StoreBytes, FreeBytes: status.FreeBytes, Stamp: stampMessage(status.Stamp),
		PlaintextAddresses: status.Plaintext,
	}
	for _, r := range status.Restorations {
		m.Restorations = append(m.Restorations, &reportingv1.Restoration{
			OldJournalId: r.Old.String(), Sequence: int64(r.Head.Sequence), ChainHash: r.Head.Hash.String(), //nolint:gosec // counts from 1
			KnownSequence: int64(r.Known), RestoreTime: timestamp(r.Time), //nolint:gosec // as above
		})
	}
	if status.ReadOnly != nil {
		m.ReadOnlyReason = message.Text(fault.Of(status.ReadOnly), languageOf(ctx))
	}
	return m, nil
}

// VerifyStore verifies the store. One verification runs at a time: it reads everything there is.
func (s operations) VerifyStore(_ *reportingv1.VerifyStoreRequest, stream grpc.ServerStreamingServer[reportingv1.VerifyStoreResponse]) error {
	ctx := stream.Context()
	if err := s.service.MayVerify(ctx, callerOf(ctx)); err != nil {
		return err
	}
	if s.verify == nil {
		return fault.Precondition("VERIFY_NOT_HERE", "this server cannot verify its store while it serves; stop it and use the command verify")
	}
	select {
	case s.running <- struct{}{}:
	default:
		return fault.Exhausted("VERIFY_RUNNING", "a verification is running already; wait for its end").After(retryVerify)
	}
	defer func() { <-s.running }()
	result, err := s.verify(ctx, func(p VerifyProgress) error { return stream.Send(progressMessage(p)) })
	if err != nil {
		return err
	}
	m := progressMessage(result.VerifyProgress)
	m.Done, m.FindingCount, m.Stamp = true, result.Count, stampMessage(result.Stamp)
	m.Findings = result.Findings[:min(len(result.Findings), maxFindings)]
	return stream.Send(m)
}

func progressMessage(p VerifyProgress) *reportingv1.VerifyStoreResponse {
	return &reportingv1.VerifyStoreResponse{Entries: p.Entries, TotalEntries: p.TotalEntries, Rollups: p.Rollups, Removed: p.Removed}
}
