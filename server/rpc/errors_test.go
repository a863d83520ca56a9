package rpc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/message"
)

// told takes the details of a status apart.
func told(s *status.Status) (info *errdetails.ErrorInfo, fields []string, words *errdetails.LocalizedMessage, retry time.Duration) {
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields = append(fields, v.GetField()+" "+v.GetReason())
			}
		case *errdetails.LocalizedMessage:
			words = d
		case *errdetails.RetryInfo:
			retry = d.GetRetryDelay().AsDuration()
		}
	}
	return info, fields, words, retry
}

// TestEveryKindHasItsCode is the table of errors row by row, written down a second time on purpose.
func TestEveryKindHasItsCode(t *testing.T) {
	want := map[fault.Kind]codes.Code{
		fault.KindInternal: codes.Internal, fault.KindInvalid: codes.InvalidArgument, fault.KindNotFound: codes.NotFound,
		fault.KindExists: codes.AlreadyExists, fault.KindConflict: codes.Aborted, fault.KindPrecondition: codes.FailedPrecondition,
		fault.KindDenied: codes.PermissionDenied, fault.KindUnauthenticated: codes.Unauthenticated,
		fault.KindExhausted: codes.ResourceExhausted, fault.KindUnavailable: codes.Unavailable, fault.KindDataLoss: codes.DataLoss,
	}
	for _, kind := range fault.Kinds() {
		// Wrapped, for whoever adds words to an error must not change its code.
		err := fmt.Errorf("on the way: %w", fault.New(kind, "SOME_REASON", "what happened").With("unit", "82"))
		s := Status(err, message.English, "c0ffee")
		if s.Code() != want[kind] {
			t.Errorf("Status of a %s has code %s, want %s", kind, s.Code(), want[kind])
		}
		info, _, words, _ := told(s)
		if info.GetReason() != "SOME_REASON" || info.GetDomain() != "tonghop" || info.GetMetadata()["unit"] != "82" {
			t.Errorf("Status of a %s has the ErrorInfo %v", kind, info)
		}
		if words.GetLocale() != "en" || words.GetMessage() != "what happened" {
			t.Errorf("Status of a %s has the words %v", kind, words)
		}
		wantsWord := kind == fault.KindInternal || kind == fault.KindDataLoss
		if (info.GetMetadata()["correlation_id"] == "c0ffee") != wantsWord {
			t.Errorf("Status of a %s has the correlation %q", kind, info.GetMetadata()["correlation_id"])
		}
	}
	if len(want) != len(fault.Kinds()) || len(codeOf) != len(want) {
		t.Errorf("the tables have %d and %d rows for %d kinds", len(want), len(codeOf), len(fault.Kinds()))
	}
}

func TestAForeignErrorTellsNothing(t *testing.T) {
	s := Status(errors.New("open /srv/secret/state.bolt: permission denied"), message.Vietnamese, "c0ffee")
	info, _, words, _ := told(s)
	if s.Code() != codes.Internal || info.GetReason() != fault.ReasonInternal || info.GetMetadata()["correlation_id"] != "c0ffee" {
		t.Errorf("Status of a foreign error = %v %v", s, info)
	}
	if all := fmt.Sprint(s, info, words); strings.Contains(all, "bolt") || strings.Contains(all, "permission denied") {
		t.Errorf("the text of the foreign error is told: %s", all)
	}
	if words.GetLocale() != "vi" || words.GetMessage() == s.Message() {
		t.Errorf("the Vietnamese words are %v", words)
	}
}

func TestWhatTheContextOrGrpcEndedKeepsItsCode(t *testing.T) {
	for _, c := range []struct {
		err    error
		code   codes.Code
		reason string
	}{
		{context.Canceled, codes.Canceled, "CANCELLED"},
		{fmt.Errorf("reading: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "DEADLINE_EXCEEDED"},
		{status.Error(codes.ResourceExhausted, "grpc: received message larger than max"), codes.ResourceExhausted, "MESSAGE_TOO_LARGE"},
		{status.Error(codes.Unimplemented, "unknown method"), codes.Unimplemented, "METHOD_UNKNOWN"},
		{status.Error(codes.Unavailable, "transport is closing"), codes.Unavailable, "CALL_FAILED"},
		// A domain's error that a context caused is the domain's.
		{fault.Unavailable("STOPPING", "later: %w", context.Canceled), codes.Unavailable, "STOPPING"},
	} {
		s := Status(c.err, message.Vietnamese, "")
		if info, _, _, _ := told(s); s.Code() != c.code || info.GetReason() != c.reason {
			t.Errorf("Status(%v) = %s %s, want %s %s", c.err, s.Code(), info.GetReason(), c.code, c.reason)
		}
	}
}

func TestAStatusWithDetailsPassesAsItIs(t *testing.T) {
	first := Status(fault.NotFound("UNIT_NOT_FOUND", "no unit"), message.English, "")
	again := Status(first.Err(), message.Vietnamese, "")
	if info, _, words, _ := told(again); info.GetReason() != "UNIT_NOT_FOUND" || words.GetLocale() != "en" {
		t.Errorf("Status of a status = %v %v", info, words)
	}
}

func TestEveryViolationIsListedWithItsField(t *testing.T) {
	var list fault.List
	list.Add(fault.Invalid("NUMBER_MALFORMED", "no number").In("value").In("figures[0]"))
	list.Add(fault.NotFound("INDICATOR_NOT_FOUND", "no indicator").In("indicator").In("figures[3]"))
	_, fields, _, _ := told(Status(list.Err(), message.Vietnamese, ""))
	want := "[figures[0].value NUMBER_MALFORMED figures[3].indicator INDICATOR_NOT_FOUND]"
	if fmt.Sprint(fields) != want {
		t.Errorf("violations = %v, want %s", fields, want)
	}
	for range 2 * maxViolations {
		list.Add(fault.Invalid("NUMBER_MALFORMED", "no number").In("value"))
	}
	info, fields, _, _ := told(Status(list.Err(), message.Vietnamese, ""))
	if len(fields) != maxViolations || info.GetMetadata()["problems"] != fmt.Sprint(2*maxViolations+2) {
		t.Errorf("of many violations %d are listed and %s counted", len(fields), info.GetMetadata()["problems"])
	}
}

func TestWhenToTryAgainIsTold(t *testing.T) {
	_, fields, _, retry := told(Status(fault.Exhausted("OVERLOADED", "later").After(1500*time.Millisecond), message.English, ""))
	if retry != 1500*time.Millisecond || len(fields) != 0 {
		t.Errorf("retry = %s, fields %v", retry, fields)
	}
}
