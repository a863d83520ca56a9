package entry

import (
	"time"

	"google.golang.org/protobuf/proto"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
)

// The reasons of this room.
const (
	// ReasonTooNew says that a newer version of the program wrote the bytes.
	ReasonTooNew = "ENTRY_TOO_NEW"
	// ReasonDamaged says that no version of the program can have written the bytes.
	ReasonDamaged = "ENTRY_DAMAGED"
)

// wire is deterministic so that equal entries are equal bytes within one build. Nothing rests on it: what is hashed and
// compared is the bytes that were stored, never a message marshalled anew.
var wire = proto.MarshalOptions{Deterministic: true}

// Encode gives the bytes of an entry: the public part, which is kept for ever, and the private part, which holds every
// text that a person wrote and is empty where there is none.
//
// What is decoded later must be what was applied now, so Encode refuses what the bytes cannot carry exactly, as a fault
// of the program: a time beyond the nanoseconds of an int64, a deadline or an end with a fraction of a second, figures
// that are not in order or do not pass Check, a token whose Created is not the header's time.
func Encode(e Entry) (public, private []byte, err error) {
	m := &journalv1.Entry{}
	if m.Header, err = headerMessage(&e.Header); err != nil {
		return nil, nil, err
	}
	texts := &journalv1.Private{}
	if err := putBody(&e, m, texts); err != nil {
		return nil, nil, err
	}
	if public, err = wire.Marshal(m); err != nil {
		return nil, nil, fault.Internal(err, "entry %d cannot be encoded", e.Header.Sequence)
	}
	if private, err = wire.Marshal(texts); err != nil {
		return nil, nil, fault.Internal(err, "the private part of entry %d cannot be encoded", e.Header.Sequence)
	}
	if len(private) == 0 {
		private = nil
	}
	return public, private, nil
}

func putBody(e *Entry, m *journalv1.Entry, texts *journalv1.Private) error {
	for _, put := range [...]func(*Entry, *journalv1.Entry, *journalv1.Private) (bool, error){putStore, putPapers, putSingle, putLife, putNotification, putProof} {
		if done, err := put(e, m, texts); done || err != nil {
			return err
		}
	}
	switch b := e.Body.(type) {
	case ReportsSubmitted:
		return putReports(b, m, texts)
	case ReportApproved:
		return putApproved(b, m)
	case ReportReturned:
		texts.Reason = b.Reason
		return putReturned(b, m)
	case TokenIssued:
		texts.DisplayName = b.Token.DisplayName
		return putToken(b, e.Header.Time, m)
	case TokenRevoked:
		m.Body = &journalv1.Entry_TokenRevoked{TokenRevoked: &journalv1.TokenRevoked{Id: b.ID}}
		return nil
	default:
		return putDefinition(e, m, texts)
	}
}

// putDefinition is putBody for what says who reports what, and when.
func putDefinition(e *Entry, m *journalv1.Entry, texts *journalv1.Private) error {
	switch b := e.Body.(type) {
	case UnitsChanged:
		return putUnits(b, m)
	case UnitsReorganised:
		texts.Reason = b.Note
		return putReorganised(b, m)
	case IndicatorsChanged:
		return putIndicators(b, m)
	case FormsChanged:
		return putForms(b, m)
	case HolidaysChanged:
		return putHolidays(b, m)
	case RulesChanged:
		return putRules(b, m)
	default:
		// A pointer to a body would be written and then not be known to whoever applies it.
		return fault.Internal(nil, "entry %d: %T is no body of an entry", e.Header.Sequence, e.Body)
	}
}

// putLife writes the bodies of obligations and closings; false if the body is none of them.
func putLife(e *Entry, m *journalv1.Entry, texts *journalv1.Private) (bool, error) {
	switch b := e.Body.(type) {
	case ObligationExcluded:
		texts.Reason = b.Reason
		return true, putExcluded(b, m)
	case ExclusionLifted:
		texts.Reason = b.Reason
		return true, putLifted(b, m)
	case PeriodClosed:
		texts.Reason = b.Reason
		return true, putClosed(b, m)
	case PeriodReopened:
		texts.Reason = b.Reason
		return true, putReopened(b, m)
	}
	return false, nil
}

// Decode reads what Encode gave. An empty private part is one that was removed, or never was: the texts are then empty
// and everything else is there. Bytes of a newer version, which holds a body, a field or a word that this version does
// not know, are refused with ENTRY_TOO_NEW and not half understood; bytes that no version can have written are refused
// with ENTRY_DAMAGED. The entry keeps nothing of the slices.
func Decode(public, private []byte) (Entry, error) {
	var m journalv1.Entry
	if err := proto.Unmarshal(public, &m); err != nil {
		return Entry{}, damaged("the public part cannot be read: %w", err)
	}
	var texts journalv1.Private
	if err := proto.Unmarshal(private, &texts); err != nil {
		return Entry{}, damaged("the private part cannot be read: %w", err)
	}
	e, err := decode(&m, &texts)
	if err != nil {
		return Entry{}, fault.Of(err).With("sequence", m.GetHeader().GetSequence())
	}
	return e, nil
}

