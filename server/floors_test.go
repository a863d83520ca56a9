package server_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// floors says which room may import which. "a < b" reads: b may import a, and everything that a may import. Rooms that are
// not joined by a chain of < do not know each other. A room below server/ goes by its path from there, so a new room is a
// new word here; "server" is the folder itself, and "cmd" and "client/cmd" are the programs.
const floors = `
	text < formula < indicator;
	fault < text < figure, period < hierarchy < indicator < form < rollup < auth < entry < journal;
	rollup < plan, ranking;
	plan < entry, tabular;
	indicator < task, register < entry;
	ranking < reporting;

	period < obligation < aggregator;
	form, obligation < reminder < entry;
	reminder < notify < reporting;

	# Journals know the contract alone. verify must share nothing with the aggregator, whose sums it checks.
	journal < journal/journaltest, journal/filejournal, aggregator, verify;
	aggregator < committer;
	journal < head;
	journal/filejournal, head < backup;
	committer, verify, head < reporting;

	# Validation rules: held against reports by reporting, and in force as of versions that journals hold.
	formula, form < rule < entry;
	rule < tabular;
	# What may be published of a table knows cells alone.
	disclosure < reporting;
	# Whoever closes a period and whoever verifies that share the text of the table alone.
	indicator < closing < verify;

	form < tabular;
	figure, period < message;
	fault < security;
	reporting, tabular, message, security < rpc;
	rpc, journal/filejournal < rpc/rpctest;

	# client stands on nothing of ours: what a user of the library compiles holds no server.
	client < client/outbox < cmd, client/cmd;
	rpc, client < gateway;
	client < demo;
	fault < certificate; auth < issuer;
	certificate < rpc; certificate, issuer < server;
	gateway, demo, backup < server < cmd;
	client, client/receipt, client/workbook < cmd, client/cmd;

	# The suites that attack the promises stand above everything and beside each other.
	check/plant < check < check/daemon, check/syscalls < check/workload;
	client, journal/filejournal < check/workload;
	check/daemon < check/line < check/duplicates, check/linear, check/snapshot, check/slowreaders, check/badline;
	client/outbox, client/receipt < check/badline;
	check/daemon < check/doors, check/siege;
	server, check/workload < check/doors, check/siege < cmd;
	check < check/powerdisk < check/powerloss, check/ioerror;
	server, check/workload < check/crashrandom, check/crashpoints, check/powerloss, check/ioerror, check/duplicates, check/oracle,
		check/linear, check/bitrot, check/tamper, check/snapshot, check/backup, check/slowreaders, check/shutdown, check/restart, check/badline, check/revoke < cmd;

	# The benchmark stands beside them; its contestants do not know each other, but for the answers to one client.
	reporting < bench/workload < bench/turn; bench/profile < bench/turn;
	bench/turn < bench/front, bench/raw, bench/postgres < bench/product;
	bench/machine < bench/turn;
	server, check/daemon < bench/product;
	bench/product, bench/report, check/plant < bench < cmd;
`

// pure are the rooms that hold the rules of the domain. They import the standard library, golang.org/x/text and each other,
// so that a rule can be proved without a disk, a network or a generated type.
const pure = "fault text formula figure period hierarchy indicator form rule rollup plan ranking auth obligation closing reminder disclosure task register"

// keepers are the only rooms that may name a package, or one below it, directly; the suites of check and the contestants of
// the benchmark are let in everywhere, but drivers of databases stay where they are.
var keepers = []struct{ path, rooms string }{
	{"go.etcd.io/bbolt", "aggregator client/outbox"},
	{"google.golang.org/grpc", "rpc rpc/rpctest gateway server client client/outbox client/cmd"},
	{module + "/gen/reporting", "rpc rpc/rpctest gateway demo server cmd client client/outbox client/cmd"},
	{module + "/gen/journal", "entry"},
	{"github.com/jackc/pgx", "bench/postgres"},
	// Whoever compiles the library alone compiles no spreadsheets.
	{"github.com/xuri/excelize", "client/workbook"},
}

// clockReaders are the rooms that may ask what time it is. Everywhere else time is a parameter, so that a replay, a test and
// a deadline seen tomorrow give what they gave today.
const clockReaders = "server cmd client/cmd client/outbox check bench"

const (
	module        = "github.com/tonghop/tonghop"
	maxFileLines  = 500
	maxFuncLines  = 80
	tableLocation = "the floors in server/floors_test.go"
)

func TestFloors(t *testing.T) {
	for _, breach := range inspect(t, os.DirFS("..")) {
		t.Error(breach)
	}
}

