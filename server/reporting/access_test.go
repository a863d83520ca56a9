package reporting_test

import (
	"bufio"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/fault"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/indicator"
	"github.com/tonghop/tonghop/server/reporting"
)

// door asks a use case of the service, always as a preview where it would change something. Target is the last word of
// its name.
type door func(w *world, call reporting.Call, target string) error

func ref(unit string) reporting.ReportRef {
	return reporting.ReportRef{Unit: unit, Form: "m", Period: "2024-05"}
}

// doors are all use cases; the table in testdata names each.
var doors = map[string]door{
	"get unit": func(w *world, c reporting.Call, target string) error {
		_, _, err := w.svc.GetUnit(w.t.Context(), c.Caller, target, "")
		return err
	},
	"list units": func(w *world, c reporting.Call, target string) error {
		_, err := w.svc.ListUnits(w.t.Context(), c.Caller, reporting.UnitFilter{Below: target})
		return err
	},
	"get indicator": func(w *world, c reporting.Call, _ string) error {
		_, _, err := w.svc.GetIndicator(w.t.Context(), c.Caller, "flow", "")
		return err
	},
	"list indicators": func(w *world, c reporting.Call, _ string) error {
		_, err := w.svc.ListIndicators(w.t.Context(), c.Caller, reporting.IndicatorFilter{})
		return err
	},
	"get form": func(w *world, c reporting.Call, _ string) error {
		_, _, err := w.svc.GetForm(w.t.Context(), c.Caller, "m", "")
		return err
	},
	"list forms": func(w *world, c reporting.Call, _ string) error {
		_, err := w.svc.ListForms(w.t.Context(), c.Caller, reporting.FormFilter{})
		return err
	},
	"list form periods": func(w *world, c reporting.Call, _ string) error {
		_, _, err := w.svc.ListFormPeriods(w.t.Context(), c.Caller, "m", "2024-05")
		return err
	},
	"tree for a file": func(w *world, c reporting.Call, _ string) error {
		_, err := w.svc.Tree(w.t.Context(), c.Caller, auth.Catalogue)
		return err
	},
	"locate": func(w *world, c reporting.Call, target string) error {
		_, err := w.svc.Locate(w.t.Context(), c.Caller, ref(target))
		return err
	},
	"get report": func(w *world, c reporting.Call, target string) error {
		_, _, err := w.svc.GetReport(w.t.Context(), c.Caller, ref(target), 0)
		return err
	},
	"list revisions": func(w *world, c reporting.Call, target string) error {
		_, _, _, _, err := w.svc.ListRevisions(w.t.Context(), c.Caller, ref(target), reporting.Page{})
		return err
	},
	"list reports": func(w *world, c reporting.Call, target string) error {
		_, err := w.svc.ListReports(w.t.Context(), c.Caller, reporting.ReportFilter{Unit: target, Form: "m", Periods: "2024-05"})
		return err
	},
	"query": func(w *world, c reporting.Call, target string) error {
		_, err := w.svc.QueryRollups(w.t.Context(), c.Caller, reporting.RollupQuery{
			Units: []string{target}, Indicators: []string{"FLOW"}, Periods: []string{"2024-05"},
		})
		return err
	},
	"explain": func(w *world, c reporting.Call, target string) error {
		_, err := w.svc.ExplainRollup(w.t.Context(), c.Caller, reporting.ExplainQuery{Unit: target, Indicator: "FLOW", Period: "2024-05"})
		return err
	},
	"changes": func(w *world, c reporting.Call, target string) error {
		_, err := w.svc.ListChanges(w.t.Context(), c.Caller, reporting.ChangeFilter{Below: target})
		return err
	},
	"list tokens": func(w *world, c reporting.Call, _ string) error {
		_, err := w.svc.ListTokens(w.t.Context(), c.Caller, reporting.Page{})
		return err
	},
	"who am I": func(w *world, c reporting.Call, _ string) error {
		_, _, err := w.svc.GetCaller(w.t.Context(), c.Caller)
		return err
	},
	"status": func(w *world, c reporting.Call, _ string) error {
		_, err := w.svc.GetStatus(w.t.Context(), c.Caller)
		return err
	},
	"verify": func(w *world, c reporting.Call, _ string) error { return w.svc.MayVerify(w.t.Context(), c.Caller) },

	"get plan":             getPlan,
	"list plans":           listPlans,
	"list targets":         listTargets,
	"evaluate plan for":    evaluatePlanFor,
	"list remarks":         listRemarks,
	"review plan":          reviewPlan,
	"list outside figures": listOutsideFigures,
	"list regions":         listRegions,
	"rank":                 rankUnits,
	"compare":              compareUnits,
}

