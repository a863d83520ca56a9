package server_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// treeOf reads JSON. Numbers keep their digits, so that 1 and 1.0 differ as they do for a reader.
func treeOf(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, text)
	}
	return tree
}

func marshal(t *testing.T, m proto.Message, options protojson.MarshalOptions) []byte {
	t.Helper()
	b, err := options.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// masked are the fields whose content differs from run to run and that no other name can be given: hashes, sizes, and
// the cursors in which the id of the journal is hidden; and texts for people, whose words may be mended.
var masked = []string{"entryHash", "chainHash", "note", "verifierKey", "storeBytes", "freeBytes", "stateVersion", "nextPageToken", "correlation_id", "message"}

// mask hides what differs from run to run, and puts lists that are ordered by random ids into the order of their names.
func mask(tree any) any {
	switch n := tree.(type) {
	case map[string]any:
		for key, value := range n {
			if slices.Contains(masked, key) && (isText(value) || isNumber(value)) {
				n[key] = strings.ToUpper(key)
				continue
			}
			n[key] = mask(value)
		}
		if list, ok := n["tokens"].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(inline(a), inline(b)) })
		}
	case []any:
		for i := range n {
			n[i] = mask(n[i])
		}
	}
	return tree
}

func isText(value any) bool {
	text, ok := value.(string)
	return ok && text != ""
}

func isNumber(value any) bool {
	_, ok := value.(json.Number)
	return ok
}

// inline writes a tree on one line, keys in their order.
func inline(tree any) string {
	b, _ := json.Marshal(tree)
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(b))
}

// widest is how wide a recorded answer gets before it is broken.
const widest = 118

// layout writes a tree for people: what fits stays on one line.
func layout(tree any, indent string) string {
	if line := inline(tree); len(indent)+len(line) <= widest {
		return line
	}
	inner := indent + "  "
	var parts []string
	open, end := "[", "]"
	switch n := tree.(type) {
	case map[string]any:
		open, end = "{", "}"
		keys := make([]string, 0, len(n))
		for key := range n {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			parts = append(parts, inner+strconv.Quote(key)+": "+layout(n[key], inner))
		}
	case []any:
		for _, item := range n {
			parts = append(parts, inner+layout(item, inner))
		}
	default:
		return inline(tree)
	}
	return open + "\n" + strings.Join(parts, ",\n") + "\n" + indent + end
}

// absent is what a case says of a field that must not be there at all.
const absent = "absent"

// look gives what stands at a path such as rollups[0].coverage.late, units.length or units[*].code; the parts of a list
// are joined with spaces.
func look(tree any, path string) string {
	if path == "" {
		return word(tree)
	}
	name, rest, _ := strings.Cut(path, ".")
	name, index, indexed := strings.Cut(name, "[")
	if name == "length" {
		list, _ := tree.([]any)
		return strconv.Itoa(len(list))
	}
	object, _ := tree.(map[string]any)
	value, ok := object[name]
	if !ok || value == nil {
		if rest == "length" {
			return "0"
		}
		return absent
	}
	if !indexed {
		return look(value, rest)
	}
	list, _ := value.([]any)
	if index == "*]" {
		words := make([]string, len(list))
		for i := range list {
			words[i] = look(list[i], rest)
		}
		return strings.Join(words, " ")
	}
	n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil || n >= len(list) {
		return absent
	}
	return look(list[n], rest)
}

func word(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case nil:
		return absent
	default:
		return inline(v)
	}
}

// refusal is an error as either door gives it.
type refusal struct {
	code, reason string
	fields       []string
	text         string // for people, in the language of the caller
	details      string // all of them, for comparing
}

// refusalOf reads code and details as google.rpc has them.
func refusalOf(code string, details any) *refusal {
	r := &refusal{code: code}
	list, _ := details.([]any)
	for _, d := range list {
		switch kind := look(d, "@type"); {
		case strings.HasSuffix(kind, "google.rpc.ErrorInfo"):
			r.reason = look(d, "reason")
		case strings.HasSuffix(kind, "google.rpc.BadRequest"):
			r.fields = append(r.fields, strings.Fields(look(d, "fieldViolations[*].field"))...)
		case strings.HasSuffix(kind, "google.rpc.LocalizedMessage"):
			r.text = look(d, "message")
		}
	}
	r.details = layout(mask(details), "")
	return r
}