// TestFloorsSeeEveryBreach builds a small sound house, and then the same house with one thing wrong.
func TestFloorsSeeEveryBreach(t *testing.T) {
	sound := func() fstest.MapFS {
		house := fstest.MapFS{}
		for room, imports := range map[string][]string{
			"server":                     {module + "/server/gateway", module + "/server/journal/filejournal"},
			"server/fault":               {"errors"},
			"server/text":                {"golang.org/x/text/unicode/norm", module + "/server/fault"},
			"server/rollup":              {module + "/server/text"},
			"server/entry":               {module + "/gen/journal/v1"},
			"server/aggregator":          {"go.etcd.io/bbolt", module + "/server/rollup"},
			"server/journal/filejournal": {module + "/server/journal"},
			"server/gateway":             {"google.golang.org/grpc/status", module + "/gen/reporting/v1", module + "/client"},
			"server/cmd/tonghopd":        {module + "/server"},
			"client":                     {module + "/gen/reporting/v1", "google.golang.org/grpc"},
			"client/cmd/tonghop":         {module + "/client"},
		} {
			house[room+"/doc.go"] = file("// Package x is a room.\npackage x\n")
			house[room+"/x.go"] = importing(imports...)
		}
		house["server/rollup/x_test.go"] = importing(module+"/server/aggregator", "time")
		house["server/clock.go"] = file("package x\nimport \"time\"\nvar start = time.Now()\n")
		house["gen/journal/v1/x.go"] = file("package x\n" + strings.Repeat("// generated\n", maxFileLines))
		return house
	}
	if breaches := inspect(t, sound()); len(breaches) > 0 {
		t.Fatalf("the sound house has breaches: %q", breaches)
	}
	for _, c := range []struct {
		name, path string
		file       *fstest.MapFile
		want       string
	}{
		{"up", "server/rollup/y.go", importing(module + "/server/aggregator"), "imports server/aggregator, which is not below rollup"},
		{"sideways", "server/figure/y.go", importing(module + "/server/period"), "which is not below figure"},
		{"verify sees the aggregator", "server/verify/y.go", importing(module + "/server/aggregator"), "which is not below verify"},
		{"client sees a server", "client/y.go", importing(module + "/server/fault"), "which is not below client"},
		{"command sees a server", "client/cmd/tonghop/y.go", importing(module + "/server/fault"), "not below client/cmd"},
		{"bbolt", "server/reporting/y.go", importing("go.etcd.io/bbolt/errors"), "only aggregator, client/outbox may import go.etcd.io/bbolt"},
		{"grpc", "server/reporting/y.go", importing("google.golang.org/grpc/codes"), "may import google.golang.org/grpc"},
		{"public messages", "server/reporting/y.go", importing(module + "/gen/reporting/v1"), "gen/reporting"},
		{"journal messages", "server/aggregator/y.go", importing(module + "/gen/journal/v1"), "only entry may import"},
		{"library below", "server/auth/y.go", importing("github.com/google/uuid"), "auth keeps to the standard library"},
		{"unknown room", "server/attic/y.go", importing(), "server/attic is not in the floors"},
		{"unknown subroom", "server/text/norm/y.go", importing(), "server/text/norm is not in the floors"},
		{"unknown house", "util/y.go", importing(), "util is not in the floors"},
		{"room without doc.go", "server/period/y.go", importing(), "server/period has no doc.go"},
		{"doc.go without words", "server/fault/doc.go", file("package x\n"), "server/fault/doc.go has no package comment"},
		{"clock", "server/rollup/y.go", file("package x\nimport \"time\"\nvar t = time.Now()\n"), "y.go:3: reads the clock with time.Now"},
		{"clock by another name", "client/y.go", file("package x\nimport c \"time\"\nvar t = c.Since\n"), "with time.Since"},
		{"long file", "server/fault/y_test.go", file("package x\n" + strings.Repeat("\n", maxFileLines)), "501 lines"},
		{"long function", "server/fault/y.go", file("package x\nfunc F() {" + strings.Repeat("\n", maxFuncLines) + "}\n"), "F has 81 lines"},
		{"not Go", "server/fault/y.go", file("pakage x\n"), "expected 'package'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			house := sound()
			house[c.path] = c.file
			breaches := inspect(t, house)
			if !slices.ContainsFunc(breaches, func(b string) bool { return strings.Contains(b, c.want) }) {
				t.Errorf("inspect with a changed %s = %q, want a breach with %q", c.path, breaches, c.want)
			}
		})
	}
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func importing(paths ...string) *fstest.MapFile {
	text := "package x\n"
	for _, p := range paths {
		text += "import _ " + strconv.Quote(p) + "\n"
	}
	return file(text)
}