func decode(m *journalv1.Entry, texts *journalv1.Private) (Entry, error) {
	if hasUnknown(m) || hasUnknown(texts) {
		return Entry{}, tooNew("it holds a change or a field that this version does not know")
	}
	h, err := headerOf(m.GetHeader())
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Header: h}
	if e.Body, err = bodyOf(m, texts, h.Time); err != nil {
		return Entry{}, err
	}
	return e, nil
}

func bodyOf(m *journalv1.Entry, texts *journalv1.Private, at time.Time) (Body, error) {
	if err := onlyTexts(m, texts); err != nil {
		return nil, err
	}
	if b, err := proofBodyOf(m); b != nil || err != nil {
		return b, err
	}
	switch b := m.GetBody().(type) {
	case *journalv1.Entry_StoreCreated:
		return StoreCreated{ProgramVersion: b.StoreCreated.GetProgramVersion()}, known(b.StoreCreated)
	case *journalv1.Entry_ReportsSubmitted:
		return reportsOf(b.ReportsSubmitted, texts.GetFigureTexts())
	case *journalv1.Entry_ReportApproved:
		return approvedOf(b.ReportApproved)
	case *journalv1.Entry_ReportReturned:
		return returnedOf(b.ReportReturned, texts.GetReason())
	case *journalv1.Entry_TokenIssued:
		return issuedOf(b.TokenIssued, texts.GetDisplayName(), at)
	case *journalv1.Entry_TokenRevoked:
		return TokenRevoked{ID: b.TokenRevoked.GetId()}, known(b.TokenRevoked)
	case *journalv1.Entry_KeyIntroduced:
		return KeyIntroduced{VerifierKey: b.KeyIntroduced.GetVerifierKey()}, known(b.KeyIntroduced)
	case *journalv1.Entry_EntryRedacted:
		return redactedOf(b.EntryRedacted, texts.GetReason())
	case *journalv1.Entry_StoreRestored:
		return restoredOf(b.StoreRestored, texts)
	default:
		return dutyOrDefinitionOf(m, texts, at)
	}
}

// dutyOrDefinitionOf is bodyOf for what is taken out, closed and reopened, and for what definitionOf reads.
func dutyOrDefinitionOf(m *journalv1.Entry, texts *journalv1.Private, at time.Time) (Body, error) {
	switch b := m.GetBody().(type) {
	case *journalv1.Entry_ObligationExcluded:
		return excludedOf(b.ObligationExcluded, texts.GetReason())
	case *journalv1.Entry_ExclusionLifted:
		return liftedOf(b.ExclusionLifted, texts.GetReason())
	case *journalv1.Entry_PeriodClosed:
		return closedOf(b.PeriodClosed, texts.GetReason())
	case *journalv1.Entry_PeriodReopened:
		return reopenedOf(b.PeriodReopened, texts.GetReason())
	default:
		return definitionOf(m, texts, at)
	}
}

// definitionOf is bodyOf for what says who reports what, and when.
func definitionOf(m *journalv1.Entry, texts *journalv1.Private, at time.Time) (Body, error) {
	switch b := m.GetBody().(type) {
	case *journalv1.Entry_UnitsChanged:
		return unitsOf(b.UnitsChanged)
	case *journalv1.Entry_UnitsReorganised:
		return reorganisedOf(b.UnitsReorganised, texts.GetReason())
	case *journalv1.Entry_IndicatorsChanged:
		return indicatorsOf(b.IndicatorsChanged)
	case *journalv1.Entry_FormsChanged:
		return formsOf(b.FormsChanged)
	case *journalv1.Entry_HolidaysChanged:
		return holidaysOf(b.HolidaysChanged)
	case *journalv1.Entry_RulesChanged:
		return rulesOf(b.RulesChanged)
	case *journalv1.Entry_PlansChanged:
		return plansOf(b.PlansChanged)
	case *journalv1.Entry_OutsideFiguresChanged:
		return outsideFiguresOf(b.OutsideFiguresChanged)
	case *journalv1.Entry_RegionsChanged:
		return regionsOf(b.RegionsChanged)
	case *journalv1.Entry_PlanRemarked:
		return remarkedOf(b.PlanRemarked, texts)
	default:
		return singleOf(m, texts, at)
	}
}

