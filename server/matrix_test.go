package server_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
	"github.com/tonghop/tonghop/server"
	"github.com/tonghop/tonghop/server/notify"
)

// The matrix is every method of the contract, over every door that it has, by every kind of caller, about a unit in every
// relation to his own. testdata/matrix/verdicts.txt is the reviewed expectation and explains the letters.
var (
	// matrixCallers are the kinds of caller; all that can be are bound to the unit SELF.
	matrixCallers = []string{
		"nobody", "expired", "revoked", "reporter", "drafter", "sender", "approver", "viewer", "quarterly", "administrator", "auditor", "own", "early", "public", "operator", "chief",
	}
	// matrixUnits are the relations, in the order of the letters.
	matrixUnits = []string{"SELF-0", "CHILD-0", "GRANDCHILD-0", "PARENT-0", "SIBLING-0", "COUSIN-0", "CLOSED-0", "MERGED-0", unknownUnit}
)

const (
	unknownUnit         = "NOWHERE-0"
	unknownToken        = "zzzzzzzzzzzz"
	unknownSubscription = "yyyyyyyyyyyy"
	matrixFile          = "testdata/matrix/verdicts.txt"
)

// outOfSight finds what no caller who is bound to SELF may be told of unless he named it himself: the units above his own
// are known to him by name.
var outOfSight = regexp.MustCompile(`\b(SIBLING|UNCLE|COUSIN)\b`)