// changers are the use cases that change something.
var changers = map[string]door{
	"remark for":             remarkFor,
	"create plan":            createPlan,
	"update plan":            updatePlan,
	"import plans":           importPlans,
	"import targets":         importTargets,
	"declare results":        declareResults,
	"import outside figures": importOutsideFigures,
	"import regions":         importRegions,
	"create unit": func(w *world, c reporting.Call, _ string) error {
		_, _, _, err := w.svc.CreateUnit(w.t.Context(), c, unit("NEW", "commune", "D"))
		return err
	},
	"update unit": func(w *world, c reporting.Call, target string) error {
		u, _, err := w.svc.GetUnit(w.t.Context(), w.admin, target, "")
		must(w.t, err)
		name := "Xã Mới"
		_, _, _, err = w.svc.UpdateUnit(w.t.Context(), c, target, reporting.UnitPatch{NameVI: &name, Etag: u.Etag})
		return err
	},
	"import units": func(w *world, c reporting.Call, _ string) error {
		_, err := w.svc.ImportUnits(w.t.Context(), c, []hierarchy.Unit{unit("NEW2", "commune", "D")})
		return err
	},
	"create indicator": func(w *world, c reporting.Call, _ string) error {
		_, _, _, err := w.svc.CreateIndicator(w.t.Context(), c, sum("NEW"))
		return err
	},
	"update indicator": func(w *world, c reporting.Call, _ string) error {
		i := w.indicator("FLOW")
		i.NameEN = "Flow"
		_, _, _, err := w.svc.UpdateIndicator(w.t.Context(), c, i.Indicator, i.Etag)
		return err
	},
	"import indicators": func(w *world, c reporting.Call, _ string) error {
		_, err := w.svc.ImportIndicators(w.t.Context(), c, []indicator.Indicator{sum("NEW2")})
		return err
	},
	"create form": func(w *world, c reporting.Call, _ string) error {
		f := monthly("NEW", "FLOW")
		f.Assigned = []hierarchy.Selector{{Kind: "department"}}
		_, _, _, err := w.svc.CreateForm(w.t.Context(), c, f)
		return err
	},
	"update form": func(w *world, c reporting.Call, _ string) error {
		f := w.form("M")
		f.NameEN = "Monthly"
		_, _, _, err := w.svc.UpdateForm(w.t.Context(), c, f.Form, f.Etag)
		return err
	},
	"import forms": func(w *world, c reporting.Call, _ string) error {
		f := w.form("M").Form
		f.NameEN = "Every month"
		_, err := w.svc.ImportForms(w.t.Context(), c, []form.Form{f})
		return err
	},
	"submit": func(w *world, c reporting.Call, target string) error {
		_, _, _, err := w.svc.Submit(w.t.Context(), c, flow(target, "2024-04", "1"))
		return err
	},
	"batch of":        func(w *world, c reporting.Call, target string) error { return w.batch(c, target, false) },
	"atomic batch of": func(w *world, c reporting.Call, target string) error { return w.batch(c, target, true) },
	"approve": func(w *world, c reporting.Call, target string) error {
		_, _, _, err := w.svc.Approve(w.t.Context(), c, ref(target), "1-submitted")
		return err
	},
	"return": func(w *world, c reporting.Call, target string) error {
		r, _, err := w.svc.GetReport(w.t.Context(), w.admin, ref(target), 0)
		must(w.t, err)
		_, _, _, err = w.svc.Return(w.t.Context(), c, ref(target), r.Etag, "sai")
		return err
	},
	"create token for": func(w *world, c reporting.Call, target string) error {
		_, _, _, _, err := w.svc.CreateToken(w.t.Context(), c, reporting.TokenDraft{Role: auth.Viewer, Unit: strings.TrimPrefix(target, "all")})
		return err
	},
	"redact": func(w *world, c reporting.Call, _ string) error {
		_, _, err := w.svc.RedactEntry(w.t.Context(), c, reporting.EntryRef{Sequence: w.named}, "có tên người")
		return err
	},
	"redact report of": func(w *world, c reporting.Call, target string) error {
		name := reporting.EntryRef{Revision: "units/" + target + "/reports/m~2024-05/revisions/1"}
		_, _, err := w.svc.RedactEntry(w.t.Context(), c, name, "có tên người")
		return err
	},
	"revoke token of": func(w *world, c reporting.Call, target string) error {
		_, _, _, err := w.svc.RevokeToken(w.t.Context(), c, w.spare[target])
		return err
	},
}

func (w *world) batch(c reporting.Call, target string, atomic bool) error {
	outcomes, _, err := w.svc.SubmitBatch(w.t.Context(), c, []reporting.Submission{flow(target, "2024-04", "1")}, atomic)
	if err == nil {
		err = outcomes[0].Err
	}
	return err
}

