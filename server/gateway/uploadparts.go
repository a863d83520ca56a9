package gateway

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"google.golang.org/grpc"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server/fault"
)

type reorganisationStream = grpc.ClientStreamingClient[reportingv1.ImportReorganisationRequest, reportingv1.ImportReorganisationResponse]

// importReorganisation answers the upload of the two files of a reorganisation, the parts of a multipart body.
func (g *Gateway) importReorganisation(w http.ResponseWriter, r *http.Request, _ map[string]string) {
	options := &reportingv1.ImportReorganisationOptions{}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel() // an upload whose end was not sent is dropped, never taken for whole
	ctx, err := g.openUpload(ctx, r, reportingv1.UnitService_ImportReorganisation_FullMethodName, options)
	if err != nil {
		g.refuse(r.Context(), w, err)
		return
	}
	answer, err := g.sendReorganisation(ctx, w, r, options)
	if err != nil {
		g.refuse(r.Context(), w, err)
		return
	}
	b, err := marshalJSON(answer)
	if err != nil {
		g.refuse(r.Context(), w, err)
		return
	}
	w.Header().Set("Content-Type", typeJSON)
	_, _ = w.Write(b) // as in write
}

func (g *Gateway) sendReorganisation(
	ctx context.Context, w http.ResponseWriter, r *http.Request, options *reportingv1.ImportReorganisationOptions,
) (*reportingv1.ImportReorganisationResponse, error) {
	// Two files and what stands around them.
	const limit = 2*maxCatalogue + 64<<10
	if p, ok := w.(*patience); ok {
		defer p.forUpload(uploadWithin)()
	}
	if r.ContentLength > limit {
		return nil, tooLarge(2 * maxCatalogue)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	stream, err := reportingv1.NewUnitServiceClient(g.conn).ImportReorganisation(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Options{Options: options}})
	if err == nil {
		err = sendParts(r, stream)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return stream.CloseAndRecv() // after an EOF of Send it tells why the server takes no more
}

// sendParts sends the files as they come, in either order. It gives io.EOF if the receiver has ended.
func sendParts(r *http.Request, stream reorganisationStream) error {
	// Not Request.MultipartReader, which wants the form not to be read, and it counts as read where parameters were.
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return wrongType("Content-Type", r.Header.Get("Content-Type"), "multipart/form-data with the files as the parts units and lineage")
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	seen := map[string]bool{}
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF { // as it is: a body that ends in the middle gives an error that wraps io.EOF
			return nil
		}
		if err != nil {
			return bodyError(err)
		}
		name := part.FormName()
		if name != "units" && name != "lineage" || seen[name] {
			return fault.Invalid("PART_UNKNOWN", "the body has a part %q that is not taken, or stands there twice; its parts are units and lineage, each a CSV file", shorten(name)).
				With("name", shorten(name))
		}
		seen[name] = true
		if err := sendPart(part, name, stream); err != nil {
			return err
		}
	}
}

func sendPart(part io.Reader, name string, stream reorganisationStream) error {
	for first := true; ; first = false {
		// A new one each time: the transport may still read the last one.
		chunk := make([]byte, chunkSize)
		n, err := fillChunk(part, chunk)
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return bodyError(err)
		}
		if n > 0 || first { // an empty file is a file that is empty, not one that is missing
			m := &reportingv1.ImportReorganisationRequest{Part: &reportingv1.ImportReorganisationRequest_Units{Units: chunk[:n]}}
			if name == "lineage" {
				m.Part = &reportingv1.ImportReorganisationRequest_Lineage{Lineage: chunk[:n]}
			}
			if err := stream.Send(m); err != nil {
				return err
			}
		}
		if ended {
			return nil
		}
	}
}

// partsType takes files in parts alone.
func partsType(h http.Header) error {
	given := h.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(given); err != nil || kind != "multipart/form-data" {
		return wrongType("Content-Type", given, "multipart/form-data with the files as the parts units and lineage")
	}
	return notEncoded(h)
}
