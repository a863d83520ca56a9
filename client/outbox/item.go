package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// State says how far an item is.
type State string

// The states.
const (
	// Held is not sent before it is released.
	Held State = "HELD"
	// Waiting is sent as soon as it can be.
	Waiting State = "WAITING"
	// Delivered was accepted, or was there already.
	Delivered State = "DELIVERED"
	// Stopped was refused, and needs somebody to mend it, send it again or drop it.
	Stopped State = "STOPPED"
)

// States lists all states.
func States() []State { return []State{Held, Waiting, Delivered, Stopped} }

// Item is a report, or a file of reports, that was put in.
type Item struct {
	// Number counts the items of a box from 1; it is never given again.
	Number uint64 `json:"number"`
	State  State  `json:"state"`
	// Report is the resource name of the report. Empty for a file.
	Report string `json:"report,omitempty"`
	// File is the name of the file. Empty for a report.
	File string `json:"file,omitempty"`
	// To is the address of the server that it is for. Empty: whichever it is sent to.
	To string `json:"to,omitempty"`
	// RequestID is the id under which it is sent; of a file, that of its upload.
	RequestID string `json:"requestId"`
	// Draft says that the server is to save it without it counting.
	Draft bool `json:"draft,omitempty"`
	// Behind is the number of the item about the same report that goes out before it. 0: none.
	Behind uint64 `json:"behind,omitempty"`
	// Put is when it was put in, Changed when its state changed last.
	Put     time.Time `json:"put"`
	Changed time.Time `json:"changed"`
	// Attempts is how often it was sent.
	Attempts int `json:"attempts,omitempty"`
	// Failure is what the last attempt said, if it was no success.
	Failure *Failure `json:"failure,omitempty"`
	// Outcomes are what became of its reports: one for a report, those that are known for a file.
	Outcomes []Outcome `json:"outcomes,omitempty"`
	// Bytes is the size of what is sent.
	Bytes int `json:"bytes"`
}

// Subject is what people call it.
func (i *Item) Subject() string {
	if i.File != "" {
		return i.File
	}
	return i.Report
}

// Failure is why something was not accepted.
type Failure struct {
	// Code is the canonical code, Reason the stable reason; empty where the line failed.
	Code   string `json:"code"`
	Reason string `json:"reason,omitempty"`
	// Message is for people, in the language that the server was asked to speak.
	Message string  `json:"message"`
	Fields  []Field `json:"fields,omitempty"`
}

// Error is the message.
func (f *Failure) Error() string { return f.Message }

// Field is one field that is at fault.
type Field struct {
	Name    string `json:"name"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message"`
}

// Outcome is a server's SubmitOutcome, kept in its JSON form.
type Outcome struct{ *reportingv1.SubmitOutcome }

// MarshalJSON gives the JSON form of the contract.
func (o Outcome) MarshalJSON() ([]byte, error) { return protojson.Marshal(o.SubmitOutcome) }

// UnmarshalJSON reads it. What a newer program added is passed over.
func (o *Outcome) UnmarshalJSON(text []byte) error {
	o.SubmitOutcome = &reportingv1.SubmitOutcome{}
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(text, o.SubmitOutcome)
}

// etag is that of the report as the item left it; empty if that is not known.
func (i *Item) etag() string {
	if i.State != Delivered || len(i.Outcomes) != 1 {
		return ""
	}
	return i.Outcomes[0].GetEtag()
}

// open says whether something is still to be done about it.
func (i *Item) open() bool { return i.State != Delivered }

// file is the content of an item that is a file, with the options of its upload.
type file struct {
	Options json.RawMessage `json:"options"`
	Content []byte          `json:"content"`
	Seen    [][]byte        `json:"seen,omitempty"`
}

// unpack gives what the content of a file holds.
func unpack(text []byte) ([]byte, *reportingv1.ImportReportsOptions, []*reportingv1.SeenReport, error) {
	var f file
	options := &reportingv1.ImportReportsOptions{}
	err := json.Unmarshal(text, &f)
	if err == nil {
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(f.Options, options)
	}
	var seen []*reportingv1.SeenReport
	for _, wire := range f.Seen {
		one := &reportingv1.SeenReport{}
		err = errors.Join(err, proto.Unmarshal(wire, one))
		seen = append(seen, one)
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("the file in the outbox cannot be read: %w", err)
	}
	return f.Content, options, seen, nil
}

// message is the content of an item that is a report.
func message(content []byte) (*reportingv1.SubmitReportRequest, error) {
	q := &reportingv1.SubmitReportRequest{}
	if err := proto.Unmarshal(content, q); err != nil {
		return nil, fmt.Errorf("the report in the outbox cannot be read: %w", err)
	}
	return q, nil
}

// Filter chooses items. The zero value chooses all.
type Filter struct {
	// States are those to choose; none: all.
	States []State
	// To is the server that they are for; empty: any.
	To string
}

func (f Filter) chooses(i *Item) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, i.State)) && f.isFor(i)
}

func (f Filter) isFor(i *Item) bool { return f.To == "" || i.To == "" || i.To == f.To }
