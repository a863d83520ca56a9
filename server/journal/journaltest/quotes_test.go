package journaltest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// The contract and the suite may not drift apart: each sentence is quoted, and each quote is a sentence.
func TestEverySentenceOfTheContractIsProved(t *testing.T) {
	said := sentences(t)
	quoted := slices.Concat(elsewhere, restored)
	for _, c := range cases {
		quoted = append(quoted, c.quotes...)
	}
	for _, sentence := range said {
		if !slices.Contains(quoted, sentence) {
			t.Errorf("the contract says %q, and no case quotes it", sentence)
		}
	}
	for _, sentence := range quoted {
		if !slices.Contains(said, sentence) {
			t.Errorf("a case quotes %q, which the contract does not say", sentence)
		}
	}
}

// sentences gives what the comments of the interface say.
func sentences(t *testing.T) []string {
	file, err := parser.ParseFile(token.NewFileSet(), "../journal.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.GenDecl:
			spec, ok := node.Specs[0].(*ast.TypeSpec)
			if !ok || spec.Name.Name != "Journal" {
				return false
			}
			text.WriteString(node.Doc.Text())
		case *ast.Field:
			text.WriteString(" " + node.Doc.Text())
		}
		return true
	})
	// A sentence ends with a full stop before a capital letter or the end; "..." goes on in small letters.
	words := strings.Fields(text.String())
	var found []string
	from := 0
	for i, word := range words {
		last := i == len(words)-1
		if strings.HasSuffix(word, ".") && (last || strings.ToUpper(words[i+1][:1]) == words[i+1][:1]) {
			found = append(found, strings.Join(words[from:i+1], " "))
			from = i + 1
		}
	}
	if len(found) < 20 {
		t.Fatalf("found %d sentences in the contract, want at least 20: %q", len(found), found)
	}
	return found
}
