package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/tonghop/tonghop/client"
	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

type unitsReorganiseCmd struct {
	Units    string   `placeholder:"FILE" help:"units.csv: units that are new, and those that are closed with valid_to."`
	Lineage  string   `placeholder:"FILE" help:"lineage.csv: date,from,to,share."`
	Date     string   `placeholder:"DATE" help:"First day of the new state, for the flags below."`
	Create   []string `sep:"none" placeholder:"CODE:KIND:PARENT:NAME" help:"A unit that begins; may be repeated."`
	Close    []string `placeholder:"U,..." help:"Units that end."`
	Rename   []string `sep:"none" placeholder:"U=NAME" help:"A unit that gets another name; may be repeated."`
	Move     []string `placeholder:"U=PARENT,..." help:"Units that move, with all below: each gets a successor under another unit."`
	Whole    []string `placeholder:"FROM=TO,..." help:"Units that go over as a whole into others."`
	Part     []string `placeholder:"FROM=TO,..." help:"Units of which a part goes over into others."`
	Withdraw []string `placeholder:"FROM=TO,..." help:"Lineage of the day that had been recorded by mistake."`
	Note     string   `placeholder:"TEXT" help:"What is behind it, such as the number of the decree."`
	DryRun   bool     `help:"Show what would happen and change nothing."`
}

// Help shows how it is used.
func (unitsReorganiseCmd) Help() string {
	return `The change is taken in one piece or not at all: from files, or for one day from flags. A unit keeps its code, kind and parent for its whole life; one that moves is closed and gets a successor. A dry run shows which periods, reports, forms, tokens and targets it bears on.

Examples:

    tonghop units reorganise --units units.csv --lineage lineage.csv --note "202/2025/QH15" --dry-run
    tonghop units reorganise --date 2025-07-01 --close 30076 --whole 30076=29869
    tonghop units reorganise --date 2025-07-01 --move 866=82 --rename "873=Huyện Cao Lãnh (mới)"`
}

// Run changes the tree.
func (c *unitsReorganiseCmd) Run(ctx context.Context, s *session) error {
	flags := len(c.Create) + len(c.Close) + len(c.Rename) + len(c.Move) + len(c.Whole) + len(c.Part) + len(c.Withdraw)
	files := c.Units != "" || c.Lineage != ""
	switch {
	case files && (flags > 0 || c.Date != ""):
		return s.usage("give the change as files or as flags, not both: it is one piece")
	case files:
		return s.reorganiseFiles(ctx, c.Units, c.Lineage, &reportingv1.ImportReorganisationOptions{Note: c.Note, ValidateOnly: c.DryRun})
	case flags == 0:
		return s.usage("nothing says what changes: give --units and --lineage, or --date with --close, --move and the like")
	case c.Date == "":
		return s.usage("give the first day of the new state with --date")
	}
	q, err := c.request(s)
	if err != nil {
		return err
	}
	return s.with(ctx, func(to *client.Client) error {
		done, err := to.ReorganiseUnits(ctx, q)
		if err != nil {
			return err
		}
		if s.Output == "json" {
			return writeJSON(s.stdout, done)
		}
		return s.showReorganisation(done, c.DryRun)
	})
}

func (c *unitsReorganiseCmd) request(s *session) (*reportingv1.ReorganiseUnitsRequest, error) {
	q := &reportingv1.ReorganiseUnitsRequest{Date: c.Date, Close: c.Close, Note: c.Note, ValidateOnly: c.DryRun}
	for _, text := range c.Create {
		words := strings.SplitN(text, ":", 4)
		if len(words) < 4 {
			return nil, s.usage("--create %q: write CODE:KIND:PARENT:NAME; an empty PARENT makes a root", text)
		}
		q.Create = append(q.Create, &reportingv1.NewUnit{Code: words[0], Kind: words[1], Parent: words[2], NameVi: words[3]})
	}
	for _, text := range c.Rename {
		unit, name, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, s.usage("--rename %q: write UNIT=NAME", text)
		}
		q.Rename = append(q.Rename, &reportingv1.UnitRename{Unit: unit, NameVi: name})
	}
	for _, text := range c.Move {
		unit, parent, ok := strings.Cut(text, "=")
		if !ok {
			return nil, s.usage("--move %q: write UNIT=PARENT", text)
		}
		q.Move = append(q.Move, &reportingv1.UnitMove{Unit: unit, Parent: &parent})
	}
	for _, list := range []struct {
		flag  string
		texts []string
		share reportingv1.Share
		to    *[]*reportingv1.NewLink
	}{
		{"whole", c.Whole, reportingv1.Share_SHARE_WHOLE, &q.Links},
		{"part", c.Part, reportingv1.Share_SHARE_PART, &q.Links},
		{"withdraw", c.Withdraw, reportingv1.Share_SHARE_UNSPECIFIED, &q.Withdraw},
	} {
		for _, text := range list.texts {
			from, to, ok := strings.Cut(text, "=")
			if !ok {
				return nil, s.usage("--%s %q: write FROM=TO", list.flag, text)
			}
			*list.to = append(*list.to, &reportingv1.NewLink{From: from, To: to, Share: list.share})
		}
	}
	return q, nil
}

