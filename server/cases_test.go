package server_test

import (
	"flag"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

var update = flag.Bool("update", false, "write the answers that were given into testdata/rpc; review them like code")

// stories are the folders of testdata/rpc in which a story stands, with the files of the cases that are asked of it.
var stories = map[string]string{
	"province":  filepath.Join("testdata", "rpc", "*.txt"),
	"calendar":  filepath.Join("testdata", "rpc", "calendar", "cases.txt"),
	"rules":     filepath.Join("testdata", "rpc", "rules", "cases.txt"),
	"life":      filepath.Join("testdata", "rpc", "life", "cases.txt"),
	"reminders": filepath.Join("testdata", "rpc", "reminders", "cases.txt"),
	"plans":     filepath.Join("testdata", "rpc", "plans", "cases.txt"),
}

func everyCase(t *testing.T) []*caseFile {
	t.Helper()
	var all []*caseFile
	for _, story := range slices.Sorted(maps.Keys(stories)) {
		all = append(all, casesIn(t, stories[story])...)
	}
	return all
}

func casesIn(t *testing.T, pattern string) []*caseFile {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	files := make([]*caseFile, len(paths))
	for i, path := range paths {
		files[i] = readCases(t, path)
	}
	return files
}

// TestBothDoorsGiveTheSameAnswer makes every call of the case files by gRPC and as JSON on a real server with their story:
// both doors must give the same verdict and the same answer, that which was recorded, and in it
// what an accountant computed by hand. No case may change anything.
func TestBothDoorsGiveTheSameAnswer(t *testing.T) {
	for story, pattern := range stories {
		holdCases(t, toldOf(t, story), casesIn(t, pattern))
	}
}

func holdCases(t *testing.T, p *province, files []*caseFile) {
	t.Helper()
	before := p.entries()
	for _, f := range files {
		answers := map[*exchange]string{}
		for _, e := range f.cases {
			t.Run(strings.TrimSuffix(filepath.Base(f.path), ".txt")+"/"+e.name, func(t *testing.T) {
				p.t = t
				if text, ok := p.try(e); ok {
					answers[e] = text
				}
			})
		}
		if *update && !t.Failed() {
			f.rewrite(t, answers)
		}
	}
	p.t = t
	if after := p.entries(); after != before {
		t.Errorf("the journal had %d entries before the cases and has %d after them: a refusal or a read left a trace", before, after)
	}
}

func (p *province) entries() int64 {
	p.t.Helper()
	s, err := reportingv1.NewOperationServiceClient(p.conn).GetStatus(p.by("admin"), &reportingv1.GetStatusRequest{})
	if err != nil {
		p.t.Fatal(err)
	}
	return s.GetEntries()
}

// try holds one case against both doors. It gives the answer to be recorded, if there is one.
func (p *province) try(e *exchange) (string, bool) {
	p.t.Helper()
	byGRPC, asJSON := p.overGRPC(e, ""), p.overHTTP(e, "")
	for n := 1; n < e.page; n++ {
		token := string(pageToken(byGRPC))
		if token == "" {
			p.t.Fatalf("there is no page %d", n+1)
		}
		byGRPC, asJSON = p.overGRPC(e, token), p.overHTTP(e, token)
	}
	if asJSON.status != e.status {
		p.t.Errorf("HTTP status = %d, want %d\n%v", asJSON.status, e.status, asJSON.refused)
	}
	if (byGRPC.refused == nil) != (asJSON.refused == nil) {
		p.t.Fatalf("gRPC gives %v, JSON %v", byGRPC.verdict(), asJSON.verdict())
	}
	if byGRPC.refused != nil {
		p.checkRefusal(e, byGRPC.refused, asJSON.refused)
		return "", false
	}
	if !e.succeeds() {
		p.t.Fatalf("got an answer, want %s %s\n%s", e.code, e.reason, layout(byGRPC.trees, ""))
	}
	if diff := cmp.Diff(byGRPC.trees, asJSON.trees); diff != "" {
		p.t.Errorf("gRPC (-) and JSON (+) differ:\n%s", diff)
	}
	return p.checkAnswer(e, byGRPC)
}

func (g given) verdict() string {
	if g.refused == nil {
		return "an answer"
	}
	return g.refused.code + " " + g.refused.reason
}

func pageToken(g given) string {
	if len(g.answers) == 0 {
		return ""
	}
	m := g.answers[0].ProtoReflect()
	return m.Get(m.Descriptor().Fields().ByName("next_page_token")).String()
}

func (p *province) checkRefusal(e *exchange, byGRPC, asJSON *refusal) {
	p.t.Helper()
	for door, r := range map[string]*refusal{"gRPC": byGRPC, "JSON": asJSON} {
		if r.code != e.code || r.reason != e.reason {
			p.t.Errorf("%s gives %s %s, want %s %s\n%s", door, r.code, r.reason, e.code, e.reason, r.details)
		}
		if got := strings.Join(r.fields, ","); got != e.field {
			p.t.Errorf("%s puts the blame on %q, want %q\n%s", door, got, e.field, r.details)
		}
	}
	if byGRPC.text == "" || byGRPC.text != asJSON.text {
		p.t.Errorf("gRPC says %q, JSON %q", byGRPC.text, asJSON.text)
	}
	if diff := cmp.Diff(byGRPC.details, asJSON.details); diff != "" {
		p.t.Errorf("the details of gRPC (-) and JSON (+) differ:\n%s", diff)
	}
}

// checkAnswer holds an answer against what was computed by hand and what was recorded.
func (p *province) checkAnswer(e *exchange, g given) (string, bool) {
	p.t.Helper()
	all := g.trees[0]
	if e.take > 0 || len(g.trees) > 1 {
		all = map[string]any{"messages": g.trees}
	}
	if len(e.wants) == 0 && !e.varies {
		p.t.Errorf("nothing is computed by hand: add a line that begins with want")
	}
	for _, w := range e.wants {
		if got := look(all, w.path); got != w.value {
			p.t.Errorf("%s = %q, want %q", w.path, got, w.value)
		}
	}
	if e.varies {
		return "", false
	}
	plain := make([]any, len(g.answers))
	for i, m := range g.answers {
		plain[i] = mask(treeOf(p.t, p.hidden(marshal(p.t, m, protojson.MarshalOptions{}))))
	}
	var one any = plain
	if len(plain) == 1 {
		one = plain[0]
	}
	text := layout(one, "")
	if *update {
		return text, true
	}
	if e.recorded == "" {
		p.t.Fatalf("no answer is recorded; run with -update and review\n%s", text)
	}
	if diff := cmp.Diff(treeOf(p.t, []byte(e.recorded)), one); diff != "" {
		p.t.Errorf("the recorded answer (-) and this one (+) differ:\n%s", diff)
	}
	return "", false
}

// leastReads and leastRefusedChanges are how many cases there are at least.
const (
	leastReads          = 60
	leastRefusedChanges = 15
)

// TestCaseFileLeavesNothingOut walks the contract: everything that can be read is read in a case and refused in
// another, and so is every change refused.
func TestCaseFileLeavesNothingOut(t *testing.T) {
	reads, refusedChanges := 0, 0
	answered, refused := map[string]bool{}, map[string]bool{}
	reasons := map[string]bool{}
	names := map[string]int{}
	for _, f := range everyCase(t) {
		for _, e := range f.cases {
			if names[e.name]++; names[e.name] > 1 {
				t.Errorf("%s:%d: there is another case %q", f.path, e.line, e.name)
			}
			reasons[e.reason] = true
			switch {
			case e.succeeds():
				answered[e.method] = true
			default:
				refused[e.method] = true
			}
			switch {
			case e.verb == http.MethodGet:
				reads++
			case !e.succeeds():
				refusedChanges++
			}
		}
	}
	if reads < leastReads || refusedChanges < leastRefusedChanges {
		t.Errorf("%d reads and %d refused changes, want at least %d and %d", reads, refusedChanges, leastReads, leastRefusedChanges)
	}
	for method, rule := range httpRules(t) {
		if !refused[method] && method != "OperationService.VerifyStore" || !answered[method] && rule.GetGet() != "" {
			t.Errorf("%s: answered in a case: %t, refused in one: %t", method, answered[method], refused[method])
		}
	}
	for _, reason := range readReasons {
		if !reasons[reason] {
			t.Errorf("no case is refused with %s", reason)
		}
	}
}

// readReasons are the reasons for which a read can be refused while the store is well.
var readReasons = strings.Fields(`
	TOKEN_MISSING TOKEN_INVALID RIGHT_MISSING
	UNIT_NOT_FOUND UNIT_NOT_VALID UNIT_EMPTY INDICATOR_NOT_FOUND FORM_NOT_FOUND REPORT_NOT_FOUND REPORT_NAME_INVALID
	DAY_MALFORMED KIND_MALFORMED PAGE_SIZE_INVALID PAGE_TOKEN_INVALID SEQUENCE_INVALID SEQUENCE_NOT_REACHED
	PERIOD_MALFORMED PERIOD_OUT_OF_RANGE PERIOD_NOT_OF_FORM PERIOD_RANGE_MIXED PERIOD_RANGE_REVERSED PERIOD_RANGE_TOO_LONG
	PERIODS_TOO_MANY REVISION_STATE_UNKNOWN QUERY_INCOMPLETE CALENDARS_MIXED MEASURE_NOT_POSSIBLE
	JOURNAL_REPLACED JOURNAL_ID_INVALID SEQUENCE_AHEAD CALENDAR_OR_FORM DEADLINE_NEEDS_FORM
	PLAN_NOT_FOUND GROUP_NOT_IN_PLAN PERIOD_NOT_OF_YEAR REGION_NOT_FOUND RANK_NEEDS_ONE UNITS_MISSING DIRECTION_MISSING
	AT_BEFORE_BEGINNING AT_IN_FUTURE AT_TWICE AT_TIME_INVALID OBLIGATION_STATE_UNKNOWN FORM_REQUIRED CHANGE_KIND_UNKNOWN
	RULE_NOT_FOUND RULE_OR_EXPRESSION
`)

// httpRules gives the HTTP rule of every method that has one, by the method's name in case files.
func httpRules(t *testing.T) map[string]*annotations.HttpRule {
	t.Helper()
	rules := map[string]*annotations.HttpRule{}
	for _, file := range []protoreflect.FileDescriptor{
		reportingv1.File_reporting_v1_unit_proto, reportingv1.File_reporting_v1_indicator_proto,
		reportingv1.File_reporting_v1_form_proto, reportingv1.File_reporting_v1_calendar_proto, reportingv1.File_reporting_v1_report_proto,
		reportingv1.File_reporting_v1_plan_proto, reportingv1.File_reporting_v1_ranking_proto,
		reportingv1.File_reporting_v1_rule_proto,
		reportingv1.File_reporting_v1_rollup_proto, reportingv1.File_reporting_v1_change_proto,
		reportingv1.File_reporting_v1_access_proto, reportingv1.File_reporting_v1_operation_proto,
	} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				if rule, ok := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule); ok && rule != nil {
					rules[string(service.Name())+"."+string(method.Name())] = rule
				}
			}
		}
	}
	if len(rules) < 20 {
		t.Fatalf("%d methods with an HTTP rule, want all of the contract: %s", len(rules), strconv.Quote(strings.Join(slices.Sorted(maps.Keys(rules)), " ")))
	}
	return rules
}
