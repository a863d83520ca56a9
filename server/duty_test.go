package server_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	reportingv1 "github.com/tonghop/tonghop/gen/reporting/v1"
)

// both makes one change as JSON and then, under the same request id, by gRPC, which has the fields of the path beside the body: the
// second is the first over again.
func (p *province) both(caller, method, path, wrap, body string) any {
	p.t.Helper()
	p.requests++
	id := fmt.Sprintf("01900000-0000-7000-8000-%012d", p.requests)
	e := &exchange{name: method, caller: caller, method: method, verb: "POST", path: path, body: body, request: `{"requestId":"` + id + `"}`}
	asJSON := p.overHTTP(e, "")
	if asJSON.refused != nil {
		p.t.Fatalf("%s %s: %+v", path, body, asJSON.refused)
	}
	whole := strings.Replace(wrap, "BODY", strings.TrimSuffix(strings.TrimPrefix(body, "{"), "}"), 1)
	e.request = strings.TrimSuffix(whole, "}") + `,"requestId":"` + id + `"}`
	again := p.overGRPC(e, "")
	if again.refused != nil {
		p.t.Fatalf("%s again by gRPC: %+v", method, again.refused)
	}
	p.says(again.trees[0], "receipt.replayed", "true")
	p.says(again.trees[0], "receipt.sequence", look(asJSON.trees[0], "receipt.sequence"))
	return asJSON.trees[0]
}

// read asks through both doors and gives what they agree on.
func (p *province) read(caller, method, request, path string) any {
	p.t.Helper()
	e := &exchange{name: method, caller: caller, method: method, verb: "GET", path: path, request: request}
	one, other := p.overGRPC(e, ""), p.overHTTP(e, "")
	if one.refused != nil || other.refused != nil {
		p.t.Fatalf("%s: %+v, %+v", path, one.refused, other.refused)
	}
	if diff := cmp.Diff(one.trees, other.trees); diff != "" {
		p.t.Errorf("%s: gRPC and JSON differ:\n%s", path, diff)
	}
	return one.trees[0]
}

func (p *province) says(what any, path, want string) {
	p.t.Helper()
	if got := look(what, path); got != want {
		p.t.Errorf("%s is %s, want %s", path, got, want)
	}
}

