package message_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

type texts struct {
	Words map[string]string `json:"words"`
	Texts map[string]string `json:"texts"`
}

func readTexts(t *testing.T) texts {
	t.Helper()
	b, err := os.ReadFile("vi.json")
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(b)))
	decoder.DisallowUnknownFields()
	var c texts
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	if !norm.NFC.IsNormal(b) {
		t.Error("vi.json is not composed (NFC)")
	}
	return c
}

// TestEveryReasonHasItsTextInBothLanguages walks the source of the server. English is the sentence at the place where
// the error is made; the constructors demand one.
func TestEveryReasonHasItsTextInBothLanguages(t *testing.T) {
	source, c := readSource(t), readTexts(t)
	if len(source.reasons) < 150 {
		t.Fatalf("only %d reasons were found; the walk is broken", len(source.reasons))
	}
	for reason, place := range source.reasons {
		if !isReason(reason) {
			t.Errorf("%s: the reason %q is not UPPER_SNAKE", place, reason)
		}
		if c.Texts[reason] == "" {
			t.Errorf("%s: the reason %s has no Vietnamese text; write one in vi.json", place, reason)
		}
	}
	for reason := range c.Texts {
		if source.reasons[reason] == "" && reason != "INTERNAL" && reason != "SEVERAL_PROBLEMS" {
			t.Errorf("vi.json has a text for %s, which no error has; delete it, or mend its spelling", reason)
		}
	}
	for _, place := range source.lost {
		t.Errorf("%s: the reason of this error cannot be read from the source; give a literal or a constant", place)
	}
}

func TestTextsAreWellFormed(t *testing.T) {
	source, c := readSource(t), readTexts(t)
	for reason, text := range c.Texts {
		inBrackets, placeholders, key := false, 0, -1
		for i, r := range text {
			switch {
			case r == '[' && inBrackets, r == ']' && (!inBrackets || placeholders == 0 || key >= 0), r == '{' && !inBrackets,
				r == '{' && key >= 0, r == '}' && key < 0:
				t.Errorf("%s: character %d of %q: a placeholder stands in braces, once inside square brackets, which hold at least one", reason, i, text)
			}
			switch r {
			case '[':
				inBrackets, placeholders = true, 0
			case ']':
				inBrackets = false
			case '{':
				key = i + 1
				placeholders++
			case '}':
				if name := text[max(key, 0):i]; !source.keys[name] && name != "field" {
					t.Errorf("%s: no error ever gives {%s}", reason, name)
				}
				key = -1
			}
		}
		if inBrackets || key >= 0 {
			t.Errorf("%s: a bracket of %q is not closed", reason, text)
		}
		checkStyle(t, reason, text)
	}
}

// checkStyle holds what a Vietnamese reader would stumble over.
func checkStyle(t *testing.T, reason, text string) {
	t.Helper()
	switch {
	case !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ".]"):
		t.Errorf("%s: %q does not end with a full stop", reason, text)
	case strings.Contains(text, "  "), strings.Contains(text, " ,"), strings.Contains(text, " ;"):
		t.Errorf("%s: %q has a space too many", reason, text)
	case !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.Is(unicode.Latin, r) && r > 'ɏ' || strings.ContainsRune("ăâđêôơưàáãèéìíòóõùúý", r)
	}):
		t.Errorf("%s: %q does not look like Vietnamese", reason, text)
	}
	for _, c := range []string{"[]", "{}", "%s", "%d", "%q", "TODO"} {
		if strings.Contains(text, c) {
			t.Errorf("%s: %q holds %s", reason, text, c)
		}
	}
}

// TestTheWalkSeesEveryWayOfMakingAnError names one reason for each way, so that a change of the walk that loses one is
// seen.
func TestTheWalkSeesEveryWayOfMakingAnError(t *testing.T) {
	source := readSource(t)
	for reason, way := range map[string]string{
		"CODE_EMPTY":          "a literal",
		"STATE_DAMAGED":       "a constant of the room",
		"NUMBER_LEADING_ZERO": "the parameter of a helper",
		"FIGURE_BELOW_MIN":    "the parameter of a method",
		"UNIT_RULE_UNKNOWN":   "the parameter of a generic helper",
		"PERIOD_OUT_OF_RANGE": "a helper with a name that other rooms have too",
		"DUE_MALFORMED":       "a literal inside a helper",
		"LEVELS_MAY_OVERLAP":  "a warning",
		"JOURNAL_CLOSED":      "a constant of another room",
	} {
		if source.reasons[reason] == "" {
			t.Errorf("%s, made by %s, was not found", reason, way)
		}
	}
	var all []string
	for reason := range source.reasons {
		all = append(all, reason)
	}
	slices.Sort(all)
	t.Logf("%d reasons: %s", len(all), strings.Join(all, " "))
}
