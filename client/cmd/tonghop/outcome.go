package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

const (
	kindPrefix = "OUTCOME_KIND_"
	refusal    = reportingv1.OutcomeKind_OUTCOME_KIND_REFUSED
)

// teller shows what becomes of an upload, as it becomes.
type teller struct {
	s    *session
	file string
	dry  bool
	// form is what the rows were read from; nil for a file that is sent as it is.
	form *filledForm

	w   *bufio.Writer
	csv *csv.Writer
	// kinds is the last word on each report, for the case that the upload ends without a summary.
	kinds map[int32]reportingv1.OutcomeKind
	total int32
	// reasons counts the refusals that this program has something to say about.
	reasons map[string]int
	summary *reportingv1.ImportReportsSummary
}

func newTeller(s *session, file string, dry bool, form *filledForm) *teller {
	t := &teller{s: s, file: file, dry: dry, form: form, kinds: map[int32]reportingv1.OutcomeKind{}, reasons: map[string]int{}}
	t.w = bufio.NewWriter(s.stdout)
	t.csv = csv.NewWriter(t.w)
	if s.Output == "csv" {
		header := []string{"outcome", "index", "report", "revision", "etag", "sequence", "late", "line", "field", "reason", "message", "other_line"}
		if form != nil {
			header = append(header, "sheet", "cell", "value")
		}
		// An error stays in the writer and is found when it is flushed.
		_ = t.csv.Write(header)
	}
	return t
}

func (t *teller) take(answer *reportingv1.ImportReportsResponse) error {
	switch part := answer.GetPart().(type) {
	case *reportingv1.ImportReportsResponse_Progress:
		t.total = part.Progress.GetReports()
		t.s.progress.at("reports", "reports", int64(part.Progress.GetDone()), int64(t.total))
		return nil
	case *reportingv1.ImportReportsResponse_Outcome:
		t.count(part.Outcome)
		defer t.s.progress.at("reports", "reports", int64(len(t.kinds)), int64(max(t.total, int32(len(t.kinds)))))
	case *reportingv1.ImportReportsResponse_Problem:
		t.reasons[part.Problem.GetReason()]++
	case *reportingv1.ImportReportsResponse_Summary:
		t.summary = part.Summary
	}
	if err := firstError(t.cells(answer), t.show(answer)); err != nil {
		return err
	}
	return t.flush()
}

func (t *teller) count(o *reportingv1.SubmitOutcome) {
	t.kinds[o.GetIndex()] = o.GetKind()
	named := map[string]bool{}
	for _, p := range o.GetProblems() {
		named[p.GetReason()] = true
	}
	for reason := range named {
		t.reasons[reason]++
	}
}

func (t *teller) show(answer *reportingv1.ImportReportsResponse) error {
	if t.s.Output == "json" {
		return writeJSON(t.w, answer)
	}
	switch part := answer.GetPart().(type) {
	case *reportingv1.ImportReportsResponse_Outcome:
		if t.s.Output == "csv" {
			t.outcomeRows(part.Outcome)
			return nil
		}
		t.outcomeLines(part.Outcome)
	case *reportingv1.ImportReportsResponse_Problem:
		if t.s.Output == "csv" {
			t.row([]string{word(refusal, kindPrefix), "", "", "", "", "", ""}, part.Problem)
			return nil
		}
		t.line("%-9s  %s%s", word(refusal, kindPrefix), t.place(part.Problem), saying(part.Problem))
	}
	return nil
}

func (t *teller) line(format string, args ...any) {
	_, _ = fmt.Fprintf(t.w, format+"\n", args...)
}

func (t *teller) outcomeLines(o *reportingv1.SubmitOutcome) {
	parts := []string{first(plain(o.GetName()), "report "+number(o.GetIndex()+1))}
	if o.GetRevision() > 0 {
		parts = append(parts, "revision "+number(o.GetRevision()))
	}
	if o.GetReceipt() != nil {
		parts = append(parts, "entry "+number(o.GetReceipt().GetSequence()))
	}
	if lines := t.rows(o.GetLines()); lines != "" {
		parts = append(parts, lines)
	}
	if o.GetLate() {
		parts = append(parts, "late")
	}
	t.line("%-9s  %s", word(o.GetKind(), kindPrefix), strings.Join(parts, "  "))
	if merged := o.GetMergedIndicators(); len(merged) > 0 {
		t.line("%-9s  kept from the revision before: %s", "", plain(strings.Join(merged, ", ")))
	}
	for _, p := range o.GetProblems() {
		t.line("%-9s  %s%s", "", t.place(p), saying(p))
	}
}