// matrix is the country, and what the requests name besides units.
type matrix struct {
	*province
	asks map[string]ask
	// tokens, subscriptions, and the sequences of entries that hold a report are one of each unit.
	tokens, subscriptions, sequences map[string]string
	last                             string // the newest entry, which every reader sees
}

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	p := newProvinceWith(t, func(c *server.Config) {
		// Nothing of the kinds that are subscribed to comes up, so nobody is told.
		c.Notify = &server.Notify{Every: time.Hour, Mail: notify.Mail{Address: "127.0.0.1:1", From: "tonghop@example.org"}}
	})
	m := &matrix{
		province: p, asks: readAsks(t),
		tokens: map[string]string{}, subscriptions: map[string]string{}, sequences: map[string]string{},
	}
	m.play("testdata/matrix/story.txt")
	for name, r := range map[string]*reportingv1.CreateTokenRequest{
		"own":   {Role: reportingv1.Role_ROLE_REPORTER, Unit: "SELF", OwnReports: true},
		"early": {Role: reportingv1.Role_ROLE_REPORTER, Unit: "SELF", StartTime: timestamppb.New(m.now().Add(time.Hour))},
	} {
		r.DisplayName, r.RequestId = name, m.requestID()
		answer, err := reportingv1.NewAccessServiceClient(m.conn).CreateToken(m.by("chief"), r)
		if err != nil {
			t.Fatal(err)
		}
		m.know(name, answer.GetSecret())
	}
	m.secrets["expired"] = m.secrets["founder"] // it was good for 90 days
	chief := m.by("chief")
	for _, unit := range matrixUnits {
		word, _, _ := strings.Cut(unit, "-")
		m.tokens[unit], m.subscriptions[unit], m.sequences[unit] = unknownToken, unknownSubscription, "999999"
		if unit == unknownUnit {
			continue
		}
		m.tokens[unit] = m.shown("<@" + word + ">")
		_, err := reportingv1.NewPlanServiceClient(m.conn).CreatePlan(chief, &reportingv1.CreatePlanRequest{
			PlanId: "ke-hoach-" + strings.ToLower(unit), RequestId: m.requestID(),
			Plan: &reportingv1.Plan{
				Number: word + "/KH", IssueDate: "2025-01-02", Title: "Kế hoạch " + word, Unit: unit,
				Status: reportingv1.PlanStatus_PLAN_STATUS_ISSUED, Years: []int32{2025},
			},
		})
		if err != nil {
			t.Fatal(unit, err)
		}
		s, err := reportingv1.NewNotificationServiceClient(m.conn).CreateSubscription(chief, &reportingv1.CreateSubscriptionRequest{
			RequestId: m.requestID(), Subscription: &reportingv1.Subscription{
				Channel: reportingv1.NotificationChannel_NOTIFICATION_CHANNEL_MAIL, Target: "a@example.org", Unit: unit,
				Kinds: []reportingv1.ReminderKind{reportingv1.ReminderKind_REMINDER_KIND_AT_DUE},
			},
		})
		if err != nil {
			t.Fatal(unit, err)
		}
		m.subscriptions[unit] = strings.TrimPrefix(s.GetName(), "subscriptions/")
	}
	changes, err := reportingv1.NewChangeServiceClient(m.conn).ListChanges(chief, &reportingv1.ListChangesRequest{
		PageSize: 500, Kinds: []reportingv1.ChangeKind{reportingv1.ChangeKind_CHANGE_KIND_REPORT_SUBMITTED},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes.GetChanges() {
		m.sequences[c.GetUnit()] = fmt.Sprint(c.GetSequence())
	}
	m.keepDutiesAndItems(chief, t)
	// The last entry is one that everybody who reads is told of, so that a follower knows when he has seen all.
	f, err := reportingv1.NewFormServiceClient(m.conn).CreateForm(chief, &reportingv1.CreateFormRequest{
		RequestId: m.requestID(), Form: &reportingv1.Form{
			Code: "Cuoi", NameVi: "Biểu cuối", Frequency: reportingv1.Frequency_FREQUENCY_MONTH, Calendar: reportingv1.Calendar_CALENDAR_CIVIL,
			Indicators: []string{"CU"}, Assigned: []*reportingv1.Selector{{Kind: "province"}}, ValidFrom: "2025-09-01",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m.last = fmt.Sprint(f.GetReceipt().GetSequence())
	return m
}

// keepDutiesAndItems makes a duty of all communes and a register that has an item of each unit.
func (m *matrix) keepDutiesAndItems(chief context.Context, t *testing.T) {
	t.Helper()
	if _, err := reportingv1.NewDutyServiceClient(m.conn).CreateDuty(chief, &reportingv1.CreateDutyRequest{
		RequestId: m.requestID(),
		Duty:      &reportingv1.Duty{Code: "NV", NameVi: "Nhiệm vụ", Assigned: []*reportingv1.Selector{{Kind: "commune"}}, Due: "2025-06-25"},
	}); err != nil {
		t.Fatal(err)
	}
	registers := reportingv1.NewRegisterServiceClient(m.conn)
	if _, err := registers.CreateRegister(chief, &reportingv1.CreateRegisterRequest{
		RequestId: m.requestID(), Register: &reportingv1.Register{Code: "SO", NameVi: "Sổ"},
	}); err != nil {
		t.Fatal(err)
	}
	var items []*reportingv1.RegisterItem
	for _, unit := range matrixUnits {
		if unit != unknownUnit {
			items = append(items, &reportingv1.RegisterItem{Code: unit, Unit: unit, Title: "Mục", Since: "2025-01-01"})
		}
	}
	if _, err := registers.PutRegisterItems(chief, &reportingv1.PutRegisterItemsRequest{
		RequestId: m.requestID(), Register: "registers/so", Items: items,
	}); err != nil {
		t.Fatal(err)
	}
}

// methodsOfContract lists every method by SERVICE.METHOD.
func methodsOfContract() map[string]protoreflect.MethodDescriptor {
	methods := map[string]protoreflect.MethodDescriptor{}
	protoregistry.GlobalFiles.RangeFilesByPackage("reporting.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				methods[string(service.Name())+"."+string(m.Name())] = m
			}
		}
		return true
	})
	return methods
}

// TestTheMatrixOfAccess asks every cell over gRPC, and over JSON wherever the method has a binding; each door must give the
// verdict of the file. What a caller may not see must be, byte for byte, what does not exist.
func TestTheMatrixOfAccess(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand questions one after the other; run without -short")
	}
	methods := methodsOfContract()
	m := newMatrix(t)
	for name := range m.asks {
		if methods[name] == nil {
			t.Errorf("testdata/matrix/requests.txt asks %s, which the contract does not have", name)
		}
	}
	found := map[string]map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		a, ok := m.asks[name]
		if !ok {
			t.Errorf("%s has no request in testdata/matrix/requests.txt: say how it is asked about a unit", name)
			continue
		}
		found[name] = map[string]string{}
		bindings := bindingsOf(methods[name], a)
		for _, caller := range matrixCallers {
			found[name][caller] = m.row(t, name, a, caller, nil)
			for _, b := range bindings {
				if got := m.row(t, name, a, caller, b); got != found[name][caller] {
					t.Errorf("%s by %s: %s %s gives %s, gRPC %s", name, caller, b.verb, b.template, got, found[name][caller])
				}
			}
		}
	}
	if *update {
		writeVerdicts(t, found)
		return
	}
	compareVerdicts(t, found)
}

