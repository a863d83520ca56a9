package server_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// exchange is one case of testdata/rpc: a call by gRPC, the same one as JSON, and what both must answer. The README
// beside the files says how they are written.
type exchange struct {
	name             string
	line             int
	caller, language string
	method, request  string
	verb, path, body string
	page, take       int

	code, reason, field string
	status              int
	wants               []want
	recorded            string
	varies              bool
	answerFrom, end     int // lines of the recorded answer, which -update replaces
}

// want is one thing that the answer must say, computed by hand.
type want struct{ path, value string }

func (e *exchange) succeeds() bool { return e.code == "OK" }

// caseFile is one file of cases, line by line.
type caseFile struct {
	path  string
	lines []string
	cases []*exchange
}

func readCases(t *testing.T, path string) *caseFile {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := &caseFile{path: path, lines: strings.Split(strings.TrimRight(string(b), "\n"), "\n")}
	for i := 0; i < len(f.lines); i++ {
		line := f.lines[i]
		verb, rest, _ := strings.Cut(line, " ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for i+1 < len(f.lines) && strings.HasPrefix(f.lines[i+1], "  ") {
			i++
			rest += " " + strings.TrimSpace(f.lines[i])
		}
		if verb == "case" {
			f.cases = append(f.cases, &exchange{name: rest, line: i + 1})
			continue
		}
		if len(f.cases) == 0 {
			t.Fatalf("%s:%d: %q stands before the first case", path, i+1, line)
		}
		e := f.cases[len(f.cases)-1]
		if verb == "answer" {
			e.answerFrom, e.varies = i, rest == "varies"
			for i+1 < len(f.lines) && f.lines[i+1] != "" {
				i++
				e.recorded += strings.TrimSpace(f.lines[i])
			}
			e.end = i + 1
			continue
		}
		if err := e.read(verb, strings.TrimSpace(rest)); err != nil {
			t.Fatalf("%s:%d: %v", path, i+1, err)
		}
		e.answerFrom, e.end = i+1, i+1
	}
	return f
}

// read takes one line of a case.
func (e *exchange) read(verb, rest string) (err error) {
	word, more, _ := strings.Cut(rest, " ")
	switch verb {
	case "by":
		e.caller = rest
	case "in":
		e.language = rest
	case "rpc":
		e.method, e.request = word, more
	case "get", "post", "patch":
		e.verb, e.path, e.body = strings.ToUpper(verb), word, more
	case "page":
		e.page, err = strconv.Atoi(rest)
	case "take":
		e.take, err = strconv.Atoi(rest)
	case "gives":
		words := append(strings.Fields(rest), "", "")
		e.code, e.reason, e.field = words[0], words[2], words[3]
		e.status, err = strconv.Atoi(words[1])
	case "want":
		e.wants = append(e.wants, want{path: word, value: strings.Trim(more, `"`)}) // "" is empty, which is not absent
	default:
		return fmt.Errorf("no line begins with %q", verb)
	}
	return err
}

// rewrite puts the answers that were given in the place of the recorded ones; nil leaves one alone.
func (f *caseFile) rewrite(t *testing.T, answers map[*exchange]string) {
	t.Helper()
	lines := slices.Clone(f.lines)
	for _, e := range slices.Backward(f.cases) {
		if text, ok := answers[e]; ok {
			lines = slices.Replace(lines, e.answerFrom, e.end, append([]string{"answer"}, strings.Split(text, "\n")...)...)
		}
	}
	if err := os.WriteFile(f.path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}
