package gateway

import (
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// appendColumns writes an answer in columns as marshalJSON would, byte by byte: protojson looks at every number by
// reflection, and there are a hundred thousand. It is false where a text is not a plain one.
func appendColumns(b []byte, m *reportingv1.QueryRollupColumnsResponse) ([]byte, bool) {
	w := columnWriter{b: append(b, '{')}
	if u := m.GetUnits(); u != nil {
		w.name("units")
		w.b = append(w.b, '{')
		w.texts("ids", u.GetIds())
		w.texts("codes", u.GetCodes())
		w.texts("names", u.GetNames())
		w.texts("kinds", u.GetKinds())
		w.b = append(w.b, '}')
	}
	w.name("periods")
	w.b = append(w.b, '[')
	for i, p := range m.GetPeriods() {
		w.comma(i)
		w.message(p)
	}
	w.b = append(w.b, ']')
	w.name("columns")
	w.b = append(w.b, '[')
	for i, c := range m.GetColumns() {
		w.comma(i)
		w.columns(c)
	}
	w.b = append(w.b, ']')
	w.name("basis")
	w.enum(int32(m.GetBasis()), reportingv1.Basis_name)
	w.name("measure")
	w.enum(int32(m.GetMeasure()), reportingv1.RollupMeasure_name)
	w.name("nextPageToken")
	w.text(m.GetNextPageToken())
	if s := m.GetStamp(); s != nil {
		w.name("stamp")
		w.message(s)
	}
	return append(w.b, '}'), !w.failed
}

// columnWriter writes parts of an answer.
type columnWriter struct {
	b      []byte
	failed bool
}

func (w *columnWriter) columns(c *reportingv1.RollupColumns) {
	w.b = append(w.b, '{')
	w.name("indicator")
	w.text(c.GetIndicator())
	w.name("unitOfMeasure")
	w.text(c.GetUnitOfMeasure())
	for _, n := range [...]struct {
		name  string
		scale int32
	}{{"scale", c.GetScale()}, {"numeratorScale", c.GetNumeratorScale()}, {"denominatorScale", c.GetDenominatorScale()}} {
		w.name(n.name)
		w.b = strconv.AppendInt(w.b, int64(n.scale), 10)
	}
	w.name("states")
	w.b = append(w.b, '[')
	for i, s := range c.GetStates() {
		w.comma(i)
		w.enum(int32(s), reportingv1.RollupState_name)
	}
	w.b = append(w.b, ']')
	w.numbers("values", c.GetValues())
	w.numbers("numerators", c.GetNumerators())
	w.numbers("denominators", c.GetDenominators())
	w.name("exact")
	w.b = append(w.b, '[')
	for i, e := range c.GetExact() {
		w.comma(i)
		w.message(e)
	}
	w.b = append(w.b, ']')
	for _, n := range [...]struct {
		name   string
		counts []int32
	}{
		{"expected", c.GetExpected()},
		{"received", c.GetReceived()},
		{"notAvailable", c.GetNotAvailable()},
		{"notApplicable", c.GetNotApplicable()},
		{"excluded", c.GetExcluded()},
		{"late", c.GetLate()},
		{"stale", c.GetStale()},
		{"unitsComplete", c.GetUnitsComplete()},
		{"units", c.GetUnits()},
		{"half", c.GetHalf()},
		{"unweighted", c.GetUnweighted()},
		{"divisor", c.GetDivisor()},
		{"fell", c.GetFell()},
		{"across", c.GetAcross()},
		{"standing", c.GetStanding()},
	} {
		w.counts(n.name, n.counts)
	}
	w.name("held")
	w.b = append(w.b, '[')
	for i, h := range c.GetHeld() {
		w.comma(i)
		w.message(h)
	}
	w.b = append(w.b, ']')
	w.counts("partsDiffer", c.GetPartsDiffer())
	w.name("countsLike")
	w.b = strconv.AppendInt(w.b, int64(c.GetCountsLike()), 10)
	w.counts("closedVersions", c.GetClosedVersions())
	w.counts("differFromClosed", c.GetDifferFromClosed())
	w.b = append(w.b, '}')
}

// name begins a field.
func (w *columnWriter) name(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

func (w *columnWriter) comma(place int) {
	if place > 0 {
		w.b = append(w.b, ',')
	}
}

// numbers writes numbers of 64 bits, which are texts in the JSON of protobuf.
func (w *columnWriter) numbers(name string, list []int64) {
	w.name(name)
	w.b = append(w.b, '[')
	for i, n := range list {
		w.comma(i)
		w.b = append(strconv.AppendInt(append(w.b, '"'), n, 10), '"')
	}
	w.b = append(w.b, ']')
}

func (w *columnWriter) counts(name string, list []int32) {
	w.name(name)
	w.b = append(w.b, '[')
	for i, n := range list {
		w.comma(i)
		w.b = strconv.AppendInt(w.b, int64(n), 10)
	}
	w.b = append(w.b, ']')
}

func (w *columnWriter) texts(name string, list []string) {
	w.name(name)
	w.b = append(w.b, '[')
	for i, s := range list {
		w.comma(i)
		w.text(s)
	}
	w.b = append(w.b, ']')
}

// text writes a text in which nothing has to be escaped.
func (w *columnWriter) text(s string) {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' {
			w.failed = true
		}
	}
	w.failed = w.failed || !utf8.ValidString(s)
	w.b = append(append(append(w.b, '"'), s...), '"')
}

// enum writes the name of a value, or the number of one that has none here.
func (w *columnWriter) enum(n int32, names map[int32]string) {
	if name, ok := names[n]; ok {
		w.text(name)
		return
	}
	w.b = strconv.AppendInt(w.b, int64(n), 10)
}

// message writes a message of which there are few.
func (w *columnWriter) message(m proto.Message) {
	b, err := marshalJSON(m)
	w.failed = w.failed || err != nil
	w.b = append(w.b, b...)
}
