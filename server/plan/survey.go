package plan

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/period"
	"github.com/tonghop/tonghop/server/text"
)

// SurveyCells are the cells of one row of a survey: a file in which somebody wrote down what articles say of plans of several
// provinces.
type SurveyCells struct {
	Source, Province, Plan, Year, Indicator, Level, Comparator, Value, Unit, Note, Record, IndicatorVI string
}

// SurveyRow is one row that was read: the plan that it is of, and one of the others.
type SurveyRow struct {
	// Province is the name of the unit, in words.
	Province string
	Plan     SurveyPlan
	Year     int
	Target   *Target
	Result   *Result
	Count    *Count
	Rule     *Rule
	// GroupName is that of the group whose indicators are counted.
	GroupName string
}

// SurveyPlan is what the cell of a plan says.
type SurveyPlan struct {
	Title, Number string
	// Issued is Beginning where the cell names no day; then the plan is a draft.
	Issued period.Day
	// ResultsOf is the title of the plan of which this tells results; empty where it is a plan itself.
	ResultsOf string
}

// UsualClasses are the classes of ranking bodies where a survey asks for one and nobody gave an order.
var UsualClasses = []string{"yếu", "trung bình", "trung bình khá", "khá", "tốt"}

var (
	documentNumber = regexp.MustCompile(`\d+[-/][A-ZĐ][A-ZĐ0-9]*(?:[-/][A-ZĐ][A-ZĐ0-9]*)*`)
	documentDate   = regexp.MustCompile(`\b(\d{1,2})/(\d{1,2})/(\d{4})\b`)
	outOf          = regexp.MustCompile(`\bout of (\d{1,4})\b`)
)

// ratingWords are what notes say of ratings.
var ratingWords = []struct {
	words  string
	rating Status
}{{"rated chưa đạt", NotMet}, {"rated vượt", Exceeded}, {"rated đạt", Met}}

// countCodes are the codes that count targets instead of measuring something.
var countCodes = map[string]CountKind{
	"PLAN-ASSIGNED": CountAssigned, "PLAN-TOTAL": CountTotal, "PLAN-REACHED": CountReached, "PLAN-EXCEEDED": CountExceeded,
	"PLAN-MET": CountMet, "PLAN-NOTMET": CountNotMet, "FOCUS-COUNT": CountFocus,
}

// parsePlanCell reads "Dự thảo Kế hoạch ... 2023 (ban hành: 99/KH-UBND, 16/3/2023)", "698/KH-UBND (29/4/2022)" or a title alone.
func parsePlanCell(cell string) SurveyPlan {
	p := SurveyPlan{Issued: period.Beginning}
	p.Title = strings.TrimSpace(cell)
	if head, _, found := strings.Cut(p.Title, "("); found && strings.TrimSpace(head) != "" {
		p.Title = strings.TrimSuffix(strings.TrimSpace(head), ",")
	}
	if rest, found := strings.CutPrefix(p.Title, "Kết quả "); found {
		p.ResultsOf = rest
		return p
	}
	p.Title = strings.TrimSpace(strings.TrimPrefix(p.Title, "Dự thảo "))
	p.Number = documentNumber.FindString(cell)
	if d := documentDate.FindStringSubmatch(cell); p.Number != "" && d != nil {
		day, _ := strconv.Atoi(d[1])
		month, _ := strconv.Atoi(d[2])
		year, _ := strconv.Atoi(d[3])
		p.Issued = period.Date(year, month, day)
	}
	return p
}

// Matches says whether this is the plan of which another cell tells results.
func (p *SurveyPlan) Matches(resultsOf string) bool {
	return p.ResultsOf == "" && strings.EqualFold(text.NFC(p.Title), text.NFC(resultsOf))
}