// guarded gives a world with somebody of every sort, reports of A and C that wait, and tokens that can be spared.
func guarded(t *testing.T) (*world, map[string]auth.Caller) {
	w := newWorld(t)
	w.planned()
	sender := w.token(auth.Administrator, "")
	for _, u := range []string{"A", "C"} {
		w.submitted(sender, noted(flow(u, "2024-05", "1"), "bà Sen"))
	}
	_, _, receipt, _, err := w.svc.CreateToken(t.Context(), w.call(w.admin), reporting.TokenDraft{Role: auth.Viewer, DisplayName: "Lê Văn Sáu"})
	must(t, err)
	w.named = receipt.Sequence
	w.spare = map[string]string{"A": w.token(auth.Viewer, "A").Token.ID, "C": w.token(auth.Viewer, "C").Token.ID, "nobody": "zzzzzzzzzzzz"}
	revoked := w.token(auth.Administrator, "")
	_, _, _, err = w.svc.RevokeToken(t.Context(), w.call(w.admin), revoked.Token.ID)
	must(t, err)
	return w, map[string]auth.Caller{
		"nobody": {}, "reporterA": w.token(auth.Reporter, "A"), "reporterD": w.token(auth.Reporter, "D"), "approverD": w.token(auth.Approver, "D"), "viewerD": w.token(auth.Viewer, "D"),
		"deputyD": w.token(auth.Administrator, "D"), "admin": w.token(auth.Administrator, ""), "operator": w.token(auth.Operator, ""),
		"revoked": revoked,
	}
}

// verdict tells an answer in the words of the table.
func verdict(err error) string {
	switch reason := fault.ReasonOf(err); reason {
	case "":
		return "yes"
	case "RIGHT_MISSING":
		return "no"
	case "UNIT_NOT_FOUND":
		return "unseen"
	case "TOKEN_INVALID":
		return "token"
	case "TOKEN_NOT_FOUND":
		return "hidden"
	case "GRANT_TOO_WIDE":
		return "wide"
	default:
		return reason
	}
}

// useCase finds the door of a row and its target.
func useCase(name string) (run door, changes bool, target string) {
	words := strings.Fields(name)
	short, last := strings.Join(words[:len(words)-1], " "), words[len(words)-1]
	for _, suffix := range []string{" below", " of", ""} {
		for _, known := range []map[string]door{doors, changers} {
			if run, ok := known[name]; ok {
				return run, known["submit"] != nil, ""
			}
			if run, ok := known[strings.TrimSuffix(short, suffix)]; ok {
				return run, known["submit"] != nil, last
			}
		}
	}
	return nil, false, ""
}

var quoted = regexp.MustCompile(`"[A-Z]"`)

// Every use case gives every sort of caller the answer of the table, first as a preview and then in earnest; and what
// somebody may not see is told in the very words of what does not exist.
func TestEveryUseCaseAsksWhoCalls(t *testing.T) {
	file, err := os.Open("testdata/access.txt")
	must(t, err)
	defer file.Close() //nolint:errcheck // it was only read
	gap := regexp.MustCompile(` {2,}`)
	asked, columns := map[string]bool{}, []string(nil)
	words := map[string]string{}
	w, callers := guarded(t)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		cells := gap.Split(lines.Text(), -1)
		if columns == nil {
			columns = cells
			continue
		}
		run, changes, target := useCase(cells[0])
		if run == nil || len(cells) != len(columns) {
			t.Fatalf("the row %q has no use case or %d cells", cells[0], len(cells))
		}
		asked[strings.TrimSpace(strings.TrimSuffix(cells[0], target))] = true
		for i, want := range cells[1:] {
			if w == nil { // the last one was changed
				w, callers = guarded(t)
			}
			call := w.call(callers[columns[i+1]])
			for _, preview := range []bool{true, false} {
				call.ValidateOnly = preview
				head := w.head()
				err := run(w, call, target)
				if got := verdict(err); got != want {
					t.Errorf("%s by %s (preview: %t): %s, want %s (%v)", cells[0], columns[i+1], preview, got, want, err)
				}
				moved := w.head() != head
				if moved != (changes && !preview && want == "yes") {
					t.Errorf("%s by %s (preview: %t): something was changed: %t", cells[0], columns[i+1], preview, moved)
				}
				if err != nil && want == "unseen" && callers[columns[i+1]].Token.Unit != "" {
					told := quoted.ReplaceAllString(err.Error(), `"?"`)
					text := words[strings.TrimSuffix(cells[0], target)]
					if text == "" {
						words[strings.TrimSuffix(cells[0], target)] = told
					} else if told != text {
						t.Errorf("%s by %s: %q, elsewhere %q", cells[0], columns[i+1], told, text)
					}
				}
				if moved {
					w = nil
				}
			}
		}
	}
	for _, known := range []map[string]door{doors, changers} {
		for name := range known {
			if !asked[name] && !slices.ContainsFunc([]string{" below", " of"}, func(s string) bool { return asked[name+s] }) {
				t.Errorf("the table has no row for %q", name)
			}
		}
	}
}
