package rpc

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/message"
	"github.com/tonghop/tonghop/server/reporting"
	"github.com/tonghop/tonghop/server/tabular"
)

// received is what came out of a stream.
type received[T any] struct {
	message T
	err     error
}

// receive reads a stream in a goroutine of its own, so that its reader can also wait for something else. The goroutine
// ends with the stream's context, and that with the handler; who waits for a message must wait for the context too. It
// reads so many messages ahead of their reader.
func receive[T any](ctx context.Context, ahead int, recv func() (T, error)) <-chan received[T] {
	in := make(chan received[T], ahead)
	go func() {
		for {
			message, err := recv()
			select {
			case in <- received[T]{message, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return in
}

// next waits for a message of an upload, and not for ever: a place on the stage is taken.
func next[T any](ctx context.Context, in <-chan received[T], quiet *time.Timer) (T, error) {
	quiet.Reset(quietUpload)
	var none T
	select {
	case r := <-in:
		return r.message, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-quiet.C:
		return none, fault.Unavailable("UPLOAD_STALLED", "nothing came for %s; start the upload again, with the same id", quietUpload).
			With("seconds", int(quietUpload.Seconds()))
	}
}

// cataloguePart is a message of an upload of a catalogue file.
type cataloguePart interface {
	GetOptions() *reportingv1.ImportOptions
	GetChunk() []byte
}

// catalogueFile is an upload that is whole.
type catalogueFile struct {
	file io.Reader
	call reporting.Call
	// tree is the one against which units are resolved.
	tree *hierarchy.Tree
}

// importCatalogue receives a catalogue file and has it imported.
func importCatalogue[T any, P interface {
	*T
	cataloguePart
}](
	c *core, stream grpc.ClientStreamingServer[T, reportingv1.ImportSummary],
	run func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error),
) error {
	return importBy[T, P](c, auth.Catalogue, stream, run)
}

// importBy is importCatalogue for whoever has another right.
func importBy[T any, P interface {
	*T
	cataloguePart
}](
	c *core, right auth.Right, stream grpc.ClientStreamingServer[T, reportingv1.ImportSummary],
	run func(ctx context.Context, in catalogueFile) (*reportingv1.ImportSummary, error),
) error {
	ctx := stream.Context()
	// Before the first byte: who may not change anything by it does not fill the stage.
	tree, err := c.service.Tree(ctx, callerOf(ctx), right)
	if err != nil {
		return err
	}
	file, err := c.stage.open(MaxCatalogueFile)
	if err != nil {
		return err
	}
	defer file.close()
	options, err := receiveCatalogue(ctx, receive(ctx, 0, func() (P, error) {
		m, err := stream.Recv()
		return P(m), err
	}), file)
	if err != nil {
		return err
	}
	in := catalogueFile{tree: tree}
	if in.call, err = changeCall(callerOf(ctx), options.GetRequestId(), options.GetValidateOnly()); err != nil {
		return err
	}
	in.call.OpenPeriods = options.GetOpenPeriods()
	if in.call.RequestID == ([16]byte{}) && !in.call.ValidateOnly {
		// Before the file is read, for the answer about a wrong file would not say that this is wrong too.
		return fault.Invalid("REQUEST_ID_REQUIRED",
			"a change needs a request_id, a UUID that is kept and sent again when the answer is lost").In("request_id")
	}
	if in.file, err = file.whole(); err != nil {
		return err
	}
	summary, err := run(ctx, in)
	if err != nil {
		return err
	}
	return stream.SendAndClose(summary)
}

// receiveCatalogue takes the options, which come first, and then the chunks.
func receiveCatalogue[P cataloguePart](ctx context.Context, in <-chan received[P], file *staged) (*reportingv1.ImportOptions, error) {
	quiet := time.NewTimer(quietUpload)
	defer quiet.Stop()
	var options *reportingv1.ImportOptions
	for {
		m, err := next(ctx, in, quiet)
		switch {
		case errors.Is(err, io.EOF) && options == nil:
			return nil, uploadOutOfOrder("it has no message")
		case errors.Is(err, io.EOF):
			return options, nil
		case err != nil:
			return nil, err
		case options == nil && m.GetOptions() == nil:
			return nil, uploadOutOfOrder("its first message has no options")
		case options == nil:
			options = m.GetOptions()
		case m.GetOptions() != nil:
			return nil, uploadOutOfOrder("it has options twice")
		default:
			if err := file.add(m.GetChunk()); err != nil {
				return nil, err
			}
		}
	}
}

func uploadOutOfOrder(what string) error {
	return fault.Invalid("UPLOAD_OUT_OF_ORDER", "the upload is out of order: %s; send options, then chunks", what)
}

// finishImport imports the rows of a sheet. What is wrong with the file is told in the summary, line by line; what is
// wrong with the call is the error.
func finishImport[T any](
	ctx context.Context, c *core, in catalogueFile, sheet *tabular.Sheet[T],
	run func(ctx context.Context, call reporting.Call, rows []T) (reporting.CatalogueChange, error),
) (*reportingv1.ImportSummary, error) {
	language := languageOf(ctx)
	summary := &reportingv1.ImportSummary{Rows: int32(sheet.Total), Problems: fileProblems(sheet.Problems, language)} //nolint:gosec // a million at most
	if sheet.Problems.Count == 0 {
		change, err := run(ctx, in.call, sheet.Rows)
		switch {
		case err == nil:
			summary.Created, summary.Updated, summary.Unchanged = int32(change.Created), int32(change.Updated), int32(change.Unchanged) //nolint:gosec // as above
			summary.Receipt = receiptMessage(change.Receipt)
			for _, warning := range change.Warnings {
				summary.Warnings = append(summary.Warnings, placed(sheet, warning, language)...)
			}
		case ofTheCall(err):
			return nil, err
		default:
			summary.Problems = placed(sheet, err, language)
		}
	}
	_, stamp, err := c.service.GetStamp(ctx, in.call.Caller)
	if err != nil {
		return nil, err
	}
	summary.Stamp = stampMessage(stamp)
	return summary, nil
}

// placed tells what another room said about rows, by their lines.
func placed[T any](sheet *tabular.Sheet[T], err error, language message.Language) []*reportingv1.Problem {
	var list []*reportingv1.Problem
	all := sheet.Place(err)
	for i, p := range all {
		if i == tabular.MaxProblems {
			return append(list, problem(moreProblems(len(all)-i), language))
		}
		list = append(list, fileProblem(p, language))
	}
	return list
}

// ofTheCall tells an error that concerns the call from one that concerns what was sent in it.
func ofTheCall(err error) bool {
	var e *fault.Error
	if !errors.As(err, &e) || e.Field == "request_id" {
		return true
	}
	switch e.Kind {
	case fault.KindInvalid, fault.KindNotFound, fault.KindExists, fault.KindConflict, fault.KindPrecondition:
		return false
	default:
		return true
	}
}