// ParseSurvey reads a row. Every violation is told with the column as its field.
func ParseSurvey(c SurveyCells) (SurveyRow, error) {
	var problems fault.List
	row := SurveyRow{Province: c.Province, Plan: parsePlanCell(c.Plan)}
	for _, s := range []struct{ column, cell string }{{"province", c.Province}, {"plan", c.Plan}} {
		if s.cell == "" {
			problems.Add(fault.Invalid("TEXT_MISSING", "%s is empty; write what stands in the document", s.column).With("name", s.column).In(s.column))
		}
	}
	year, err := strconv.Atoi(c.Year)
	if err != nil {
		problems.Add(fault.Invalid("YEAR_MALFORMED", "year %q: write four digits, such as 2025", shorten(c.Year)).With("value", shorten(c.Year)).In("year"))
	} else {
		checkYear(year, &problems)
	}
	row.Year = year
	switch {
	case c.Record == "target", c.Record == "deadline":
		row.Target = c.target(year, &problems)
	case c.Record == "rule":
		row.Rule = &Rule{Code: c.Indicator, Text: c.IndicatorVI}
	case c.Record == "structure", c.Record == "result" && countCodes[c.Indicator] != noCount:
		row.Count, row.GroupName = c.count(year, &problems)
	case c.Record == "result":
		row.Result = c.result(year, &problems)
	default:
		problems.Add(fault.Invalid("RECORD_UNKNOWN", "record_type %q is unknown; give target, deadline, result, structure or rule", shorten(c.Record)).
			With("value", shorten(c.Record)).In("record_type"))
	}
	return row, problems.Err()
}

// columns renames the fields of the domain to the columns of a survey.
func columns(err error) error {
	if err == nil {
		return nil
	}
	e := fault.Of(err)
	all := e.Details
	if len(all) == 0 {
		all = []*fault.Error{e}
	}
	var told fault.List
	for _, one := range all {
		c := *one
		switch c.Field {
		case "indicator", "label":
			c.Field = "indicator_code"
		case "scope":
			c.Field = "level"
		case "kind":
			c.Field = "record_type"
		case "count":
			c.Field = "value"
		}
		told.Add(&c)
	}
	return told.Err()
}

func (c *SurveyCells) target(year int, problems *fault.List) *Target {
	t := &Target{
		Year: year, Indicator: indicator.Code(c.Indicator), Scope: c.scope(problems), Value: c.Value,
		BaselineDay: period.Beginning, Due: period.Forever, Note: c.Note,
	}
	var err error
	if t.Comparator, err = ParseComparator(c.Comparator); err != nil {
		problems.Add(fault.Of(err).In("comparator"))
		return t
	}
	if n := outOf.FindStringSubmatch(c.Note); n != nil {
		t.Ranked, _ = strconv.Atoi(n[1])
	}
	problems.Add(columns(t.Check()))
	return t
}

// scope reads the level: a percentage is that of all units of the kinds together, anything else is demanded of every single one.
func (c *SurveyCells) scope(problems *fault.List) Scope {
	var s Scope
	for word := range strings.SplitSeq(c.Level, ";") {
		word = strings.TrimSpace(word)
		if word == string(hierarchy.Province) {
			continue
		}
		kind, err := hierarchy.ParseKind(word)
		if err != nil {
			problems.Add(fault.Of(err).In("level"))
			continue
		}
		s.Kinds = append(s.Kinds, kind)
	}
	s.Each = len(s.Kinds) > 0 && !strings.HasPrefix(c.Unit, "%")
	return s
}

func (c *SurveyCells) result(year int, problems *fault.List) *Result {
	r := &Result{Year: year, Indicator: indicator.Code(c.Indicator), Scope: c.scope(problems), Value: c.Value, Source: c.Source, Note: c.Note}
	var err error
	if r.Bound, err = ParseBound(c.Comparator); err != nil {
		problems.Add(fault.Of(err).In("comparator"))
	}
	for _, w := range ratingWords {
		if strings.Contains(c.Note, w.words) {
			r.Rating = w.rating
			break
		}
	}
	problems.Add(columns(r.Check()))
	return r
}

func (c *SurveyCells) count(year int, problems *fault.List) (*Count, string) {
	n, err := strconv.Atoi(c.Value)
	if err != nil {
		problems.Add(fault.Invalid("COUNT_MALFORMED", "%q cannot be counted; write a whole number", shorten(c.Value)).With("value", shorten(c.Value)).In("value"))
	}
	count := &Count{Year: year, Kind: countCodes[c.Indicator], Count: n, Source: c.Source, Note: c.Note}
	group := ""
	if count.Kind == noCount {
		count.Kind, count.Label = CountOther, c.Indicator
		if code, ok := strings.CutPrefix(c.Indicator, "GROUP-"); ok {
			count.Kind, count.Label = CountGroup, code
			group = strings.TrimPrefix(c.IndicatorVI, "Số chỉ tiêu nhóm ")
		}
	}
	problems.Add(columns(count.Check()))
	return count, group
}
