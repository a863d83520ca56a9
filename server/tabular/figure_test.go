package tabular_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/figure"
	"github.com/tonghop/tonghop/server/tabular"
)

// plain is a file of figures as the project would write it.
const plain = `unit,form,period,indicator,value,numerator,denominator,state,note,grade
30280,cds-thang,2024-02,CQ-11,1204,,,,"Xã Mỹ An, ấp 2
hai dòng",
30280,cds-thang,2024-02,CQ-06,,90,100,VALUE,,ESTIMATE
30280,cds-thang,2024-02,CQ-12,-,,,,,
30283-20250701,cds-thang,2025-07,CQ-12,,,,NOT_APPLICABLE,"nói ""x""",PRELIMINARY
`

func read(t *testing.T, file string) []tabular.FigureLine {
	t.Helper()
	var lines []tabular.FigureLine
	problems, err := tabular.ReadFigures(strings.NewReader(file), figure.Undeclared, func(l tabular.FigureLine) { lines = append(lines, l) })
	if err != nil || problems.Count > 0 {
		t.Fatalf("%v, problems:\n%s", err, words(problems.List))
	}
	return lines
}

func TestFiguresAreReadAsTheyStand(t *testing.T) {
	lines := read(t, plain)
	if len(lines) != 4 {
		t.Fatalf("%d lines, want 4", len(lines))
	}
	first, ratio, missing, never := lines[0], lines[1], lines[2], lines[3]
	if first.Line != 2 || first.Unit != "30280" || first.Value != "1204" || first.Note != "Xã Mỹ An, ấp 2\nhai dòng" || first.State != figure.Value {
		t.Errorf("first line is %+v", first)
	}
	if ratio.Line != 4 || ratio.Numerator != "90" || ratio.Denominator != "100" || ratio.Grade != figure.Estimate {
		t.Errorf("the ratio is %+v, want it on physical line 4", ratio)
	}
	if missing.State != figure.NotAvailable || missing.Value != "" || never.State != figure.NotApplicable || never.Note != `nói "x"` {
		t.Errorf("states are %+v and %+v", missing, never)
	}
	f, err := ratio.Parse(2)
	want := figure.Figure{State: figure.Value, Numerator: 9000, Denominator: 10000, HasNumerator: true, HasDenominator: true, Grade: figure.Estimate}
	if err != nil || f != want {
		t.Errorf("Parse(2) = %+v, %v, want %+v", f, err, want)
	}
	if err := f.Check(); err != nil {
		t.Error(err)
	}
}