// onlyTexts refuses a private part with texts for which the body has no place: a version that wrote them knew one.
func onlyTexts(m *journalv1.Entry, texts *journalv1.Private) error {
	var reason, name, figures, contact bool
	switch m.GetBody().(type) {
	case *journalv1.Entry_ReportReturned, *journalv1.Entry_EntryRedacted, *journalv1.Entry_UnitsReorganised,
		*journalv1.Entry_ObligationExcluded, *journalv1.Entry_ExclusionLifted, *journalv1.Entry_PeriodClosed, *journalv1.Entry_PeriodReopened,
		*journalv1.Entry_PlanRemarked, *journalv1.Entry_DutyReported, *journalv1.Entry_RegisterItemsChanged:
		reason = true
	case *journalv1.Entry_TokenIssued:
		name = true
	case *journalv1.Entry_StoreRestored:
		reason, name = true, true
	case *journalv1.Entry_ReportsSubmitted:
		figures = true
	case *journalv1.Entry_SubscriptionCreated:
		contact = true
	}
	if texts.GetReason() != "" && !reason || texts.GetDisplayName() != "" && !name || len(texts.GetFigureTexts()) > 0 && !figures ||
		texts.GetContact() != "" && !contact {
		return tooNew("its private part holds a text for which this version has no place")
	}
	return nil
}

func headerMessage(h *Header) (*journalv1.Header, error) {
	nano := h.Time.UnixNano()
	switch {
	case h.Sequence == 0:
		return nil, fault.Internal(nil, "an entry has no sequence")
	case !time.Unix(0, nano).Equal(h.Time):
		return nil, fault.Internal(nil, "entry %d has no time that can be stored: %s", h.Sequence, h.Time)
	case h.RequestID == [16]byte{} && h.RequestHash != [32]byte{}:
		return nil, fault.Internal(nil, "entry %d has the hash of a request and no request id", h.Sequence)
	}
	m := &journalv1.Header{Sequence: h.Sequence, TimeUnixNano: nano, Principal: h.Principal}
	putMethod(m, h.Method)
	if h.RequestID != [16]byte{} {
		m.RequestId, m.RequestHash = h.RequestID[:], h.RequestHash[:]
	}
	return m, nil
}

func headerOf(m *journalv1.Header) (Header, error) {
	id, hash := m.GetRequestId(), m.GetRequestHash()
	method, err := methodOf(m)
	if err != nil {
		return Header{}, err
	}
	h := Header{
		Sequence: m.GetSequence(), Time: time.Unix(0, m.GetTimeUnixNano()).UTC(),
		Principal: m.GetPrincipal(), Method: method,
	}
	copy(h.RequestID[:], id)
	copy(h.RequestHash[:], hash)
	without := len(id) == 0 && len(hash) == 0
	with := len(id) == len(h.RequestID) && len(hash) == len(h.RequestHash) && h.RequestID != [16]byte{}
	switch {
	case h.Sequence == 0:
		return Header{}, damaged("it has no sequence")
	case !without && !with:
		return Header{}, damaged("its request id has %d bytes and the hash of the request %d", len(id), len(hash))
	}
	return h, known(m)
}

// known refuses a message with fields that this version does not know.
func known(m proto.Message) error {
	if hasUnknown(m) {
		return tooNew("it holds a field that this version does not know")
	}
	return nil
}

func hasUnknown(m proto.Message) bool { return len(m.ProtoReflect().GetUnknown()) > 0 }

func tooNew(format string, args ...any) *fault.Error {
	return fault.Precondition(ReasonTooNew,
		"a newer version of the program wrote this entry: "+format+"; start the version that wrote it, or a later one", args...)
}

func damaged(format string, args ...any) *fault.Error {
	return fault.DataLoss(ReasonDamaged, "these bytes are no entry: "+format, args...)
}

// The seconds that Decode gives: from the second after the zero time to the end of the year 9999.
const minSecond, maxSecond = -62135596799, 253402300799

// secondsOf gives an instant as it is stored; 0 stands for none, so the first second of 1970 cannot be stored.
func secondsOf(t time.Time, what string) (int64, error) {
	if t.IsZero() {
		return 0, nil
	}
	s := t.Unix()
	if t.Nanosecond() != 0 || s == 0 || s < minSecond || s > maxSecond {
		return 0, fault.Internal(nil, "%s %s cannot be stored: it must be a whole second of the years 1 to 9999", what, t)
	}
	return s, nil
}

func instantOf(seconds int64, what string) (time.Time, error) {
	if seconds == 0 {
		return time.Time{}, nil
	}
	if seconds < minSecond || seconds > maxSecond {
		return time.Time{}, damaged("%s lies at second %d, outside the years 1 to 9999", what, seconds)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