// TestDutiesAndRegistersThroughBothDoors tells of a duty and of a register on a real server over a change of the tree: A and B of the
// old province become A and B of the new one, and C goes over into both.
func TestDutiesAndRegistersThroughBothDoors(t *testing.T) {
	p := told(t) // it is 20 August 2025
	p.both("admin", "DutyService.CreateDuty", "/v1/duties", `{"duty":{BODY}}`,
		`{"code":"BCD","nameVi":"Ban Chỉ đạo","due":"2025-06-30","assigned":[{"kind":"commune","under":"82-0"}]}`)
	p.both("admin", "DutyService.CreateDuty", "/v1/duties", `{"duty":{BODY}}`,
		`{"code":"KH","nameVi":"Kế hoạch","assigned":[{"kind":"commune","under":"82-20250701"}],"steps":[{"code":"DT","nameVi":"Dự thảo","due":"2025-08-01"},{"code":"BH","nameVi":"Ban hành","due":"2025-09-30"}]}`)
	done := p.both("reporterC", "DutyService.ReportDuty", "/v1/duties/bcd:report", `{"duty":"duties/bcd",BODY}`,
		`{"unit":"C-0","done":true,"doneDate":"2025-06-30","document":"7/QĐ-UBND","note":"Kèm văn bản"}`)
	p.says(done, "standing", "DUTY_STANDING_DONE")
	p.both("admin", "DutyService.ReportDuty", "/v1/duties/kh:report", `{"duty":"duties/kh",BODY}`,
		`{"unit":"A","step":"DT","done":true,"doneDate":"2025-08-05"}`)

	counts := p.read("admin", "DutyService.CountDuty", `{"name":"duties/bcd"}`, "/v1/duties/bcd:count")
	p.says(counts, "lines[*].unit", "82-0")
	p.says(counts, "lines[0].obliged", "3") // A, B and C of June, also in August
	p.says(counts, "lines[0].done", "1")
	p.says(counts, "lines[0].overdue", "2")
	states := p.read("admin", "DutyService.ListDutyStates", `{"duty":"duties/kh"}`, "/v1/dutyStates?duty=duties/kh")
	p.says(states, "states[*].unit", "A-20250701 B-20250701 A-20250701 B-20250701")
	p.says(states, "states[*].standing", "DUTY_STANDING_LATE DUTY_STANDING_OVERDUE DUTY_STANDING_OPEN DUTY_STANDING_OPEN")
	p.says(states, "states[1].lateDays", "19")
	own := p.read("reporterC", "DutyService.ListDutyStates", `{}`, "/v1/dutyStates")
	p.says(own, "states[*].unitCode", "C")
	p.says(own, "states[0].note", "Kèm văn bản")

	p.both("admin", "RegisterService.CreateRegister", "/v1/registers", `{"register":{BODY}}`,
		`{"code":"TO-CN","nameVi":"Tổ công nghệ số cộng đồng","fields":[{"code":"ap","nameVi":"Ấp"}],"counters":[{"indicator":"TO","rule":"REGISTER_RULE_STOCK"}]}`)
	p.both("reporterA", "RegisterService.PutRegisterItems", "/v1/registers/to-cn/items:put", `{"register":"registers/to-cn",BODY}`,
		`{"items":[{"code":"1","unit":"A-0","title":"Tổ ấp 1","since":"2024-03-01","values":[{"field":"ap","text":"1"}]},{"code":"2","unit":"A-0","title":"Tổ ấp 2","since":"2025-01-01"}]}`)
	p.both("admin", "RegisterService.PutRegisterItems", "/v1/registers/to-cn/items:put", `{"register":"registers/to-cn",BODY}`,
		`{"items":[{"code":"3","unit":"C","title":"Tổ 3","since":"2025-06-01"},{"code":"4","unit":"B","title":"Tổ 4","since":"2025-07-01"}]}`)
	before := p.read("admin", "RegisterService.CountRegister", `{"name":"registers/to-cn","unit":"82","periods":["2024","2025-H1"],"children":true}`,
		"/v1/registers/to-cn:count?unit=82&periods=2024&periods=2025-H1&children=true")
	p.says(before, "lines[*].unit", "82-0 82-0 C-0 D-0 S-0 82-0 82-0 C-0 D-0 S-0")
	p.says(before, "lines[*].stock", "1 0 0 1 0 3 0 1 2 0")
	after := p.read("admin", "RegisterService.CountRegister", `{"name":"registers/to-cn","unit":"82","periods":["2025-07"],"children":true}`,
		"/v1/registers/to-cn:count?unit=82&periods=2025-07&children=true")
	p.says(after, "lines[*].unit", "82-20250701 82-20250701 A-20250701 B-20250701")
	p.says(after, "lines[*].stock", "4 1 2 1") // C is divided: what it had is at the province
	items := p.read("reporterA", "RegisterService.ListRegisterItems", `{"parent":"registers/to-cn"}`, "/v1/registers/to-cn/items")
	p.says(items, "items[*].code", "1 2 3") // what A became was made of a part of C, too
	p.says(items, "items[0].values[0].text", "1")
	feed := p.read("admin", "ChangeService.ListChanges", `{"kinds":["CHANGE_KIND_REGISTERS"]}`, "/v1/changes?kinds=CHANGE_KIND_REGISTERS")
	p.says(feed, "changes[*].name", strings.Repeat("registers/to-cn ", 2)+"registers/to-cn")
	p.verified()
}

// verified has the server prove its store.
func (p *province) verified() {
	p.t.Helper()
	stream, err := reportingv1.NewOperationServiceClient(p.conn).VerifyStore(p.by("operator"), &reportingv1.VerifyStoreRequest{})
	if err != nil {
		p.t.Fatal(err)
	}
	for {
		m, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			p.t.Fatal(err)
		case len(m.GetFindings()) > 0:
			p.t.Errorf("verification found %v", m.GetFindings())
		}
	}
}
