package gateway_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// parts makes a multipart body of files, by their names.
func parts(t *testing.T, files ...[2]string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range files {
		part, err := w.CreateFormFile(f[0], f[0]+".csv")
		if err == nil {
			_, err = io.WriteString(part, f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

// stagedParts receives both files as the server does.
func stagedParts(t *testing.T, whole func(options *reportingv1.ImportReorganisationOptions, units, lineage *string)) script {
	return func(h heard, stream grpc.ServerStream) (proto.Message, error) {
		options := h.request.(*reportingv1.ImportReorganisationRequest).GetOptions()
		var units, lineage *string
		for {
			m := message(t, h.method.Input())
			err := stream.RecvMsg(m)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			switch part := m.(*reportingv1.ImportReorganisationRequest).GetPart().(type) {
			case *reportingv1.ImportReorganisationRequest_Units:
				units = joined(units, part.Units)
			case *reportingv1.ImportReorganisationRequest_Lineage:
				lineage = joined(lineage, part.Lineage)
			}
		}
		whole(options, units, lineage)
		return nil, nil
	}
}

func joined(to *string, more []byte) *string {
	text := string(more)
	if to != nil {
		text = *to + text
	}
	return &text
}

const reorganisationPath = "/v1/units:importReorganisation"

func TestTwoFilesArriveWhole(t *testing.T) {
	var options *reportingv1.ImportReorganisationOptions
	var units, lineage *string
	w := open(t, stagedParts(t, func(o *reportingv1.ImportReorganisationOptions, u, l *string) { options, units, lineage = o, u, l }))
	large := strings.Repeat("0123456789abcdef\n", 1<<20/16)
	for _, c := range []struct {
		files          [][2]string
		units, lineage *string
	}{
		{[][2]string{{"units", large}, {"lineage", "date\n"}}, &large, ref("date\n")},
		{[][2]string{{"lineage", large}, {"units", "code\n"}}, ref("code\n"), &large},
		{[][2]string{{"lineage", "date\n"}}, nil, ref("date\n")},
		{[][2]string{{"units", ""}}, ref(""), nil},
		{nil, nil, nil},
	} {
		options, units, lineage = nil, ref("none"), ref("none")
		body, kind := parts(t, c.files...)
		a := w.ask("POST", reorganisationPath+"?note=N&validateOnly=true", body, kind, "Idempotency-Key: "+oneID)
		w.last()
		if a.code != http.StatusOK || options.GetNote() != "N" || !options.GetValidateOnly() || options.GetRequestId() != oneID {
			t.Errorf("%d files: HTTP %d %s, options %v", len(c.files), a.code, shortened(a.body), options)
		}
		if !same(units, c.units) || !same(lineage, c.lineage) {
			t.Errorf("%d files arrived otherwise than they were sent", len(c.files))
		}
	}
}

func ref(s string) *string { return &s }

func same(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

func TestFilesInPartsThatAreNotTaken(t *testing.T) {
	taken := 0
	w := open(t, stagedParts(t, func(*reportingv1.ImportReorganisationOptions, *string, *string) { taken++ }))
	twice, kind := parts(t, [2]string{"units", "x"}, [2]string{"units", "y"})
	w.ask("POST", reorganisationPath, twice, kind).refused(t, "one part twice", 400, "PART_UNKNOWN")
	strange, kind2 := parts(t, [2]string{"figures", "x"})
	w.ask("POST", reorganisationPath, strange, kind2).refused(t, "a strange part", 400, "PART_UNKNOWN")
	w.ask("POST", reorganisationPath, "x", "Content-Type: text/csv").refused(t, "a bare file", 415, "CONTENT_TYPE_UNSUPPORTED")
	w.ask("POST", reorganisationPath, "x", "Content-Type: multipart/form-data").refused(t, "no boundary", 415, "CONTENT_TYPE_UNSUPPORTED")
	whole, kind3 := parts(t, [2]string{"units", "x\ny\n"}, [2]string{"lineage", "z\n"})
	for _, cut := range []int{len(whole) / 3, len(whole) - 20, len(whole) - 4} {
		w.ask("POST", reorganisationPath, whole[:cut], kind3).refused(t, "a body that ends early", 400, "BODY_BROKEN")
	}
	w.ask("POST", reorganisationPath+"?fileName=a.csv", whole, kind3).refused(t, "an option of other uploads", 400, "PARAMETER_UNKNOWN")
	if taken != 0 {
		t.Errorf("%d of them were taken", taken)
	}
}