// TestWhatSpreadsheetsDoToAFileChangesNothing reads one file in many dresses.
func TestWhatSpreadsheetsDoToAFileChangesNothing(t *testing.T) {
	want := read(t, plain)
	// Where no separator stands inside a cell, another one can take its place everywhere.
	swap := func(sep string) string {
		return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(plain, "An, ấp", "An~ ấp"), ",", sep), "~", ",")
	}
	upper, rest, _ := strings.Cut(plain, "\n")
	dresses := map[string]string{
		"a mark":          "\ufeff" + plain,
		"semicolons":      swap(";"),
		"tabs":            swap("\t"),
		"CRLF":            strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(plain, "\n", "\r"),
		"all of Excel":    "\ufeff" + strings.ReplaceAll(swap(";"), "\n", "\r\n"),
		"NFD":             norm.NFD.String(plain),
		"capitals":        strings.ToUpper(upper) + "\n" + rest,
		"spaces":          strings.ReplaceAll(upper, ",", " , ") + "\n" + strings.ReplaceAll(rest, "CQ-11,1204,", " CQ-11 ,\u00a01204 ,"),
		"a quoted head":   `"` + strings.ReplaceAll(upper, ",", `","`) + "\"\n" + rest,
		"no last break":   strings.TrimSuffix(plain, "\n"),
		"empty rows":      strings.Replace(plain, "30283-", ",,,,,,,,,\n  \n\n30283-", 1),
		"empty columns":   strings.NewReplacer(",grade\n", ",grade,,\n", "dòng\",\n", "dòng\",,,\n", "ESTIMATE\n", "ESTIMATE,,\n", ",-,,,,,\n", ",-,,,,,,,\n", "PRELIMINARY\n", "PRELIMINARY,,\n").Replace(plain),
		"another order":   reordered(plain),
		"one byte a read": plain,
	}
	for name, file := range dresses {
		t.Run(name, func(t *testing.T) {
			var got []tabular.FigureLine
			var r io.Reader = strings.NewReader(file)
			if strings.HasPrefix(name, "one byte") {
				r = iotest.OneByteReader(r)
			}
			problems, err := tabular.ReadFigures(r, figure.Undeclared, func(l tabular.FigureLine) { got = append(got, l) })
			if err != nil || problems.Count > 0 {
				t.Fatalf("%v, problems:\n%s", err, words(problems.List))
			}
			if name == "empty rows" {
				got[3].Line -= 3
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// reordered puts the last column of a file first; its last cells hold no separators.
func reordered(file string) string {
	file = strings.Replace(file, "dòng\",", "dòng\"", 1)
	var out strings.Builder
	for i, line := range strings.Split(strings.TrimSuffix(file, "\n"), "\n") {
		at := strings.LastIndex(line, ",")
		switch i {
		case 1: // its note goes on in the next line, and its grade is empty
			out.WriteString("," + line + "\n")
		case 2:
			out.WriteString(line + "\n")
		default:
			out.WriteString(line[at+1:] + "," + line[:at] + "\n")
		}
	}
	return out.String()
}

func TestOtherEncodingsAreRefusedByLineAndWithAHint(t *testing.T) {
	windows1258, err := charmap.Windows1258.NewEncoder().String("unit,form,period,indicator,value,note\n" +
		"1,a,2024,B,1,\"ok\nok\"\n1,a,2024,B,1,\"ok\n\u00e2\"\n1,a,2024,B,1,\u0111\n")
	if err != nil {
		t.Fatal(err)
	}
	units := utf16.Encode([]rune(plain))
	little, big := "\xff\xfe", "\xfe\xff"
	for _, u := range units {
		little += string([]byte{byte(u), byte(u >> 8)})
		big += string([]byte{byte(u >> 8), byte(u)})
	}
	for _, c := range []struct{ name, file, want string }{
		{"Windows-1258", windows1258, "4 - NOT_UTF8\n6 - NOT_UTF8\n"},
		{"UTF-16 little", little, "1 - NOT_UTF8\n"},
		{"UTF-16 big", big, "1 - NOT_UTF8\n"},
		{"UTF-16 without mark", little[2:], "1 - NOT_UTF8\n"},
		{"Excel", "PK\x03\x04\x14", "1 - FILE_NOT_CSV\n"},
		{"old Excel", "\xd0\xcf\x11\xe0\xa1", "1 - FILE_NOT_CSV\n"},
	} {
		problems, err := tabular.ReadFigures(strings.NewReader(c.file), figure.Undeclared, func(tabular.FigureLine) {})
		if got := words(problems.List); err != nil || got != c.want {
			t.Errorf("%s: problems are %q, %v, want %q", c.name, got, err, c.want)
			continue
		}
		if last := problems.List[len(problems.List)-1]; !strings.Contains(last.Err.Text, "CSV UTF-8") {
			t.Errorf("%s: the text %q does not say what to do", c.name, last.Err.Text)
		}
	}
	// The row begins on line 4; its text says that the broken character stands on line 5.
	problems, _ := tabular.ReadFigures(strings.NewReader(windows1258), figure.Undeclared, func(tabular.FigureLine) {})
	if !strings.Contains(problems.List[0].Err.Text, "line 5 is not UTF-8") || !strings.Contains(problems.List[0].String(), "line 4") {
		t.Errorf("the problem is %q", problems.List[0])
	}
}

func TestMissingAndUnknownColumnsSayWhatIsThere(t *testing.T) {
	problems, err := tabular.ReadFigures(strings.NewReader("unit,form,Ky,indicator,value\n"), figure.Undeclared, func(tabular.FigureLine) {})
	if err != nil || problems.Count != 2 {
		t.Fatal(problems, err)
	}
	unknown, missing := problems.List[0].Err, problems.List[1].Err
	if !strings.Contains(unknown.Text, `"ky"`) || !strings.Contains(unknown.Text, "period") {
		t.Errorf("the unknown column is told as %q", unknown.Text)
	}
	if !strings.Contains(missing.Text, "column period is missing") || !strings.Contains(missing.Text, "unit, form, ky, indicator, value") {
		t.Errorf("the missing column is told as %q", missing.Text)
	}
}

// R49: without a declared format a dot or comma has two meanings; with one it has one.
func TestR49_ANumberHasOneMeaningOrNone(t *testing.T) {
	for _, c := range []struct {
		cell   string
		format figure.NumberFormat
		scale  figure.Scale
		want   figure.Number
		reason string
	}{
		{"1234", figure.Undeclared, 0, 1234, ""},
		{"-5", figure.Undeclared, 2, -500, ""},
		{"1.234", figure.Undeclared, 3, 0, "NUMBER_AMBIGUOUS"},
		{"1,5", figure.Undeclared, 1, 0, "NUMBER_AMBIGUOUS"},
		{"1.234", figure.Vietnamese, 0, 1234, ""},
		{"1.234,5", figure.Vietnamese, 1, 12345, ""},
		{"1.234", figure.English, 3, 1234, ""},
		{"1,234.5", figure.English, 1, 12345, ""},
		{"1.5", figure.Vietnamese, 1, 0, "NUMBER_GROUPING"},
		{"1.234", figure.English, 2, 0, "NUMBER_TOO_PRECISE"},
		{"9223372036854775807", figure.Undeclared, 0, 9223372036854775807, ""},
		{"9223372036854775807", figure.Undeclared, 1, 0, "NUMBER_OUT_OF_RANGE"},
		{strings.Repeat("9", 150), figure.Undeclared, 0, 0, "NUMBER_OUT_OF_RANGE"},
		{strings.Repeat("9", 999), figure.Undeclared, 0, 0, "NUMBER_OUT_OF_RANGE"},
	} {
		var got figure.Figure
		var parse error
		file := "unit;form;period;indicator;value\n1;a;2024;B;" + c.cell + "\n"
		problems, err := tabular.ReadFigures(strings.NewReader(file), c.format, func(l tabular.FigureLine) { got, parse = l.Parse(c.scale) })
		if err != nil {
			t.Fatal(err)
		}
		if problems.Count > 0 {
			parse = problems.List[0].Err
		}
		if fault.ReasonOf(parse) != c.reason || got.Value != c.want {
			t.Errorf("%q read as %q at scale %d = %d, %s, want %d, %s", c.cell, c.format, c.scale, got.Value, fault.ReasonOf(parse), c.want, c.reason)
		}
		if parse != nil && fault.Of(parse).Field != "value" {
			t.Errorf("%q: the field is %q", c.cell, fault.Of(parse).Field)
		}
	}
}

// rows makes a file of n good rows while it is read, so that the test itself holds none of it.
func rows(n int) io.Reader {
	next := 0
	return iotest.DataErrReader(readerFunc(func(p []byte) (int, error) {
		if next > n {
			return 0, io.EOF
		}
		line := "unit,form,period,indicator,value,note\n"
		if next > 0 {
			line = fmt.Sprintf("%05d,cds-thang,2024-%02d,CQ-%02d,%d,\n", next/528, next%12+1, next/12%44, next)
		}
		next++
		return copy(p, line), nil
	}))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestTwoHundredThousandLinesStreamThroughALittleMemory(t *testing.T) {
	const n = 200_000
	count, peak := 0, uint64(0)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	problems, err := tabular.ReadFigures(rows(n), figure.Undeclared, func(l tabular.FigureLine) {
		if count++; count%50_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
		if l.Line != count+1 {
			t.Fatalf("row %d is on line %d", count, l.Line)
		}
	})
	if err != nil || problems.Count > 0 || count != n {
		t.Fatal(count, problems, err)
	}
	if grown := int64(peak) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes are held while the file streams", grown)
	}
}

func TestAtMostAThousandProblemsAreListedAndAllAreCounted(t *testing.T) {
	file := "unit,form,period,indicator,value\n" + strings.Repeat("1,a,2024,B,?\n", 1500)
	problems, err := tabular.ReadFigures(strings.NewReader(file), figure.Undeclared, func(tabular.FigureLine) {})
	if err != nil || problems.Count != 1500 || len(problems.List) != tabular.MaxProblems || problems.List[999].Line != 1001 {
		t.Errorf("%d problems, %d listed, %v", problems.Count, len(problems.List), err)
	}
}

func TestAnUploadThatBreaksOffIsNoProblemOfTheFile(t *testing.T) {
	broken := errors.New("connection reset")
	_, err := tabular.ReadFigures(io.MultiReader(strings.NewReader(plain), iotest.ErrReader(broken)), figure.Undeclared, func(tabular.FigureLine) {})
	if !errors.Is(err, broken) {
		t.Errorf("error = %v, want the reader's", err)
	}
	if _, err = tabular.GroupFigures(iotest.ErrReader(broken), figure.Undeclared, nil); !errors.Is(err, broken) {
		t.Errorf("error = %v, want the reader's", err)
	}
}

func TestHostileFilesEndInLimits(t *testing.T) {
	head := "unit,form,period,indicator,value,note\n"
	for _, c := range []struct{ name, file, want string }{
		{"a cell without end", head + strings.Repeat("9", 40<<10) + "\n1,a,2024,B,1,\n,a,2024,B,1,\n", "2 - CELL_TOO_LONG\n4 unit UNIT_EMPTY\n"},
		{"a quote without end", head + `1,a,2024,B,1,"` + strings.Repeat("x\n", 40<<10), "2 - QUOTE_NOT_CLOSED\n"},
		{"a thousand cells", head + strings.Repeat(",", 1000) + "x\n" + strings.Repeat("x,", 1000) + "\n", "2 - ROW_CELLS\n3 - ROW_CELLS\n"},
		{"a wide header", strings.Repeat("x,", 300) + "\n", strings.Repeat("1 - COLUMN_UNKNOWN\n", 100) +
			"1 unit COLUMN_MISSING\n1 form COLUMN_MISSING\n1 period COLUMN_MISSING\n1 indicator COLUMN_MISSING\n"},
	} {
		problems, err := tabular.ReadFigures(strings.NewReader(c.file), figure.Undeclared, func(tabular.FigureLine) {})
		if got := words(problems.List); err != nil || got != c.want {
			t.Errorf("%s: %v, problems are\n%swant\n%s", c.name, err, got, c.want)
		}
	}
	endless := readerFunc(func(p []byte) (int, error) { return copy(p, strings.Repeat("1,a,2024,B,1,\n", 100)), nil })
	_, err := tabular.ReadFigures(io.MultiReader(strings.NewReader(head), endless), figure.Undeclared, func(tabular.FigureLine) {})
	if fault.ReasonOf(err) != "FILE_TOO_LARGE" {
		t.Errorf("an endless file ends with %v", err)
	}
}
