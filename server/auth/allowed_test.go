package auth_test

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tonghop/tonghop/server/auth"
	"github.com/tonghop/tonghop/server/form"
	"github.com/tonghop/tonghop/server/hierarchy"
	"github.com/tonghop/tonghop/server/period"
)

var (
	now   = time.Date(2025, 9, 3, 8, 30, 0, 0, time.UTC)
	today = period.DayOf(now)
	merge = period.Date(2025, 7, 1)
)

// The places of the country in which all tests play: a province, two districts, a commune, and one that ended.
const (
	province hierarchy.ID = "87-0"
	district hierarchy.ID = "866-0"
	beside   hierarchy.ID = "867-0"
	commune  hierarchy.ID = "29869-0"
	ended    hierarchy.ID = "29872-0"
	nobody   hierarchy.ID = "99999-0"
)

func country(t *testing.T) *hierarchy.Tree {
	t.Helper()
	unit := func(id hierarchy.ID, kind hierarchy.Kind, parent hierarchy.ID, to period.Day) hierarchy.Unit {
		return hierarchy.Unit{
			ID: id, Code: id.Code(), Kind: kind, NameVI: "Đơn vị " + string(id.Code()), Parent: parent,
			ValidFrom: period.Beginning, ValidTo: to,
		}
	}
	tree, err := hierarchy.Empty().With(
		unit(province, hierarchy.Province, "", period.Forever),
		unit(district, hierarchy.District, province, period.Forever),
		unit(beside, hierarchy.District, province, period.Forever),
		unit(commune, hierarchy.Commune, district, period.Forever),
		unit(ended, hierarchy.Commune, district, merge),
	)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func caller(role auth.Role, unit hierarchy.ID) auth.Caller {
	return auth.Caller{Principal: "k3v9f2mxqra0", Token: auth.Token{ID: "k3v9f2mxqra0", Role: role, Unit: unit}}
}

// readTable gives the cells that say yes, each as its row's first words and the heading of its column.
func readTable(t *testing.T, name string, words int) (yes map[string]bool, columns []string) {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	yes = map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		cells := strings.Fields(strings.TrimPrefix(lines.Text(), "#"))
		if strings.HasPrefix(lines.Text(), "# role ") {
			columns = cells[words:]
		}
		if len(cells) == 0 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		if len(cells) != words+len(columns) {
			t.Fatalf("%s: the row %q has %d cells, want %d", name, cells, len(cells), words+len(columns))
		}
		for i, cell := range cells[words:] {
			key := strings.Join(append(slices.Clone(cells[:words]), columns[i]), " ")
			if _, twice := yes[key]; twice || cell != "yes" && cell != "-" {
				t.Fatalf("%s: the cell %q says %q, or stands twice", name, key, cell)
			}
			yes[key] = cell == "yes"
		}
	}
	return yes, columns
}

func TestR12WhoMayDoWhat(t *testing.T) {
	tree := country(t)
	allowed, columns := readTable(t, "allowed.txt", 3)
	units := map[string]hierarchy.ID{
		"own": district, "child": commune, "parent": province, "sibling": beside, "unknown": nobody, "none": "",
	}
	asked := 0
	for _, role := range auth.Roles() {
		for _, bound := range []struct {
			word string
			unit hierarchy.ID
		}{{"unit", district}, {"nowhere", ""}} {
			for _, right := range auth.Rights() {
				for _, column := range columns {
					c, scope := caller(role, bound.unit), auth.Scope{Unit: units[column], On: today}
					key := fmt.Sprint(role, " ", bound.word, " ", right, " ", column)
					if got := auth.Allowed(c, now, right, scope, tree); got != allowed[key] {
						t.Errorf("%s: allowed is %t, want %t", key, got, allowed[key])
					}
					refuseWhenEnded(t, key, c, right, scope, tree)
					delete(allowed, key)
					asked++
				}
			}
		}
	}
	if want := 10 * 2 * 12 * 6; asked != want {
		t.Errorf("%d cells were asked, want %d", asked, want)
	}
	for key := range allowed {
		t.Errorf("the table has %q, which is no role, binding, right and scope", key)
	}
}

func refuseWhenEnded(t *testing.T, key string, c auth.Caller, right auth.Right, scope auth.Scope, tree *hierarchy.Tree) {
	t.Helper()
	expired, revoked, strange, unnamed := c, c, c, c
	expired.Token.Expires = now
	revoked.Token.Revoked = now.Add(-time.Second)
	strange.Token.Role = 77
	unnamed.Principal = ""
	for word, c := range map[string]auth.Caller{
		"expired": expired, "revoked": revoked, "of no role": strange, "without a principal": unnamed, "nobody": {},
	} {
		if auth.Allowed(c, now, right, scope, tree) {
			t.Errorf("%s: allowed for a caller who is %s", key, word)
		}
	}
}

func TestR9ATokenForOneFormIsGoodForThatFormAlone(t *testing.T) {
	tree := country(t)
	allowed, columns := readTable(t, "forms.txt", 2)
	forms := map[string]form.Code{"same": "CDS-THANG", "other": "CDS-QUY", "none": ""}
	for _, role := range auth.Roles() {
		for _, right := range auth.Rights() {
			for _, column := range columns {
				c := caller(role, district)
				if role == auth.Operator {
					c.Token.Unit = ""
				}
				c.Token.Form = "CDS-thang"
				key := fmt.Sprint(role, " ", right, " ", column)
				got := auth.Allowed(c, now, right, auth.Scope{Unit: district, On: today, Form: forms[column]}, tree)
				if got != allowed[key] {
					t.Errorf("%s: allowed is %t, want %t", key, got, allowed[key])
				}
				delete(allowed, key)
			}
		}
	}
	for key := range allowed {
		t.Errorf("the table has %q, which is no role, right and form", key)
	}
}