// row asks about every unit and gives the letters.
func (m *matrix) row(t *testing.T, method string, a ask, caller string, b *binding) string {
	t.Helper()
	letters, answers := make([]byte, len(matrixUnits)), make([]string, len(matrixUnits))
	for i, unit := range matrixUnits {
		if i > 0 && !a.perUnit {
			answers[i] = answers[0]
		} else if b == nil {
			answers[i] = m.askGRPC(a, method, caller, unit)
		} else {
			answers[i] = m.askHTTP(a, b, caller, unit)
		}
		letters[i] = letterOf(a, answers[i], unit)
	}
	door := "gRPC"
	if b != nil {
		door = b.verb + " " + b.template
	}
	if caller == "chief" && letters[0] == 'i' {
		t.Errorf("%s (%s) is asked wrongly, so that its verdicts say nothing: %s", method, door, answers[0])
	}
	unknown := m.neutral(answers[len(answers)-1], unknownUnit)
	for i, unit := range matrixUnits {
		if answer := m.neutral(answers[i], unit); letters[i] == '-' && !a.known && answer != unknown {
			t.Errorf("%s (%s) by %s tells %s from a unit that is not there:\n%s\n%s", method, door, caller, unit, answer, unknown)
		}
		if bound := caller != "chief"; bound && !a.known {
			if leak := outOfSight.FindString(m.neutral(answers[i], unit)); leak != "" {
				t.Errorf("%s (%s) by %s about %s tells of %s: %s", method, door, caller, unit, leak, answers[i])
			}
		}
	}
	return string(letters)
}

// neutral puts the same words for what the caller named himself, so that answers about two units can be compared.
func (m *matrix) neutral(answer, unit string) string {
	word, _, _ := strings.Cut(unit, "-")
	return strings.NewReplacer(
		unit, "[unit]", "ke-hoach-"+strings.ToLower(unit), "[plan]", m.tokens[unit], "[token]", m.subscriptions[unit], "[subscription]",
		"Kế hoạch "+word, "[title]", "Đơn vị "+word, "[name]",
	).Replace(answer)
}

var (
	reasonIn = regexp.MustCompile(`"reason": ?"([A-Z_]+)"`)
	codeIn   = regexp.MustCompile(`^!([A-Z_]+) `)
)

// letterOf judges an answer.
func letterOf(a ask, answer, unit string) byte {
	code, reason := "", ""
	if found := codeIn.FindStringSubmatch(answer); found != nil {
		code = found[1]
	}
	if found := reasonIn.FindStringSubmatch(answer); found != nil {
		reason = found[1]
	}
	word, _, _ := strings.Cut(unit, "-")
	switch {
	case code == "UNAUTHENTICATED":
		return 'u'
	case reason == "RIGHT_MISSING":
		return 'r'
	case code == "PERMISSION_DENIED":
		return 'd'
	case reason == "CLOSED_VERSION_NOT_FOUND":
		return 'p' // the unit was found, and was never closed
	case strings.Contains(answer, `"FORM_NOT_FOUND"`), reason == "INDICATOR_NOT_FOUND":
		return 'f'
	case code == "NOT_FOUND", code == "" && strings.HasSuffix(reason, "_NOT_FOUND"):
		return '-'
	case code == "FAILED_PRECONDITION", code == "ABORTED", code == "ALREADY_EXISTS":
		return 'p'
	case code == "INVALID_ARGUMENT":
		return 'i'
	case code != "":
		return '?'
	case a.list && !regexp.MustCompile(`(?i)\b`+word+`\b`).MatchString(answer):
		return 'e'
	}
	return 'y'
}

// writeVerdicts writes the file anew; the words above the first method are kept.
func writeVerdicts(t *testing.T, found map[string]map[string]string) {
	t.Helper()
	old, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(old), "\nAccessService.")
	var b strings.Builder
	b.WriteString(strings.TrimRight(head, "\n") + "\n")
	for _, name := range slices.Sorted(maps.Keys(found)) {
		b.WriteString("\n" + name + "\n")
		var rows []string
		for _, caller := range matrixCallers {
			letters := found[name][caller]
			if i := slices.IndexFunc(rows, func(r string) bool { return strings.HasPrefix(r, letters) }); i >= 0 {
				rows[i] += " " + caller
			} else {
				rows = append(rows, letters+"  "+caller)
			}
		}
		for _, row := range rows {
			b.WriteString("  " + row + "\n")
		}
	}
	if err := os.WriteFile(filepath.FromSlash(matrixFile), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// compareVerdicts holds what was found against the file, both ways.
func compareVerdicts(t *testing.T, found map[string]map[string]string) {
	t.Helper()
	text, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	method, stated := "", map[string]string{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, " "):
			method = words[0]
		default:
			for _, caller := range words[1:] {
				if _, twice := stated[method+" "+caller]; twice {
					t.Errorf("%s: %s of %s stands twice", matrixFile, caller, method)
				}
				stated[method+" "+caller] = words[0]
			}
		}
	}
	for name, rows := range found {
		for caller, got := range rows {
			key := name + " " + caller
			if want, ok := stated[key]; !ok {
				t.Errorf("%s has no cells of %s; run with -update and review them like code", matrixFile, key)
			} else if got != want {
				t.Errorf("%s: the server says %s, want %s (%s)", key, got, want, strings.Join(matrixUnits, " "))
			}
			delete(stated, key)
		}
	}
	for key := range stated {
		t.Errorf("%s has cells of %s, which is no method and caller", matrixFile, key)
	}
}