// reorganiseFiles uploads one file or both.
func (s *session) reorganiseFiles(ctx context.Context, units, lineage string, options *reportingv1.ImportReorganisationOptions) error {
	var files [2]io.ReadSeeker
	names := [2]string{"units.csv", "lineage.csv"}
	for i, path := range []string{units, lineage} {
		if path == "" {
			continue
		}
		file, err := s.read(path, maxCatalogue)
		if err != nil {
			return err
		}
		files[i], names[i] = file.reader(s.progress), file.name
	}
	return s.with(ctx, func(to *client.Client) error {
		answer, err := to.ImportReorganisation(ctx, files[0], files[1], options)
		if err != nil {
			return err
		}
		refused := len(answer.GetUnitProblems())+len(answer.GetLineageProblems()) > 0
		if s.Output == "json" {
			err = writeJSON(s.stdout, answer)
		} else if refused {
			err = s.showRefused(answer, names)
		} else {
			err = s.showReorganisation(answer.GetReorganisation(), options.GetValidateOnly())
		}
		if err == nil && refused {
			err = errRefused
		}
		return err
	})
}

// fileRemark is a problem of one of several files.
type fileRemark struct {
	file string
	*reportingv1.Problem
}

func (s *session) showRefused(answer *reportingv1.ImportReorganisationResponse, names [2]string) error {
	var remarks []fileRemark
	for i, problems := range [][]*reportingv1.Problem{answer.GetUnitProblems(), answer.GetLineageProblems()} {
		for _, p := range problems {
			remarks = append(remarks, fileRemark{names[i], p})
		}
	}
	words := plural(len(remarks), "problem", "problems") + "; nothing was changed"
	if s.Output == "csv" {
		columns := append([]column[fileRemark]{{name: "file", text: func(r fileRemark) string { return r.file }}},
			within(remarkColumns, func(r fileRemark) remark { return remark{"error", r.Problem} })...)
		if err := list(s, sheet[fileRemark]{csv: columns}, withoutErrors(remarks)); err != nil {
			return err
		}
		s.notice("refused with %s", words)
		return nil
	}
	for _, r := range remarks {
		if err := s.printf("error: %s%s\n", place(r.file, r.Problem), saying(r.Problem)); err != nil {
			return err
		}
	}
	return s.printf("refused with %s\n", words)
}

var unitChangeSheet = sheet[*reportingv1.UnitChange]{
	table: []column[*reportingv1.UnitChange]{
		{name: "ACTION", text: action},
		{name: "UNIT", text: func(u *reportingv1.UnitChange) string { return label(u.GetUnit()) }},
		{name: "UNDER", text: (*reportingv1.UnitChange).GetParent},
		{name: "FROM", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetValidFrom() }},
		{name: "TO", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetValidTo() }},
		{name: "WAS", text: (*reportingv1.UnitChange).GetWasNameVi},
	},
	csv: []column[*reportingv1.UnitChange]{
		{name: "action", text: action},
		{name: "unit", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetId() }},
		{name: "code", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetCode() }},
		{name: "kind", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetKind() }},
		{name: "name_vi", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetNameVi() }},
		{name: "parent", text: (*reportingv1.UnitChange).GetParent},
		{name: "valid_from", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetValidFrom() }},
		{name: "valid_to", text: func(u *reportingv1.UnitChange) string { return u.GetUnit().GetValidTo() }},
		{name: "was_name_vi", text: (*reportingv1.UnitChange).GetWasNameVi},
	},
}