func TestR3AUnitKeepsItsRightsOverThePeriodsThatEndedWhileItStood(t *testing.T) {
	tree := country(t)
	reporter, approver := caller(auth.Reporter, ended), caller(auth.Approver, district)
	june, july := auth.Scope{Unit: ended, On: merge.Add(-1)}, auth.Scope{Unit: ended, On: merge}
	for _, c := range []struct {
		what   string
		caller auth.Caller
		right  auth.Right
		scope  auth.Scope
		want   bool
	}{
		{"sends its report of June in September", reporter, auth.Submit, june, true},
		{"sends a report of July, when it no longer stood", reporter, auth.Submit, july, false},
		{"reads its own reports on whatever day", reporter, auth.Read, july, true},
		{"has its report of June approved", approver, auth.Approve, june, true},
		{"has no report of July that could be approved", approver, auth.Approve, july, false},
		{"is read by its district as it stood in June", approver, auth.Read, june, true},
		{"is not below its district in July", approver, auth.Read, july, false},
	} {
		if got := auth.Allowed(c.caller, now, c.right, c.scope, tree); got != c.want {
			t.Errorf("the ended commune %s: allowed is %t, want %t", c.what, got, c.want)
		}
	}
}

func TestWhatIsNotKnownIsRefused(t *testing.T) {
	tree := country(t)
	own := auth.Scope{Unit: district, On: today}
	for _, right := range []auth.Right{0, auth.Rights()[len(auth.Rights())-1] + 1, 255} {
		for _, role := range auth.Roles() {
			if auth.Allowed(caller(role, ""), now, right, own, tree) || role.Holds(right) {
				t.Errorf("%s may use the unknown right %d", role, right)
			}
		}
	}
	for _, right := range []auth.Right{auth.Read, auth.Submit} {
		if auth.Allowed(caller(auth.Reporter, district), now, right, own, nil) {
			t.Errorf("a reporter may %s in a tree that is not there", right)
		}
		if auth.Allowed(caller(auth.Reporter, nobody), now, right, auth.Scope{Unit: nobody, On: today}, tree) {
			t.Errorf("a reporter of a unit that the tree does not know may %s", right)
		}
	}
}

// Without this an approver of one district could be given a token that says more than one over the whole province.
func TestBindingATokenNeverAllowsMore(t *testing.T) {
	tree := country(t)
	ids := []hierarchy.ID{"", province, district, beside, commune, ended, nobody}
	codes := []form.Code{"", "CDS-thang", "CDS-quy"}
	rapid.Check(t, func(t *rapid.T) {
		scope := auth.Scope{
			Unit: rapid.SampledFrom(ids).Draw(t, "unit"), Form: rapid.SampledFrom(codes).Draw(t, "form"),
			On: today.Add(rapid.IntRange(-400, 0).Draw(t, "days")),
		}
		// A reporter without a unit may do less than one with: it has no unit of its own.
		others := slices.DeleteFunc(auth.Roles(), auth.Role.Reports)
		role, right := rapid.SampledFrom(others).Draw(t, "role"), rapid.SampledFrom(auth.Rights()).Draw(t, "right")
		bound, free := caller(role, rapid.SampledFrom(ids).Draw(t, "bound to")), caller(role, "")
		bound.Token.Form = rapid.SampledFrom(codes).Draw(t, "bound to form")
		if auth.Allowed(bound, now, right, scope, tree) && !auth.Allowed(free, now, right, scope, tree) {
			t.Fatalf("%s bound to %q and %q may %s %v, and one bound to nothing may not", role, bound.Token.Unit, bound.Token.Form, right, scope)
		}
		if auth.Allowed(bound, now, right, scope, tree) && !role.Holds(right) {
			t.Fatalf("%s may %s and does not hold the right", role, right)
		}
	})
}

func TestATokenEndsAtItsInstant(t *testing.T) {
	for _, c := range []struct {
		what  string
		token auth.Token
		want  bool
	}{
		{"without an end", auth.Token{}, true},
		{"a moment before its end", auth.Token{Expires: now.Add(1)}, true},
		{"at its end", auth.Token{Expires: now}, false},
		{"revoked, on a clock that was set back since", auth.Token{Revoked: now.Add(time.Hour)}, false},
		{"issued on a clock that ran ahead", auth.Token{Created: now.Add(time.Minute)}, true},
	} {
		if got := c.token.ActiveAt(now); got != c.want {
			t.Errorf("a token %s: active is %t, want %t", c.what, got, c.want)
		}
	}
}

func TestRolesReadTheirOwnNames(t *testing.T) {
	for _, role := range auth.Roles() {
		if got, err := auth.ParseRole(role.String()); err != nil || got != role {
			t.Errorf("ParseRole(%q) = %v, %v", role, got, err)
		}
	}
	for _, s := range []string{"", "none", "Reporter", "inspector"} {
		if got, err := auth.ParseRole(s); err == nil {
			t.Errorf("ParseRole(%q) = %v, want an error", s, got)
		}
	}
	if got := auth.Role(0).String() + auth.Role(99).String() + auth.Right(0).String() + auth.Right(99).String(); got != "nonenonenonenone" {
		t.Errorf("what is no role and no right reads %q", got)
	}
}
