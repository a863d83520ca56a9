package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/gateway"
	"github.com/tonghop/tonghop/server/rpc/rpctest"
)

// realWorld is a gateway before the real server, with its store in a temporary folder.
func realWorld(t *testing.T) (*world, *rpctest.Stack) {
	t.Helper()
	stack := rpctest.New(t)
	g, err := gateway.New(gateway.Config{GRPC: stack.Server.GRPC()})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := g.Server()
	go func() { _ = web.Serve(listener) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		_ = web.Close()
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return &world{t: t, url: "http://" + listener.Addr().String()}, stack
}

// read gives a value of an answer by its path: report.etag, outcomes.0.kind.
func (a answer) read(path string) string {
	var value any
	_ = json.Unmarshal([]byte(a.body), &value)
	for _, name := range strings.Split(path, ".") {
		switch at := value.(type) {
		case map[string]any:
			value = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				return "nothing"
			}
			value = at[i]
		default:
			return "nothing"
		}
	}
	return fmt.Sprint(value)
}

// is fails the test unless the answer is good and has these values.
func (a answer) is(t *testing.T, what string, pairs ...string) {
	t.Helper()
	if a.code != http.StatusOK {
		t.Fatalf("%s: HTTP %d %s", what, a.code, a.body)
	}
	for i := 0; i < len(pairs); i += 2 {
		if got := a.read(pairs[i]); got != pairs[i+1] {
			t.Errorf("%s: %s is %s, want %s\n%s", what, pairs[i], got, pairs[i+1], a.body)
		}
	}
}

func bearer(token string) string { return "Authorization: Bearer " + token }

// country imports the small country over HTTP.
func (w *world) country(s *rpctest.Stack) {
	w.t.Helper()
	for path, file := range map[string]string{"/v1/units:import": rpctest.Units, "/v1/indicators:import": rpctest.Indicators} {
		w.ask("POST", path+"?fileName=x.csv", file, bearer(s.Admin), "Content-Type: text/csv").is(w.t, path, "problems", "[]", "updated", "0")
	}
	w.ask("POST", "/v1/forms:import", rpctest.Forms, bearer(s.Admin)).is(w.t, "forms", "created", "1")
}

const may = "/v1/units/30280/reports/cds~2024-05"

// TestAReportFromTheFileToTheFigure walks the whole way by HTTP alone.
func TestAReportFromTheFileToTheFigure(t *testing.T) {
	w, s := realWorld(t)
	w.country(s)
	commune, approver := bearer(s.Token(auth.Reporter, "30280")), bearer(s.Token(auth.Approver, "82"))

	figures := `{"figures":[{"indicator":"HS","value":"0"},{"indicator":"TL","numerator":"90","denominator":"100"},{"indicator":"GD","value":"1.50"}]}`
	first := w.ask("POST", may+":submit", figures, commune, "Idempotency-Key: "+oneID)
	first.is(t, "first submission", "outcome.kind", "OUTCOME_KIND_CREATED", "report.figures", "[]", "report.revision", "1", "outcome.receipt.replayed", "false")
	w.ask("GET", may, "", commune).is(t, "the report", "figures.0.value", "0")
	again := w.ask("POST", may+"%3Asubmit", figures, commune, "Idempotency-Key: "+oneID)
	again.is(t, "the same once more", "outcome.receipt.sequence", first.read("outcome.receipt.sequence"), "outcome.receipt.replayed", "true")

	other := strings.Replace(figures, `"0"`, `"7"`, 1)
	w.ask("POST", may+":submit", other, commune, "Idempotency-Key: "+oneID).refused(t, "another report under one id", http.StatusConflict, "REQUEST_ID_REUSED")
	w.ask("POST", may+":submit", other, commune).refused(t, "a correction of what was not seen", http.StatusConflict, "ETAG_MISMATCH")
	etag := first.read("report.etag")
	w.ask("POST", may+":submit", other, commune, `If-Match: "`+etag+`"`).is(t, "a correction", "outcome.kind", "OUTCOME_KIND_CORRECTED", "report.revision", "2")

	seen := w.ask("GET", may, "", approver)
	seen.is(t, "the report", "state", "REVISION_STATE_SUBMITTED", "figures.0.value", "7", "late", "false")
	w.ask("POST", may+":approve", "", approver, "If-Match: "+etag).refused(t, "approval of what is not there any more", http.StatusConflict, "ETAG_MISMATCH")
	w.ask("POST", may+":approve", "", approver, "If-Match: "+seen.read("etag")).is(t, "approval", "state", "REVISION_STATE_APPROVED")

	rollup := w.ask("GET", "/v1/rollups:query?units=82&indicators=HS&periods=2024-05&basis=official", "", approver)
	rollup.is(t, "the figure", "rollups.0.value", "7", "rollups.0.coverage.expected", "3", "rollups.0.coverage.received", "1", "basis", "BASIS_OFFICIAL")
	w.ask("GET", "/v1/rollups:query?units=803&indicators=HS&periods=2024-04", "", approver).is(t, "a month without reports", "rollups.0.value", "<nil>", "rollups.0.state", "ROLLUP_STATE_NO_DATA")
}