// inspect reads every Go file of the repository, generated code and dot-folders apart, and says what is against the rules.
func inspect(t *testing.T, root fs.FS) []string {
	t.Helper()
	h := &house{below: parseFloors(t, floors), packages: map[string]bool{}, documented: map[string]bool{}}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "gen" || entry.Name() == "testdata" || name != "." && strings.ContainsAny(entry.Name()[:1], "._") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err == nil {
			h.file(name, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range h.packages {
		if !h.documented[dir] {
			h.breach("%s has no doc.go: its first sentence says what the room is", dir)
		}
	}
	slices.Sort(h.breaches)
	return h.breaches
}

type house struct {
	below                map[string]map[string]bool
	packages, documented map[string]bool
	breaches             []string
}

func (h *house) breach(format string, args ...any) {
	h.breaches = append(h.breaches, fmt.Sprintf(format, args...))
}

func (h *house) file(name string, text []byte) {
	if lines := strings.Count(string(text), "\n"); lines > maxFileLines {
		h.breach("%s has %d lines, the limit is %d", name, lines, maxFileLines)
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		h.breach("%v", err)
		return
	}
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > maxFuncLines {
				h.breach("%s: %s has %d lines, the limit is %d", name, f.Name.Name, lines, maxFuncLines)
			}
		}
	}
	// A test may stand on any floor and use the real thing above it, and may measure.
	if strings.HasSuffix(name, "_test.go") {
		return
	}
	dir := path.Dir(name)
	if !h.packages[dir] && h.below[room(dir)] == nil {
		h.breach("%s is not in the floors: if it is a new room, add its word to %s", dir, tableLocation)
	}
	h.packages[dir] = true
	if path.Base(name) == "doc.go" {
		h.documented[dir] = true
		if strings.TrimSpace(parsed.Doc.Text()) == "" {
			h.breach("%s has no package comment", name)
		}
	}
	for _, spec := range parsed.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil {
			h.imported(name, imported)
		}
	}
	h.clock(files, name, parsed)
}

// room is the word that a folder has in the floors.
func room(dir string) string {
	for prefix, word := range map[string]string{"server/cmd/": "cmd", "client/cmd/": "client/cmd"} {
		if strings.HasPrefix(dir, prefix) {
			return word
		}
	}
	return strings.TrimPrefix(dir, "server/")
}

func (h *house) imported(file, imported string) {
	from := room(path.Dir(file))
	for _, k := range keepers {
		guest := within(from, "check") || within(from, "bench") && k.rooms != "bench/postgres"
		if within(imported, k.path) && !guest && !slices.Contains(strings.Fields(k.rooms), from) {
			h.breach("%s imports %s: only %s may import %s", file, imported, strings.ReplaceAll(k.rooms, " ", ", "), k.path)
		}
	}
	ours := within(imported, module)
	dir := strings.TrimPrefix(imported, module+"/")
	switch {
	case ours && !within(dir, "gen"):
		if to := room(dir); to != from && !h.below[from][to] {
			h.breach("%s imports %s, which is not below %s in %s", file, dir, from, tableLocation)
		}
	case !slices.Contains(strings.Fields(pure), from):
	case ours || strings.Contains(strings.Split(imported, "/")[0], ".") && !within(imported, "golang.org/x/text"):
		h.breach("%s imports %s: %s keeps to the standard library and golang.org/x/text", file, imported, from)
	}
}

func within(imported, prefix string) bool {
	return imported == prefix || strings.HasPrefix(imported, prefix+"/")
}

// clock finds time.Now, and Since and Until, which call it.
func (h *house) clock(files *token.FileSet, name string, parsed *ast.File) {
	from := room(path.Dir(name))
	if slices.ContainsFunc(strings.Fields(clockReaders), func(word string) bool { return within(from, word) }) {
		return
	}
	local := ""
	for _, spec := range parsed.Imports {
		if spec.Path.Value == `"time"` {
			local = "time"
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			x, ok := s.X.(*ast.Ident)
			if ok && local != "" && x.Name == local && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
				h.breach("%s:%d: reads the clock with time.%s: make the time a parameter", name, files.Position(s.Pos()).Line, s.Sel.Name)
			}
		}
		return true
	})
}

// parseFloors returns, for each room, the rooms that it may import.
func parseFloors(t *testing.T, text string) map[string]map[string]bool {
	t.Helper()
	below := map[string]map[string]bool{}
	var rules strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			rules.WriteString(line)
		}
	}
	for chain := range strings.SplitSeq(rules.String(), ";") {
		var under []string
		for floor := range strings.SplitSeq(chain, "<") {
			rooms := strings.FieldsFunc(floor, func(r rune) bool { return strings.ContainsRune(", \t\n", r) })
			for _, upper := range rooms {
				if below[upper] == nil {
					below[upper] = map[string]bool{}
				}
				for _, lower := range under {
					below[upper][lower] = true
				}
			}
			under = rooms
		}
	}
	// What a room may import, the rooms above it may import too.
	for middle := range below {
		for upper := range below {
			if below[upper][middle] {
				for lower := range below[middle] {
					below[upper][lower] = true
				}
			}
		}
	}
	for word := range below {
		if below[word][word] {
			t.Fatalf("%s stands above itself in the floors", word)
		}
	}
	return below
}