func (t *teller) outcomeRows(o *reportingv1.SubmitOutcome) {
	about := []string{
		word(o.GetKind(), kindPrefix), number(o.GetIndex()), o.GetName(), some(o.GetRevision()), o.GetEtag(),
		some(o.GetReceipt().GetSequence()), yes(o.GetLate()),
	}
	for _, p := range o.GetProblems() {
		t.row(about, p)
	}
	if len(o.GetProblems()) == 0 {
		line := int32(0)
		if len(o.GetLines()) > 0 {
			line = o.GetLines()[0]
		}
		t.row(about, &reportingv1.Problem{Line: line})
	}
}

func (t *teller) row(about []string, p *reportingv1.Problem) {
	row := slices.Concat(about, []string{some(p.GetLine()), p.GetField(), p.GetReason(), p.GetMessage(), some(p.GetOtherLine())})
	if t.form != nil {
		row = append(row, t.form.columns(p)...)
	}
	t.write(row)
}

// write writes a row of an answer in CSV.
func (t *teller) write(row []string) {
	for i := range row {
		row[i] = harmless(row[i])
	}
	_ = t.csv.Write(row)
}

func (t *teller) flush() error {
	t.csv.Flush()
	return firstError(t.csv.Error(), t.w.Flush())
}

// place says where a problem is: in the cell of a form, or on the line of a file.
func (t *teller) place(p *reportingv1.Problem) string {
	if t.form == nil {
		return place(t.file, p)
	}
	return t.form.place(t.file, t.form.locate(p))
}

// rows says which rows made a report.
func (t *teller) rows(lines []int32) string {
	if t.form == nil {
		return ranges(lines)
	}
	return t.form.rows(lines)
}

// end closes with the counts, and with what this program can do about refusals.
func (t *teller) end() error {
	t.s.progress.clear()
	if t.summary == nil {
		return t.flush()
	}
	text := t.words()
	switch t.s.Output {
	case "table":
		t.line("%s", text)
	case "csv":
		t.s.notice("%s", text)
	}
	if err := t.flush(); err != nil {
		return err
	}
	t.hints()
	if t.summary.GetRefused() > 0 || t.summary.GetRefusedLines() > 0 {
		return errRefused
	}
	return nil
}

func (t *teller) words() string {
	m := t.summary
	text := fmt.Sprintf("%s: %s (%d created, %d corrected, %d unchanged, %d replayed, %d refused)",
		plural(m.GetLines(), "line", "lines"), plural(len(t.kinds), "report", "reports"),
		m.GetCreated(), m.GetCorrected(), m.GetUnchanged(), m.GetReplayed(), m.GetRefused())
	if m.GetRefusedLines() > 0 {
		text += fmt.Sprintf(", %s of no report", plural(m.GetRefusedLines(), "line", "lines"))
	}
	if t.dry {
		text += "; nothing was changed (dry run)"
	}
	return text
}

func (t *teller) hints() {
	for _, reason := range slices.Sorted(maps.Keys(t.reasons)) {
		if hint := hintOf(reason); hint != "" {
			t.s.notice("%s, %s", reason, plural(t.reasons[reason], "time", "times"))
			t.s.hint(hint)
		}
	}
}

// interrupted tells how far an upload came that has no end.
func (t *teller) interrupted() error {
	counts := map[string]int{}
	for _, kind := range t.kinds {
		counts[strings.ToLower(word(kind, kindPrefix))]++
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
	}
	if len(parts) > 0 {
		t.s.notice("stopped after %s; what was accepted stays: the same command again goes on and counts nothing twice", strings.Join(parts, ", "))
	}
	return t.flush()
}

// ranges writes line numbers as people do: "lines 2-5, 9".
func ranges(lines []int32) string {
	if len(lines) == 0 {
		return ""
	}
	var parts []string
	for i := 0; i < len(lines); {
		j := i
		for j+1 < len(lines) && lines[j+1] == lines[j]+1 {
			j++
		}
		part := number(lines[i])
		if j > i {
			part += "-" + number(lines[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	name := "lines "
	if len(lines) == 1 {
		name = "line "
	}
	return name + strings.Join(parts, ", ")
}