func TestWhoMayNotSeesTheSameAsByGRPC(t *testing.T) {
	w, s := realWorld(t)
	w.country(s)
	commune := bearer(s.Token(auth.Reporter, "30280"))
	for _, c := range []struct {
		verb, path, body string
		headers          []string
		code             int
		reason           string
	}{
		{"GET", "/v1/caller", "", nil, 401, "TOKEN_MISSING"},
		{"GET", "/v1/caller", "", []string{"Authorization: Basic YTpi"}, 401, "TOKEN_MISSING"},
		{"GET", "/v1/caller", "", []string{"Grpc-Metadata-Authorization: Bearer " + s.Admin}, 401, "TOKEN_MISSING"},
		{"GET", "/v1/caller", "", []string{"Cookie: authorization=Bearer " + s.Admin}, 401, "TOKEN_MISSING"},
		{"GET", "/v1/caller", "", []string{bearer(s.Admin), commune}, 401, "TOKEN_REPEATED"},
		{"GET", "/v1/caller?authorization=" + s.Admin, "", nil, 400, "PARAMETER_UNKNOWN"},
		{"GET", "/v1/changes:watch", "", nil, 401, "TOKEN_MISSING"},
		{"POST", "/v1/units:import", "x", nil, 401, "TOKEN_MISSING"},
		{"POST", "/v1/reports:import", "x", nil, 401, "TOKEN_MISSING"},
		{"POST", "/v1/units:import", "x", []string{commune}, 403, "RIGHT_MISSING"},
		{"GET", "/v1/tokens", "", []string{commune}, 403, "RIGHT_MISSING"},
		{"GET", "/v1/units/99999", "", []string{bearer(s.Admin)}, 404, "UNIT_NOT_FOUND"},
		{"POST", may + ":submit", "{}", []string{commune, "Idempotency-Key: x"}, 400, "REQUEST_ID_INVALID"},
		{"POST", "/v1/units", "", []string{bearer(s.Admin)}, 400, "FIELD_REQUIRED"},
	} {
		a := w.ask(c.verb, c.path, c.body, append(c.headers, "Accept-Language: vi")...)
		a.refused(t, c.verb+" "+c.path, c.code, c.reason)
		if a.failure.detail("LocalizedMessage")["locale"] != "vi" || c.code == 401 && a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s: %s, WWW-Authenticate %q", c.verb, c.path, a.body, a.header.Get("WWW-Authenticate"))
		}
	}
}

func TestAFileOfFiguresGivesAnOutcomeForEachReport(t *testing.T) {
	w, s := realWorld(t)
	w.country(s)
	const head = "unit,form,period,indicator,value,numerator,denominator\n"
	file := head + "30280,CDS,2024-05,HS,\"1.234\",,\n30280,CDS,2024-05,TL,,90,100\n30280,CDS,2024-05,GD,\"2,5\",,\n" +
		"30283,CDS,2024-05,HS,x1,,\n30301,CDS,2024-99,HS,1,,\n"
	path := "/v1/reports:import?numberFormat=vi&fileName=thang5.csv"

	look := w.ask("POST", path+"&validateOnly=true", file, bearer(s.Admin))
	look.is(t, "only looked at", "summary.created", "1", "summary.refused", "1", "summary.refusedLines", "1")
	w.ask("GET", may, "", bearer(s.Admin)).refused(t, "the report that was only looked at", http.StatusNotFound, "REPORT_NOT_FOUND")

	sent := w.ask("POST", path, file, bearer(s.Admin), "Idempotency-Key: "+oneID)
	sent.is(t, "sent", "summary.created", "1", "outcomes.0.kind", "OUTCOME_KIND_CREATED", "outcomes.1.kind", "OUTCOME_KIND_REFUSED",
		"outcomes.1.problems.0.line", "5", "problems.0.line", "6", "problems.0.reason", "PERIOD_OUT_OF_RANGE")
	w.ask("GET", may, "", bearer(s.Admin)).is(t, "the report", "figures.0.value", "1234", "figures.2.value", "2.5")
	w.ask("POST", path, file, bearer(s.Admin), "Idempotency-Key: "+oneID).is(t, "sent again", "summary.replayed", "1", "summary.created", "0")
	w.ask("POST", "/v1/reports:import", "a,b\n", bearer(s.Admin)).is(t, "no file of figures", "problems.0.reason", "COLUMN_UNKNOWN", "outcomes", "[]")
}

func TestAChangeIsSeenByItsFollowers(t *testing.T) {
	w, s := realWorld(t)
	w.country(s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/v1/changes:watch?afterSequence=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.Admin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	until := func(what string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), what) {
				return
			}
		}
		t.Fatalf("%s never came: %v", what, lines.Err())
	}
	until("CHANGE_KIND_FORMS")
	w.ask("POST", may+":submit", `{"figures":[{"indicator":"HS","value":"1"}],"draft":true}`, bearer(s.Token(auth.Reporter, "30280")))
	until("CHANGE_KIND_ACCESS")
	stopped := make(chan struct{})
	go func() { s.Server.Stop(t.Context()); close(stopped) }()
	until(`"error":{"code":503,"status":"UNAVAILABLE"`)
	if lines.Scan() {
		t.Errorf("behind the error comes %s", lines.Text())
	}
	within(t, "the end of the server", stopped)
}

func TestAnUploadThatNobodyFinishesLeavesNothing(t *testing.T) {
	w, s := realWorld(t)
	w.country(s)
	before := w.ask("GET", "/v1/status", "", bearer(s.Admin)).read("entries")
	for _, path := range []string{"/v1/units:import", "/v1/reports:import"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\n%s", path, s.Admin,
			"code,kind,name_vi\n90,province,Tỉnh Cà Mau\n")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // it has begun
		_ = conn.Close()
	}
	w.ask("GET", "/v1/units/90", "", bearer(s.Admin)).refused(t, "a unit of half a file", http.StatusNotFound, "UNIT_NOT_FOUND")
	if after := w.ask("GET", "/v1/status", "", bearer(s.Admin)).read("entries"); after != before || before == "nothing" {
		t.Errorf("the journal had %s entries and has %s", before, after)
	}
}