func action(u *reportingv1.UnitChange) string {
	return strings.ToLower(word(u.GetAction(), "ACTION_"))
}

// showReorganisation shows what a change of the tree did, or would do.
func (s *session) showReorganisation(r *reportingv1.Reorganisation, dry bool) error {
	if err := list(s, unitChangeSheet, withoutErrors(r.GetChanges())); err != nil {
		return err
	}
	words := fmt.Sprintf("%d created, %d closed, %d renamed, %d corrected; %s added, %d withdrawn",
		r.GetCreated(), r.GetClosed(), r.GetRenamed(), r.GetCorrected(), plural(r.GetLinked(), "link", "links"), r.GetWithdrawn())
	switch {
	case dry:
		words = "would be: " + words + "; nothing was changed (dry run)"
	case r.GetReceipt() == nil:
		words += "; nothing was changed"
	default:
		words = fmt.Sprintf("%s; accepted as entry %d", words, r.GetReceipt().GetSequence())
	}
	if s.Output == "csv" {
		s.notice("%s", words)
		return nil
	}
	if err := s.showEffects(r.GetEffects()); err != nil {
		return err
	}
	return s.printf("%s\n", words)
}

// showEffects tells what a change bears on besides the tree.
func (s *session) showEffects(e *reportingv1.ReorganisationEffects) error {
	var lines []string
	for _, p := range e.GetPeriods() {
		lines = append(lines, fmt.Sprintf("%s %s (%s to %s): %d no longer owe it, %d do now", p.GetForm(), p.GetPeriod(), p.GetFirstDay(), p.GetLastDay(), p.GetEnding(), p.GetBeginning()))
	}
	if n := e.GetReportCount(); n > 0 {
		lines = append(lines, fmt.Sprintf("%s sent for such periods count no longer: %s", plural(n, "report", "reports"), shortList(e.GetReports(), int(n))))
	}
	for _, d := range e.GetDefinitions() {
		where := strings.ReplaceAll(strings.ToLower(word(d.GetPlace(), "PLACE_")), "_", " ")
		lines = append(lines, fmt.Sprintf("%s %s names %s; %s", where, d.GetCode(), label(d.GetUnit()), inPlace(d.GetActing())))
	}
	for _, k := range e.GetTokens() {
		lines = append(lines, fmt.Sprintf("token %s (%s) is bound to %s; %s", k.GetToken(), k.GetRole(), label(k.GetUnit()), inPlace(k.GetActing())+readsAfter(k)))
	}
	if more := int(e.GetTokenCount()) - len(e.GetTokens()); more > 0 {
		lines = append(lines, fmt.Sprintf("and %s", plural(more, "more token", "more tokens")))
	}
	lines = append(lines, targetEffects(e)...)
	for _, line := range lines {
		if err := s.printf("%s\n", plain(line)); err != nil {
			return err
		}
	}
	return nil
}

// targetEffects tells which targets find nobody any more.
func targetEffects(e *reportingv1.ReorganisationEffects) []string {
	var lines []string
	for _, t := range e.GetTargets() {
		why := "no unit of these kinds is left"
		if t.GetUnit() != nil {
			why = fmt.Sprintf("%s ends; %s", label(t.GetUnit()), inPlace(t.GetActing()))
		}
		of := strings.TrimSpace(t.GetIndicator() + " " + t.GetScope())
		lines = append(lines, fmt.Sprintf("target %s of %d in %s finds nobody: %s", of, t.GetYear(), cmp.Or(t.GetNumber(), t.GetPlan()), why))
	}
	if more := int(e.GetTargetCount()) - len(e.GetTargets()); more > 0 {
		lines = append(lines, "and "+plural(more, "more target", "more targets"))
	}
	return lines
}

// readsAfter says what a token may read afterwards; nothing where that is nothing.
func readsAfter(k *reportingv1.TokenEffect) string {
	if k.GetReads().GetId() == "" {
		return ""
	}
	return ", which the token may read"
}

func inPlace(acting *reportingv1.UnitLabel) string {
	if acting.GetId() == "" {
		return "nobody acts in its place"
	}
	return label(acting) + " acts in its place"
}

// shortList names the first of many.
func shortList(names []string, all int) string {
	const most = 5
	shown := min(most, len(names))
	text := strings.Join(names[:shown], ", ")
	if all > shown {
		text += fmt.Sprintf(" and %d more", all-shown)
	}
	return text
}
