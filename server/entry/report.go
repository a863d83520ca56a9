package entry

import (
	"math"

	journalv1 "github.com/tonghop/tonghop/gen/journal/v1"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

// The bits of a figure's flags.
const (
	stateBits      = 0b11
	hasValue       = 1 << 2
	hasNumerator   = 1 << 3
	hasDenominator = 1 << 4
	gradeShift     = 5
	gradeBits      = 0b11
	allBits        = 1<<7 - 1
)

// maxNumbers is how many amounts one figure can have.
const maxNumbers = 3

func putReports(b ReportsSubmitted, m *journalv1.Entry, texts *journalv1.Private) error {
	list, err := mapped(b.Reports, submissionMessage)
	m.Body = &journalv1.Entry_ReportsSubmitted{ReportsSubmitted: &journalv1.ReportsSubmitted{Reports: list}}
	for i := range b.Reports {
		texts.FigureTexts = appendTexts(texts.FigureTexts, uint32(i), b.Reports[i].Figures) //nolint:gosec // an entry has 8 MiB at most
	}
	return err
}

func reportsOf(m *journalv1.ReportsSubmitted, texts []*journalv1.FigureText) (Body, error) {
	list, err := mapped(m.GetReports(), submissionOf)
	if err != nil {
		return nil, err
	}
	if err := putTexts(texts, list); err != nil {
		return nil, err
	}
	return ReportsSubmitted{Reports: list}, known(m)
}

func submissionMessage(s Submission) (*journalv1.Submission, error) {
	if err := checkKey(s.Key, s.Revision); err != nil {
		return nil, err
	}
	deadline, err := secondsOf(s.Deadline, "a deadline")
	if err != nil {
		return nil, err
	}
	m := &journalv1.Submission{
		Unit: string(s.Key.Unit), Form: string(s.Key.Form), Period: s.Key.Period.String(), Revision: uint32(s.Revision), //nolint:gosec // checked
		Draft: s.Draft, Merged: s.Merged, DeadlineUnix: deadline, ActingFor: string(s.ActingFor),
		OnBehalf: s.OnBehalf, RestoredFrom: uint32(s.RestoredFrom), //nolint:gosec // checked
	}
	if s.RestoredFrom < 0 || s.RestoredFrom >= s.Revision {
		return nil, fault.Internal(nil, "report %s: revision %d is restored from %d", s.Key, s.Revision, s.RestoredFrom)
	}
	for i := range s.Figures {
		f := &s.Figures[i]
		if i > 0 && f.Number <= s.Figures[i-1].Number {
			return nil, fault.Internal(nil, "report %s: figure %d has indicator %d and comes after %d", s.Key, i, f.Number, s.Figures[i-1].Number)
		}
		if err := f.Check(); err != nil {
			return nil, fault.Internal(err, "report %s: figure %d is not right: %w", s.Key, i, err)
		}
	}
	if len(s.Figures) > 0 {
		m.Figures = AppendRuns(make([]byte, 0, runGuess*len(s.Figures)), s.Figures)
	}
	return m, nil
}

// runGuess is how many bytes a figure usually takes at most.
const runGuess = 4

func submissionOf(m *journalv1.Submission) (Submission, error) {
	key, revision, err := keyOf(m.GetUnit(), m.GetForm(), m.GetPeriod(), m.GetRevision())
	if err != nil {
		return Submission{}, err
	}
	s := Submission{
		Key: key, Revision: revision, Draft: m.GetDraft(), Merged: m.GetMerged(), ActingFor: hierarchy.ID(m.GetActingFor()),
		OnBehalf: m.GetOnBehalf(), RestoredFrom: int(m.GetRestoredFrom()),
	}
	if m.GetRestoredFrom() >= m.GetRevision() {
		return Submission{}, damaged("revision %d is restored from %d", m.GetRevision(), m.GetRestoredFrom())
	}
	if s.Deadline, err = instantOf(m.GetDeadlineUnix(), "a deadline"); err != nil {
		return Submission{}, err
	}
	if s.Figures, err = figuresOf(m); err != nil {
		return Submission{}, err
	}
	return s, known(m)
}

// figuresOf reads the figures of a report, in runs or, as they were written at first, one beside the other.
func figuresOf(m *journalv1.Submission) ([]Figure, error) {
	indicators, flags, numbers := m.GetIndicators(), m.GetFlags(), m.GetNumbers()
	if len(m.GetFigures()) > 0 {
		if len(indicators)+len(flags)+len(numbers) > 0 {
			return nil, damaged("a report has its figures twice")
		}
		return FiguresOfRuns(m.GetFigures())
	}
	if len(indicators) != len(flags) {
		return nil, damaged("a report has %d figures and %d flags", len(indicators), len(flags))
	}
	if len(indicators) == 0 && len(numbers) == 0 {
		return nil, nil
	}
	figures := make([]Figure, len(indicators))
	for i, number := range indicators {
		if i > 0 && number <= indicators[i-1] {
			return nil, damaged("the figures of a report are not in order")
		}
		figures[i].Number = number
		var err error
		if numbers, err = unpackFigure(flags[i], numbers, &figures[i].Figure); err != nil {
			return nil, err
		}
	}
	if len(numbers) > 0 {
		return nil, damaged("a report has %d amounts too many", len(numbers))
	}
	return figures, nil
}

// unpackFigure takes the amounts that the flags announce from the front of the numbers and gives the rest.
func unpackFigure(flags uint32, numbers []int64, f *figure.Figure) ([]int64, error) {
	if err := checkFlags(flags); err != nil {
		return nil, err
	}
	f.State, f.Grade = figure.State(flags&stateBits), figure.Grade(flags>>gradeShift&gradeBits) //nolint:gosec // checked
	f.HasValue, f.HasNumerator, f.HasDenominator = flags&hasValue != 0, flags&hasNumerator != 0, flags&hasDenominator != 0
	for _, part := range [...]struct {
		has    bool
		number *figure.Number
	}{{f.HasValue, &f.Value}, {f.HasNumerator, &f.Numerator}, {f.HasDenominator, &f.Denominator}} {
		if !part.has {
			continue
		}
		if len(numbers) == 0 {
			return nil, damaged("a report has fewer amounts than its flags announce")
		}
		*part.number, numbers = figure.Number(numbers[0]), numbers[1:]
	}
	return numbers, nil
}

// appendTexts adds the texts of the figures of one report.
func appendTexts(texts []*journalv1.FigureText, report uint32, figures []Figure) []*journalv1.FigureText {
	for i := range figures {
		if f := &figures[i]; f.Note != "" || f.Explanation != "" {
			texts = append(texts, &journalv1.FigureText{
				Report: report, Figure: uint32(i), Note: f.Note, Explanation: f.Explanation, //nolint:gosec // an entry has 8 MiB at most
			})
		}
	}
	return texts
}

// putTexts writes each text beside its figure; they stand in the order of the figures, one for each that has any.
func putTexts(texts []*journalv1.FigureText, reports []Submission) error {
	for i, t := range texts {
		if hasUnknown(t) {
			return known(t)
		}
		if i > 0 {
			last := texts[i-1]
			if t.GetReport() < last.GetReport() || t.GetReport() == last.GetReport() && t.GetFigure() <= last.GetFigure() {
				return damaged("the texts of figures are not in order")
			}
		}
		if t.GetNote() == "" && t.GetExplanation() == "" {
			return damaged("the text of a figure is empty")
		}
		if int64(t.GetReport()) >= int64(len(reports)) || int64(t.GetFigure()) >= int64(len(reports[t.GetReport()].Figures)) {
			return damaged("figure %d of report %d has a text and is not there", t.GetFigure(), t.GetReport())
		}
		f := &reports[t.GetReport()].Figures[t.GetFigure()]
		f.Note, f.Explanation = t.GetNote(), t.GetExplanation()
	}
	return nil
}

func putApproved(b ReportApproved, m *journalv1.Entry) error {
	m.Body = &journalv1.Entry_ReportApproved{ReportApproved: &journalv1.ReportApproved{
		Unit: string(b.Key.Unit), Form: string(b.Key.Form), Period: b.Key.Period.String(), Revision: uint32(b.Revision), //nolint:gosec // checked below
	}}
	return checkKey(b.Key, b.Revision)
}

func approvedOf(m *journalv1.ReportApproved) (Body, error) {
	key, revision, err := keyOf(m.GetUnit(), m.GetForm(), m.GetPeriod(), m.GetRevision())
	if err != nil {
		return nil, err
	}
	return ReportApproved{Key: key, Revision: revision}, known(m)
}

func putReturned(b ReportReturned, m *journalv1.Entry) error {
	m.Body = &journalv1.Entry_ReportReturned{ReportReturned: &journalv1.ReportReturned{
		Unit: string(b.Key.Unit), Form: string(b.Key.Form), Period: b.Key.Period.String(), Revision: uint32(b.Revision), //nolint:gosec // checked below
	}}
	return checkKey(b.Key, b.Revision)
}

func returnedOf(m *journalv1.ReportReturned, reason string) (Body, error) {
	key, revision, err := keyOf(m.GetUnit(), m.GetForm(), m.GetPeriod(), m.GetRevision())
	if err != nil {
		return nil, err
	}
	return ReportReturned{Key: key, Revision: revision, Reason: reason}, known(m)
}

func checkKey(key ReportKey, revision int) error {
	if !key.Period.Valid() || revision < 1 || revision > math.MaxInt32 {
		return fault.Internal(nil, "report %s, revision %d cannot be stored", key, revision)
	}
	return nil
}

func keyOf(unit, formCode, p string, revision uint32) (ReportKey, int, error) {
	base, err := period.Parse(p)
	if err != nil {
		return ReportKey{}, 0, damaged("a report is of the period %q", p)
	}
	if revision < 1 || revision > math.MaxInt32 {
		return ReportKey{}, 0, damaged("a report has revision %d", revision)
	}
	return ReportKey{Unit: hierarchy.ID(unit), Form: form.Code(formCode), Period: base}, int(revision), nil
}
